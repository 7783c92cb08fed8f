// @ts-check
/** Calls between the page and the native engine, in both roles and both codecs. */
import { after, afterEach, before, describe, test } from 'node:test';
import { Person, Server, launch, unique } from './harness.js';
import { Native } from './native.js';

/** What the native side does until the page hangs up: nothing but wait. */
const PAGE_ENDS = ['--seconds', '2', '--end', 'remote'];
/** Long enough for the page to look and listen. */
const NATIVE_ENDS = ['--seconds', '6', '--end', 'local'];

/** @type {import('playwright-core').Browser} */
let browser;
/** @type {Server} */
let server;
/** @type {{ close(): Promise<void> }[]} */
let opened = [];

before(async () => {
  server = await Server.start();
  browser = await launch();
});

after(async () => {
  await browser?.close();
  await server?.stop();
});

afterEach(async () => {
  const done = opened;
  opened = [];
  for (const one of done) await one.close();
});

/** @param {Record<string, string>} query */
async function open(query) {
  const person = await Person.open(browser, server, query);
  opened.push(person);
  return person;
}

/** @param {string[]} args */
function call(...args) {
  const native = new Native(server, args);
  opened.push({ close: () => native.stop() });
  return native;
}

/**
 * Both see and hear each other; then the page hangs up.
 * @param {Person} page
 * @param {Native} native
 * @param {string} codec
 */
async function pageHangsUp(page, native, codec) {
  await page.seesAndHears();
  await page.receives(codec);
  await native.event('media');
  await page.click('hangup');
  await page.endedWith('local', 'hang-up');
  await native.endedWell('remote', codec);
}

/**
 * Both see and hear each other; then the native side hangs up.
 * @param {Person} page
 * @param {Native} native
 * @param {string} codec
 */
async function nativeHangsUp(page, native, codec) {
  await page.seesAndHears();
  await page.receives(codec);
  await page.endedWith('remote', 'hang-up');
  await native.endedWell('local', codec);
}

for (const codec of ['H264', 'VP8']) {
  describe(`in ${codec}`, () => {
    const wanted = codec.toLowerCase();

    test('the page joins a room where the native side waits, and hangs up', async () => {
      const room = unique('room');
      const native = call('--room', room, '--id', unique('native'), '--role', 'callee', '--codec', wanted, ...PAGE_ENDS);
      await native.event('ready');
      const page = await open({ name: unique('Anna'), room, auto: '1', codec: wanted });
      await pageHangsUp(page, native, codec);
    });

    test('the native side joins a room where the page waits, and hangs up', async () => {
      const room = unique('room');
      const page = await open({ name: unique('Anna'), room, auto: '1', codec: wanted });
      await page.reaches('waiting');
      const native = call('--room', room, '--id', unique('native'), '--role', 'caller', '--codec', wanted, ...NATIVE_ENDS);
      await nativeHangsUp(page, native, codec);
    });

    test('the page rings the native side, which hangs up', async () => {
      const id = unique('native');
      const native = call('--id', id, '--role', 'callee', '--codec', wanted, ...NATIVE_ENDS);
      await native.event('ready');
      const page = await open({ name: unique('Anna'), to: id, auto: '1', codec: wanted });
      await nativeHangsUp(page, native, codec);
    });

    test('the native side rings the page, which accepts and hangs up', async () => {
      const name = unique('Anna');
      const page = await open({ name, codec: wanted });
      await page.online();
      const native = call('--to', name, '--id', unique('native'), '--role', 'caller', '--codec', wanted, ...PAGE_ENDS);
      await page.click('accept');
      await pageHangsUp(page, native, codec);
    });
  });
}

test('a page that prefers the other codec takes the one the native side has', async () => {
  const room = unique('room');
  const native = call('--room', room, '--id', unique('native'), '--role', 'callee', '--codec', 'h264', ...PAGE_ENDS);
  await native.event('ready');
  const page = await open({ name: unique('Anna'), room, auto: '1', codec: 'vp8' });
  await pageHangsUp(page, native, 'H264');
});

test('the native side stops ringing when the page declines', async () => {
  const name = unique('Anna');
  const page = await open({ name });
  await page.online();
  const native = call('--to', name, '--id', unique('native'), ...PAGE_ENDS);
  await page.click('decline');
  await page.endedWith('local', 'declined');
  const ended = await native.event('ended');
  if (ended.reason !== 'declined') throw new Error(`ended by ${JSON.stringify(ended)}`);
});
