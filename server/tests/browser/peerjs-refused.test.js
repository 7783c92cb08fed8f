// @ts-check
/** What a page with the stock PeerJS client hears of calls that were not accepted, over the tutorial's own server. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Guest, Service } from './guest.js';
import { DEADLINE_MS, launch } from './harness.js';
import { Native } from './native.js';
import { SEEDS } from './seeds.js';
import { unique } from './wait.js';

const SYSTEM = /** @type {import('./seeds.js').System} */ (SEEDS.find((one) => one.name === '004-peerjs'));

/** @type {import('playwright-core').Browser} */
let browser;
/** @type {Service} */
let service;

before(async () => {
  browser = await launch();
  service = await Service.original(SYSTEM);
});

after(async () => {
  await service?.stop();
  await browser?.close();
});

/**
 * A page whose `heard` has, in order, what its PeerJS told it.
 * @param {import('node:test').TestContext} t
 */
async function listener(t) {
  const guest = await Guest.open(browser, service, 'caller');
  t.after(() => guest.close());
  await guest.page.evaluate(`
    globalThis.heard = [];
    peer.on('error', (error) => heard.push('error ' + error.type));
    globalThis.callNow = async (id, name = '') => {
      const call = peer.call(id, await openCamera());
      for (const event of ['stream', 'close', 'error']) call.on(event, () => heard.push(name + event));
    };
  `);
  return guest;
}

/**
 * @param {import('node:test').TestContext} t
 * @param {string[]} args
 */
function native(t, args) {
  const started = new Native(service.address, ['--dialect', 'peerjs', ...args]);
  t.after(() => started.stop());
  return started;
}

/** @param {Guest} guest */
async function heard(guest) {
  await guest.page.waitForFunction('heard.length > 0', null, { timeout: DEADLINE_MS });
  // An answer that cannot be used would be told a turn later.
  await guest.page.evaluate('new Promise((resolve) => setTimeout(resolve))');
  return guest.page.evaluate('heard');
}

describe('a page with the stock client', () => {
  test('hears the end of a call that is declined', async (t) => {
    const id = unique('native');
    await native(t, ['--id', id, '--answer', 'decline']).event('ready');
    const page = await listener(t);
    await page.page.evaluate(`callNow('${id}').then(() => {})`);
    assert.deepEqual(await heard(page), ['close']);
  });

  test('that calls anew while it rings hears the end of the first call only', async (t) => {
    const id = unique('native');
    const callee = native(t, ['--id', id, '--answer', 'ignore', '--seconds', '60']);
    await callee.event('ready');
    const page = await listener(t);
    await page.page.evaluate(`callNow('${id}', 'first ').then(() => callNow('${id}', 'second ')).then(() => {})`);
    assert.deepEqual(await heard(page), ['first close']);
    // The page may hear the end of the first call before the second one rings.
    await callee.event('incoming', () => callee.events.filter((event) => event.event === 'incoming').length > 1);
    await callee.type('accept');
    await page.page.waitForFunction("heard.includes('second stream')", null, { timeout: DEADLINE_MS });
    const others = await page.page.evaluate("heard.filter((event) => event !== 'second stream')");
    assert.deepEqual(others, ['first close']);
  });

  test('hears nothing of a call that is given up while it rings: answering it throws', async (t) => {
    const page = await listener(t);
    await page.page.evaluate("peer.on('call', (call) => call.on('close', () => heard.push('close')))");
    const caller = native(t, ['--id', unique('native'), '--to', page.id]);
    await page.page.waitForSelector('#accept:not([hidden])', { timeout: DEADLINE_MS });
    caller.hangUp();
    await page.page.waitForFunction('incoming.provider === null', null, { timeout: DEADLINE_MS });
    assert.equal(await page.page.evaluate('try { incoming.answer(null); "answered" } catch (error) { error.name }'), 'TypeError');
    assert.deepEqual(await page.page.evaluate('heard'), []);
  });
});
