// @ts-check
/** Seed 000 needs https for the camera on other machines: its pages over TLS, its own server's and ours. */
import { after, before, test } from 'node:test';
import { Certificate } from './certificate.js';
import { SEED_PAGES, Service, meetNative, pagesTalk } from './guest.js';
import { Server, launch } from './harness.js';
import { SEEDS } from './seeds.js';

const seed = SEEDS[0];

/** @type {import('playwright-core').Browser} */
let browser;
/** @type {Certificate} */
let certificate;
/** @type {Service} */
let original;
/** @type {Server} */
let server;
/** @type {Service} */
let ours;

before(async () => {
  browser = await launch();
  certificate = await Certificate.make();
  original = await Service.original(seed, ['--cert', certificate.cert, '--key', certificate.key]);
  server = await Server.start(['--tls-cert', certificate.cert, '--tls-key', certificate.key, '--pages', SEED_PAGES]);
  ours = Service.ours(seed, server);
});

after(async () => {
  await browser?.close();
  await original?.stop();
  await server?.stop();
  await certificate?.remove();
});

for (const [name, service] of /** @type {[string, () => Service][]} */ ([['its own server', () => original], ['our server', () => ours]])) {
  test(`two pages see and hear each other over TLS with ${name}`, () => pagesTalk(browser, service()));

  test(`the native side calls a page over TLS with ${name}`, async (t) => {
    const { native, page } = await meetNative(t, browser, service(), 'caller', ['--insecure']);
    native.hangUp();
    await native.endedWell('local');
    await page.seesEnd();
  });
}
