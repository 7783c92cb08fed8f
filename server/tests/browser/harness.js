// @ts-check
/** Starts the server, the browser and pages, and waits for what should happen. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { showsMotion } from './media.js';
import { DEADLINE_MS, unique, until } from './wait.js';

export { DEADLINE_MS, unique, until };

const CHROMIUM = process.env.DUET_CHROMIUM ?? '/usr/bin/chromium';
const CHROMIUM_FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  // Pages share one machine: a page behind another one must keep its frame rate.
  '--disable-background-timer-throttling',
  '--disable-renderer-backgrounding',
  '--disable-backgrounding-occluded-windows',
  '--use-fake-ui-for-media-stream',
  '--use-fake-device-for-media-stream',
  '--autoplay-policy=no-user-gesture-required',
  '--disable-features=WebRtcHideLocalIpsWithMdns',
  '--allow-loopback-in-peer-connection',
];

/** A signaling server of its own, on a port of its own. */
export class Server {
  /** @type {import('node:child_process').ChildProcess | null} */
  #child = null;
  /** @type {string[]} */
  #args = [];
  /** Where the page is. */
  url = '';

  /**
   * @param {string[]} [args] beside the address
   * @returns {Promise<Server>}
   */
  static async start(args = []) {
    const server = new Server();
    server.#args = args;
    await server.#run('127.0.0.1:0');
    return server;
  }

  /** Runs again on the port it had. */
  async restart() {
    await this.stop();
    await this.resume();
  }

  /** Runs again, after {@link stop}, on the port it had. */
  async resume() {
    await this.#run(new URL(this.url).host);
  }

  /** Ends it as an operator does. */
  async stop() {
    const child = this.#child;
    this.#child = null;
    if (!child || child.exitCode !== null) return;
    child.kill('SIGTERM');
    await once(child, 'exit');
  }

  /** @param {string} listen */
  async #run(listen) {
    const program = process.env.DUET_SERVER_BIN;
    assert.ok(program, 'set DUET_SERVER_BIN to the path of duet-server');
    const child = spawn(program, ['--listen', listen, ...this.#args], { stdio: ['ignore', 'pipe', 'inherit'] });
    this.#child = child;
    const failed = once(child, 'exit').then(([code]) => {
      if (this.#child === child) throw new Error(`${program} ended with ${code} before it served`);
    });
    failed.catch(() => {});
    const serving = new Promise((resolve) => {
      createInterface({ input: /** @type {any} */ (child.stdout) }).on('line', (line) => {
        const address = /https?:\/\/\S+/.exec(line);
        if (address) resolve(address[0]);
      });
    });
    const url = await Promise.race([serving, failed]);
    this.url = `${url}`;
  }
}

/** @returns {Promise<import('playwright-core').Browser>} */
export function launch() {
  return chromium.launch({ executablePath: CHROMIUM, headless: true, args: CHROMIUM_FLAGS });
}

/** One person at a page, in a browser profile of their own. */
export class Person {
  /**
   * @param {import('playwright-core').Page} page
   * @param {string[]} complaints
   */
  constructor(page, complaints) {
    this.page = page;
    /** Errors of the page; a test that passes has none. */
    this.complaints = complaints;
  }

  /**
   * Opens the page.
   * @param {import('playwright-core').Browser} browser
   * @param {Server} server
   * @param {Record<string, string>} query URL parameters
   * @param {{ viewport?: { width: number, height: number }, colorScheme?: 'dark' | 'light',
   *   prepare?: (page: import('playwright-core').Page) => Promise<unknown> }} [options]
   */
  static async open(browser, server, query, { viewport = { width: 1280, height: 800 }, colorScheme = 'light', prepare } = {}) {
    const context = await browser.newContext({ viewport, colorScheme, permissions: ['camera', 'microphone'] });
    const page = await context.newPage();
    /** @type {string[]} */
    const complaints = [];
    page.on('pageerror', (error) => complaints.push(`uncaught: ${error.stack}`));
    page.on('console', (message) => {
      const text = message.text();
      // A browser reports each refused connection; losing the server is part of the tests.
      if (message.type() === 'error' && !/WebSocket connection|ERR_CONNECTION/.test(text)) complaints.push(text);
    });
    await prepare?.(page);
    await page.goto(`${server.url}/?${new URLSearchParams(query)}`);
    return new Person(page, complaints);
  }

  /** @returns {Promise<string>} */
  state() {
    return this.page.evaluate(() => /** @type {any} */ (window).duet.state);
  }

  /** @returns {Promise<{ by: string, reason: string, durationMs: number } | null>} */
  ended() {
    return this.page.evaluate(() => /** @type {any} */ (window).duet.ended);
  }

  /** @returns {Promise<import('../../web/js/stats.js').Figures | null>} */
  stats() {
    return this.page.evaluate(() => /** @type {any} */ (window).duet.stats());
  }

  /**
   * @param {string} id of an element
   */
  click(id) {
    return this.page.click(`#${id}`, { timeout: DEADLINE_MS });
  }

  /**
   * @param {string} wanted
   */
  async reaches(wanted) {
    /** @type {string} */
    let state = '';
    await until(`state ${wanted}`, async () => (state = await this.state()) === wanted).catch(async (error) => {
      throw new Error(`${error.message}; state is ${state}, ended ${JSON.stringify(await this.ended())}, page said ${this.complaints}`);
    });
  }

  async online() {
    await until('connected to the service', () => this.page.evaluate(() => /** @type {any} */ (window).duet.signaling === 'online'));
  }

  /**
   * The call is over for this person.
   * @param {string} by
   * @param {string} reason
   */
  async endedWith(by, reason) {
    await this.reaches('ended');
    const ended = await this.ended();
    assert.deepEqual({ by: ended?.by, reason: ended?.reason }, { by, reason });
  }

  /**
   * Sees pictures that move: what is drawn on the screen differs from look to look, and the decoder's
   * count grows.
   */
  async seesMotion() {
    const before = (await this.stats())?.videoIn.frames ?? 0;
    await showsMotion(this.page, 'remote');
    await until('ten more decoded frames', async () => ((await this.stats())?.videoIn.frames ?? 0) >= before + 10);
  }

  /** Hears sound: energy comes in, and the sound is being played. */
  async hearsSound() {
    const before = (await this.stats())?.audioIn.energy ?? 0;
    await until('audible sound', async () => ((await this.stats())?.audioIn.energy ?? 0) > before + 1e-6);
    assert.equal(await this.page.evaluate(() => /** @type {HTMLAudioElement} */ (document.getElementById('remote-sound')).paused), false);
  }

  /** Sees and hears the other side. */
  async seesAndHears() {
    await this.reaches('connected');
    await this.seesMotion();
    await this.hearsSound();
  }

  /**
   * Pictures come in with this codec.
   * @param {string} codec `H264` or `VP8`
   */
  async receives(codec) {
    await until(`pictures in ${codec}`, async () => (await this.stats())?.videoIn.codec?.toUpperCase() === codec.toUpperCase());
  }

  /** @param {string} name of the picture */
  shot(name) {
    return shoot(this.page, name);
  }

  /** Closes the page like a person who closes the tab. */
  async leave() {
    await this.page.close({ runBeforeUnload: false });
    await this.page.context().close();
  }

  /** Closes the page; it must not have complained. */
  async close() {
    await this.page.context().close();
    assert.deepEqual(this.complaints, []);
  }
}

/**
 * @param {import('playwright-core').Page} page
 * @param {string} name of the picture, in the directory `DUET_SHOTS`; without it none is taken
 */
export async function shoot(page, name) {
  const directory = process.env.DUET_SHOTS;
  if (!directory) return;
  await mkdir(directory, { recursive: true });
  await page.screenshot({ path: join(directory, `${name}.png`) });
}
