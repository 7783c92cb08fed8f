// @ts-check
/** The tutorials' pages, unchanged, with each other. */
import { after, afterEach, before, describe, test } from 'node:test';
import { Guest, Service, meet } from './guest.js';
import { launch } from './harness.js';
import { SEEDS } from './seeds.js';

/** @type {import('playwright-core').Browser} */
let browser;
/** @type {Guest[]} */
let guests = [];

before(async () => {
  browser = await launch();
});

after(async () => {
  await browser?.close();
});

afterEach(async () => {
  const done = guests;
  guests = [];
  for (const guest of done) await guest.close();
});

/** @param {Service} service */
async function call(service) {
  const { caller, callee } = await meet(async (role) => {
    const guest = await Guest.open(browser, service, role);
    guests.push(guest);
    return guest;
  }, service.system.first);
  await caller.hangUp();
  await callee.seesEnd();
}

describe('over its own server', () => {
  for (const seed of SEEDS) {
    test(`${seed.name}: two pages see and hear each other`, async () => {
      const service = await Service.original(seed);
      try {
        await call(service);
      } finally {
        await service.stop();
      }
    });
  }
});
