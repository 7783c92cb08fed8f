// @ts-check
/** The server's own pages for the tutorials' systems, with each other. */
import { after, afterEach, before, describe, test } from 'node:test';
import { DEMOS } from './demos.js';
import { Guest, Service, meet } from './guest.js';
import { launch } from './harness.js';

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

describe('over the tutorial\'s server', () => {
  for (const demo of DEMOS) {
    test(`${demo.name}: two pages see and hear each other`, async () => {
      const service = await Service.original(demo);
      try {
        await call(service);
      } finally {
        await service.stop();
      }
    });
  }
});
