// @ts-check
/** The server's own pages for the tutorials' systems: with each other, over the tutorials' servers and ours. */
import { after, before, describe, test } from 'node:test';
import { DEMOS } from './demos.js';
import { Service, meetNative, pagesTalk } from './guest.js';
import { Server, launch } from './harness.js';

/** @type {import('playwright-core').Browser} */
let browser;

before(async () => {
  browser = await launch();
});

after(async () => {
  await browser?.close();
});

describe("over the tutorial's server", () => {
  for (const demo of DEMOS) {
    test(`${demo.name}: two pages see and hear each other`, async (t) => {
      const service = await Service.original(demo);
      t.after(() => service.stop());
      await pagesTalk(browser, service);
    });
  }
});

describe('over our server', () => {
  /** @type {Server} */
  let server;

  before(async () => {
    server = await Server.start();
  });

  after(() => server?.stop());

  for (const demo of DEMOS) {
    test(`${demo.name}: two pages see and hear each other`, () => pagesTalk(browser, Service.ours(demo, server)));

    for (const role of /** @type {const} */ (['caller', 'callee'])) {
      test(`${demo.name}: the native side as ${role} and a page see and hear each other`, async (t) => {
        const { native, page } = await meetNative(t, browser, Service.ours(demo, server), role);
        await page.hangUp();
        await native.endedWell('remote');
      });
    }
  }

  test('the list of them leads to each', async (t) => {
    const context = await browser.newContext();
    t.after(() => context.close());
    const page = await context.newPage();
    await page.goto(server.url);
    await page.click('a[href="tutorials/"]');
    for (const demo of DEMOS) {
      await page.click(`a[href="${demo.name}/"]`);
      await page.waitForURL(`${server.url}/${demo.folder}/`);
      await page.waitForSelector('body[data-state="ready"]');
      await page.click('.brand');
    }
  });
});
