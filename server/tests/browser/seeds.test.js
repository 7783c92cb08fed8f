// @ts-check
/** The tutorials' pages, unchanged, with each other: over their own servers, and over ours. */
import { after, before, describe, test } from 'node:test';
import { SEED_PAGES, Service, pagesTalk } from './guest.js';
import { Server, launch } from './harness.js';
import { Original } from './original.js';
import { SEEDS } from './seeds.js';

/** @type {import('playwright-core').Browser} */
let browser;

before(async () => {
  browser = await launch();
});

after(async () => {
  await browser?.close();
});

describe('over its own server', () => {
  for (const seed of SEEDS) {
    test(`${seed.name}: two pages see and hear each other`, async (t) => {
      const service = await Service.original(seed);
      t.after(() => service.stop());
      await pagesTalk(browser, service);
    });
  }
});

describe('over our server', () => {
  /** @type {Server} */
  let server;
  /** @type {Original} */
  let elsewhere;

  before(async () => {
    server = await Server.start(['--pages', SEED_PAGES, '--peerjs-path', '/myPeerServer']);
    elsewhere = await Original.start('pages', ['--pages', SEED_PAGES]);
  });

  after(async () => {
    await server?.stop();
    await elsewhere?.stop();
  });

  for (const seed of SEEDS) {
    test(`${seed.name}: two pages see and hear each other`, () => pagesTalk(browser, Service.ours(seed, server, elsewhere)));
  }
});
