// @ts-check
/**
 * How long it takes from a person's click to a connection, per system: from a page to a page over the system's
 * own server, and from a page to the native engine over ours. Both in turns, so that the machine's moods meet
 * both. `npm run connect-times -- [--systems 000,003] [--calls 20]` prints a table, and fails where ours takes
 * more than 1.3 times as long.
 */
import { parseArgs } from 'node:util';
import { Guest, SEED_PAGES, Service } from './guest.js';
import { Server, launch } from './harness.js';
import { Native } from './native.js';
import { Original } from './original.js';
import { SEEDS } from './seeds.js';
import { unique, until } from './wait.js';

/** What a call may take of the time the system takes itself, in the median. */
const ALLOWED = 1.3;

const { values } = parseArgs({ options: { systems: { type: 'string' }, calls: { type: 'string', default: '20' } } });
const wanted = values.systems?.split(',');
const calls = Number(values.calls);

/** @typedef {import('./seeds.js').Role} Role */

/**
 * Who clicks last, so that the call begins then: the caller, but where the one who is called joins last.
 * @param {import('./seeds.js').System} system
 * @returns {{ last: Role, first: Role }}
 */
function order(system) {
  return system.first === 'caller' ? { last: 'callee', first: 'caller' } : { last: 'caller', first: 'callee' };
}

/** A person who accepts without thinking. Runs in the page. */
function acceptAtOnce() {
  const observer = new MutationObserver(() => {
    const button = document.getElementById('accept');
    if (!button?.checkVisibility() || button.dataset.pressed) return;
    button.dataset.pressed = 'yes';
    button.click();
  });
  observer.observe(document.documentElement, { subtree: true, childList: true, attributes: true, attributeFilter: ['hidden'] });
}

/**
 * @param {Guest} page whose click began the call
 * @returns {Promise<number>} ms
 */
async function taken(page) {
  const times = await until('connected', () => page.page.evaluate(() => {
    const { clickedAt, connectedAt } = /** @type {any} */ (window).probe;
    return connectedAt && { clickedAt, connectedAt };
  }));
  return times.connectedAt - times.clickedAt;
}

/**
 * @param {import('playwright-core').Browser} browser
 * @param {Service} service
 */
async function pageToPage(browser, service) {
  const { last, first } = order(service.system);
  const there = await Guest.open(browser, service, first);
  await there.page.evaluate(acceptAtOnce);
  const comes = await Guest.open(browser, service, last);
  if (last === 'caller') await comes.call(there.id);
  const ms = await taken(comes);
  await Promise.all([there.page.context().close(), comes.page.context().close()]);
  return ms;
}

/**
 * @param {import('playwright-core').Browser} browser
 * @param {Service} service
 */
async function pageToNative(browser, service) {
  const { system } = service;
  const { last, first } = order(system);
  const id = unique('native');
  const native = new Native(service.address, ['--dialect', system.dialect, '--role', first, ...system.place, '--id', id, '--seconds', '60']);
  await native.event('ready');
  const comes = await Guest.open(browser, service, last);
  if (last === 'caller') await comes.call(id);
  const ms = await taken(comes);
  await native.stop();
  await comes.page.context().close();
  return ms;
}

/** @param {number[]} sorted @param {number} share */
const quantile = (sorted, share) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];

const browser = await launch();
const server = await Server.start(['--pages', SEED_PAGES, '--peerjs-path', '/myPeerServer']);
const elsewhere = await Original.start('pages', ['--pages', SEED_PAGES]);
let slow = false;
console.log(`ms from click to connected, ${calls} calls each`);
console.log('system       own server, page to page   ours, page to native   ratio');
console.log('             p50   p90                  p50   p90              of p50');
try {
  for (const system of SEEDS.filter(({ name }) => !wanted || wanted.includes(name))) {
    const original = await Service.original(system);
    const ours = Service.ours(system, server, elsewhere);
    /** @type {number[]} */
    const theirs = [];
    /** @type {number[]} */
    const native = [];
    for (let i = 0; i < calls; i += 1) {
      theirs.push(await pageToPage(browser, original));
      native.push(await pageToNative(browser, ours));
    }
    await original.stop();
    for (const list of [theirs, native]) list.sort((a, b) => a - b);
    const ratio = quantile(native, 0.5) / quantile(theirs, 0.5);
    slow ||= ratio > ALLOWED;
    const cells = [theirs, native].map((list) => [0.5, 0.9].map((share) => quantile(list, share).toFixed(0).padStart(4)).join('  '));
    console.log(`${system.name.padEnd(12)} ${cells[0].padEnd(20)} ${cells[1].padEnd(16)} ${ratio.toFixed(2)}`);
  }
} finally {
  await browser.close();
  await server.stop();
  await elsewhere.stop();
}
if (slow) {
  console.error(`ours takes more than ${ALLOWED} times as long`);
  process.exitCode = 1;
}
