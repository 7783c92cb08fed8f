// @ts-check
/** A person at a page of a tutorial, and the servers such a page needs. */
import assert from 'node:assert/strict';
import { fileURLToPath } from 'node:url';
import { figures, installProbe, showsMotion } from './media.js';
import { Original } from './original.js';
import { Native } from './native.js';
import { unique, until } from './wait.js';

/** @typedef {import('./seeds.js').System} System */
/** @typedef {import('./seeds.js').Role} Role */

/** The tutorials' pages, and the server's own. */
const FOLDERS = ['./seed-pages', '../../web'].flatMap((folder) => ['--pages', fileURLToPath(new URL(folder, import.meta.url))]);
export const SEED_PAGES = FOLDERS[1];

/** What the pages load their client libraries from; answered from the packages. */
const CDN = 'https://cdn.test';
/** @type {Record<string, string>} */
const LIBRARIES = {
  'socket.io-4.js': 'socket.io-client/dist/socket.io.min.js',
  'socket.io-2.js': 'socket.io-client-2/dist/socket.io.js',
  'peerjs.js': 'peerjs/dist/peerjs.min.js',
};

/** A system's signaling, and where its pages are. */
export class Service {
  /** @type {{ stop(): Promise<void> }[]} */
  #parts = [];

  /**
   * @param {System} system
   * @param {string} url of the signaling, as a client is told it
   * @param {string} pages where the folders of pages are
   */
  constructor(system, url, pages) {
    this.system = system;
    this.url = url;
    this.pages = pages;
  }

  /**
   * The system's own kind of server.
   * @param {System} system
   * @param {string[]} [tls] arguments
   */
  static async original(system, tls = []) {
    const server = await Original.start(system.program ?? system.name, [...FOLDERS, ...tls]);
    const pages = system.elsewhere ? await Original.start('pages', [...FOLDERS, ...tls]) : server;
    const service = new Service(system, server.url, pages.url);
    service.#parts = pages === server ? [server] : [server, pages];
    return service;
  }

  /**
   * Our server in place of the system's own.
   * @param {System} system
   * @param {{ url: string }} server
   * @param {{ url: string }} [elsewhere] where the pages are of those systems that have them elsewhere
   */
  static ours(system, server, elsewhere = server) {
    return new Service(system, `${server.url}${system.mount ?? ''}`, system.elsewhere ? elsewhere.url : server.url);
  }

  /** The address that `duet call` is given. */
  get address() {
    return { url: this.system.dialect === 'ws-broadcast' ? `${this.url.replace(/^http/, 'ws')}/` : this.url };
  }

  /** @param {Role} role */
  page(role) {
    const page = new URL(`/${this.system.folder ?? this.system.name}/${this.system.path(role)}`, this.pages);
    if (page.origin !== new URL(this.url).origin) page.searchParams.set('server', this.url);
    return page.href;
  }

  async stop() {
    for (const part of this.#parts) await part.stop();
  }
}

/** One tab at a tutorial's page, in a browser profile of its own. */
export class Guest {
  /** What the other side calls it by. */
  id = '';

  /**
   * @param {import('playwright-core').Page} page
   * @param {System} system
   * @param {string[]} complaints
   */
  constructor(page, system, complaints) {
    this.page = page;
    this.system = system;
    this.complaints = complaints;
  }

  /**
   * Opens the page and gets to where it can call or be called.
   * @param {import('playwright-core').Browser} browser
   * @param {Service} service
   * @param {Role} role
   * @param {{ viewport?: { width: number, height: number }, colorScheme?: 'dark' | 'light',
   *   prepare?: (page: import('playwright-core').Page) => Promise<unknown> }} [options]
   */
  static async open(browser, service, role, { prepare, ...look } = {}) {
    const context = await browser.newContext({ permissions: ['camera', 'microphone'], ignoreHTTPSErrors: true, ...look });
    await context.route(`${CDN}/**`, (route) => {
      const file = LIBRARIES[new URL(route.request().url()).pathname.slice(1)];
      return route.fulfill({ path: fileURLToPath(new URL(`./node_modules/${file}`, import.meta.url)) });
    });
    const page = await context.newPage();
    /** @type {string[]} */
    const complaints = [];
    page.on('pageerror', (error) => complaints.push(`${error.name}: ${error.message} ${error.stack}`));
    page.on('console', (message) => {
      if (message.type() === 'error' && !message.text().includes('favicon')) complaints.push(message.text());
    });
    await page.addInitScript(installProbe);
    await prepare?.(page);
    await page.goto(service.page(role));
    const guest = new Guest(page, service.system, complaints);
    guest.id = await service.system.arrive(page, role);
    return guest;
  }

  /**
   * As the caller, begins.
   * @param {string} other what the other side is called by
   */
  async call(other) {
    await this.system.call?.(this.page, other);
  }

  /** As the callee, agrees. */
  async accept() {
    await this.system.accept?.(this.page);
  }

  /** Sees moving pictures and hears sound. */
  async seesAndHears() {
    try {
      await this.#seesAndHears();
    } catch (error) {
      throw new Error(`the page said ${JSON.stringify(this.complaints)}`, { cause: error });
    }
  }

  async #seesAndHears() {
    const before = await figures(this.page).catch(() => null);
    await showsMotion(this.page, 'remote');
    // Some show the other side muted; a person presses the loudspeaker.
    await this.page.evaluate(() => {
      /** @type {HTMLVideoElement} */ (document.getElementById('remote')).muted = false;
    });
    await until('ten more pictures, and sound', async () => {
      const now = await figures(this.page);
      return now.frames >= (before?.frames ?? 0) + 10 && now.energy > (before?.energy ?? 0) + 1e-6;
    });
  }

  /** Ends the call, as far as the page can. */
  async hangUp() {
    if (this.system.hangUp) await this.system.hangUp(this.page);
    else await this.page.close();
  }

  /** Learns that the other side is gone: by a word, or because nothing comes any longer. */
  async seesEnd() {
    if (this.system.seesEnd) {
      await this.system.seesEnd(this.page);
      return;
    }
    let frames = -1;
    let since = 0;
    await until('no more pictures', async () => {
      const now = await figures(this.page);
      if (now.frames !== frames) since = Date.now();
      frames = now.frames;
      return Date.now() - since > 500;
    });
  }

  /** Closes the tab; it complained only about what its own bugs cause. */
  async close() {
    await this.page.context().close();
    const unknown = this.complaints.filter((complaint) => !this.system.faults.some((fault) => fault.test(complaint)));
    assert.deepEqual(unknown, []);
  }
}

/**
 * Two pages call each other, see and hear each other, and one hangs up.
 * @param {import('playwright-core').Browser} browser
 * @param {Service} service
 */
export async function pagesTalk(browser, service) {
  /** @type {Guest[]} */
  const guests = [];
  /** @param {Role} role */
  const open = async (role) => {
    const guest = await Guest.open(browser, service, role);
    guests.push(guest);
    return guest;
  };
  try {
    const { first } = service.system;
    const there = await open(first);
    const comes = await open(first === 'caller' ? 'callee' : 'caller');
    const [caller, callee] = first === 'caller' ? [there, comes] : [comes, there];
    await caller.call(callee.id);
    await callee.accept();
    await Promise.all([caller.seesAndHears(), callee.seesAndHears()]);
    await caller.hangUp();
    await callee.seesEnd();
    for (const guest of guests) await guest.close();
  } finally {
    for (const guest of guests) await guest.page.context().close();
  }
}

/**
 * The native side and a page get to where they talk; both are closed when the test is over.
 * @param {import('node:test').TestContext} t
 * @param {import('playwright-core').Browser} browser
 * @param {Service} service
 * @param {Role} role of the native side
 * @param {string[]} [args] for `duet call`, beside those that say where and as whom
 */
export async function meetNative(t, browser, service, role, args = []) {
  const { system } = service;
  const other = role === 'caller' ? 'callee' : 'caller';
  const id = unique('native');
  /** @param {string[]} more */
  const start = (more) => {
    const wanted = ['--dialect', system.dialect, '--role', role, '--seconds', '60', '--end', 'remote', ...more, ...args];
    const native = new Native(service.address, wanted);
    t.after(() => native.stop());
    return native;
  };
  const open = async () => {
    const guest = await Guest.open(browser, service, other);
    t.after(() => guest.close());
    return guest;
  };
  /** @type {Native} */
  let native;
  /** @type {Guest} */
  let page;
  if (system.first === role) {
    native = start([...system.place, '--id', id]);
    await native.event('ready');
    page = await open();
    if (role === 'callee') await page.call(id);
  } else {
    page = await open();
    native = start(page.id ? ['--to', page.id, '--id', id] : [...system.place, '--id', id]);
  }
  if (role === 'caller') await page.accept();
  await Promise.all([page.seesAndHears(), native.event('media')]);
  return { native, page };
}
