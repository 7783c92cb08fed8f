// @ts-check
/** What tests of calls from page to page share: a server and a browser, and people, who leave after each test. */
import assert from 'node:assert/strict';
import { after, afterEach, before } from 'node:test';
import { Person, Server, launch, unique } from './harness.js';

/** @type {import('playwright-core').Browser} */
let browser;
/** @type {Server} */
export let server;
/** @type {Person[]} */
let people = [];

before(async () => {
  server = await Server.start();
  browser = await launch();
});

after(async () => {
  await browser?.close();
  await server?.stop();
});

afterEach(async () => {
  const done = people;
  people = [];
  for (const person of done) await person.close();
});

/**
 * @param {Record<string, string>} query
 * @param {Parameters<typeof Person.open>[3]} [options]
 */
export async function open(query, options) {
  const person = await Person.open(browser, server, query, options);
  people.push(person);
  return person;
}

/**
 * Two people in a room, the first one first.
 * @param {Record<string, string>} [query]
 * @param {Parameters<typeof Person.open>[3]} [options] of the first
 */
export async function pair(query = {}, options = {}) {
  const room = unique('room');
  const first = await open({ name: unique('Anna'), room, auto: '1', ...query }, options);
  await first.reaches('waiting');
  const second = await open({ name: unique('Ben'), room, auto: '1', ...query });
  await Promise.all([first.reaches('connected'), second.reaches('connected')]);
  return { first, second, room };
}

/**
 * The first rings the second, who is looking at the dialog.
 * @param {Record<string, string>} [query]
 */
export async function ringing(query = {}) {
  const names = { caller: unique('Anna'), callee: unique('Ben') };
  const callee = await open({ name: names.callee, ...query });
  await callee.online();
  const caller = await open({ name: names.caller, to: names.callee, auto: '1', ...query });
  await callee.page.waitForSelector('#incoming[open]');
  assert.equal(await callee.page.textContent('#incoming-title'), names.caller);
  await caller.reaches('ringing');
  return { caller, callee, names };
}

/**
 * Closes the page like a person who closes the tab.
 * @param {Person} person
 */
export async function leave(person) {
  people = people.filter((other) => other !== person);
  await person.leave();
}
