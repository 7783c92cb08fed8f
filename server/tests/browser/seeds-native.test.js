// @ts-check
/** The native engine and the tutorials' pages, unchanged, over the tutorials' own servers: both roles, ended by either. */
import { after, before, describe, test } from 'node:test';
import { Service, meetNative } from './guest.js';
import { launch } from './harness.js';
import { SEEDS } from './seeds.js';

/** @type {import('playwright-core').Browser} */
let browser;

before(async () => {
  browser = await launch();
});

after(async () => {
  await browser?.close();
});

// Two at a time: much of it is waiting for a silence to be noticed.
describe('over its own server', { concurrency: 2 }, () => {
  for (const seed of SEEDS) {
    describe(seed.name, { concurrency: 1 }, () => {
      /** @type {Service} */
      let service;

      before(async () => {
        service = await Service.original(seed);
      });

      after(() => service?.stop());

      for (const role of /** @type {const} */ (['caller', 'callee'])) {
        for (const ender of ['native', 'page']) {
          test(`the native side as ${role}, ended by the ${ender} side`, async (t) => {
            const { native, page } = await meetNative(t, browser, service, role);
            if (ender === 'native') {
              native.hangUp();
              await native.endedWell('local');
              await page.seesEnd();
            } else {
              await page.hangUp();
              await native.endedWell('remote');
            }
          });
        }
      }
    });
  }
});
