// @ts-check
/** The server's own pages for the tutorials' systems: with each other, over the tutorials' servers and ours. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { DEMOS } from './demos.js';
import { Guest, Service, meetNative, pagesTalk } from './guest.js';
import { Server, launch } from './harness.js';
import { figures } from './media.js';
import { Native } from './native.js';
import { unique, until } from './wait.js';

/** @type {import('playwright-core').Browser} */
let browser;

before(async () => {
  browser = await launch();
});

after(async () => {
  await browser?.close();
});

/** @param {string} name */
const demo = (name) => /** @type {import('./seeds.js').System} */ (DEMOS.find((one) => one.name === name));

describe("over the tutorial's server", () => {
  for (const system of DEMOS) {
    test(`${system.name}: two pages see and hear each other`, async (t) => {
      const service = await Service.original(system);
      t.after(() => service.stop());
      await pagesTalk(browser, service);
    });
  }

  test('socketio-relay: two who join at the same time meet', async (t) => {
    const service = await Service.original(demo('socketio-relay'));
    t.after(() => service.stop());
    const guests = await Promise.all([Guest.open(browser, service, 'callee'), Guest.open(browser, service, 'caller')]);
    await Promise.all(guests.map((guest) => guest.seesAndHears()));
    for (const guest of guests) await guest.close();
  });
});

describe('over our server', () => {
  /** @type {Server} */
  let server;

  before(async () => {
    server = await Server.start();
  });

  after(() => server?.stop());

  for (const system of DEMOS) {
    test(`${system.name}: two pages see and hear each other`, () => pagesTalk(browser, Service.ours(system, server)));

    for (const role of /** @type {const} */ (['caller', 'callee'])) {
      test(`${system.name}: the native side as ${role} and a page see and hear each other`, async (t) => {
        const { native, page } = await meetNative(t, browser, Service.ours(system, server), role);
        // Where nobody says that they leave, hearing of it takes a while: tested with the tutorials' own pages.
        if (system.seesEnd) {
          await page.hangUp();
          await native.endedWell('remote');
        } else {
          native.hangUp();
          await native.endedWell('local');
          await page.seesEnd();
        }
      });
    }
  }

  test('a shared desktop is what the other side sees', async (t) => {
    const service = Service.ours(demo('socketio-room'), server);
    const guests = [];
    for (const [role, share] of /** @type {const} */ ([['caller', false], ['callee', true]])) {
      const prepare = (/** @type {import('playwright-core').Page} */ page) => (share ? page.addInitScript(tickShare) : Promise.resolve());
      const guest = await Guest.open(browser, service, role, { prepare });
      t.after(() => guest.close());
      guests.push(guest);
    }
    const [viewer, sharer] = guests;
    await until('no camera beside the screen', () => sharer.page.evaluate(() => {
      const stream = /** @type {MediaStream | null} */ (/** @type {HTMLVideoElement} */ (document.getElementById('local')).srcObject);
      return stream?.getVideoTracks().some((track) => track.getSettings().displaySurface !== undefined);
    }));
    await until('a picture of the screen, and sound', async () => {
      const { frames, energy } = await figures(viewer.page);
      return frames > 0 && energy > 1e-6;
    });
  });

  test('peerjs: the native side refuses a call, and gives one up, before it is accepted', async (t) => {
    const service = Service.ours(demo('peerjs'), server);
    const id = unique('native');
    const refuses = new Native(service.address, ['--dialect', 'peerjs', '--id', id, '--answer', 'decline']);
    t.after(() => refuses.stop());
    await refuses.event('ready');
    const page = await Guest.open(browser, service, 'caller');
    t.after(() => page.close());
    await page.call(id);
    await page.page.waitForSelector('body[data-state="ended"]');
    assert.equal(await page.page.textContent('#status'), 'The other side does not want to talk now.');
    const givesUp = new Native(service.address, ['--dialect', 'peerjs', '--id', unique('native'), '--to', page.id]);
    t.after(() => givesUp.stop());
    await page.page.waitForSelector('#accept:not([hidden])');
    givesUp.hangUp();
    await page.page.waitForSelector('body[data-state="ended"]');
    assert.equal(await page.page.isVisible('#accept'), false);
  });

  test('a shared desktop is known as one by the native side, and the other way round', async (t) => {
    const service = Service.ours(demo('socketio-room'), server);
    const sharer = await Guest.open(browser, service, 'caller', { prepare: (page) => page.addInitScript(tickShare) });
    t.after(() => sharer.close());
    const native = new Native(service.address, ['--dialect', 'socketio-room', '--room', 'tea', '--id', unique('native'), '--screen']);
    t.after(() => native.stop());
    await native.event('remote-media', (event) => event.video && event.screen);
    await until('the answer says so, too', async () => (await sharer.page.inputValue('#answer')).includes('a=content:slides'));
    await native.event('connected');
  });

  test('the third one is told that two are there, and may come when one has left', async (t) => {
    const service = Service.ours(demo('socketio-relay'), server);
    const guests = [await Guest.open(browser, service, 'callee'), await Guest.open(browser, service, 'caller')];
    const context = await browser.newContext({ permissions: ['camera', 'microphone'] });
    t.after(() => Promise.all([context.close(), ...guests.map((guest) => guest.close())]));
    await Promise.all(guests.map((guest) => guest.seesAndHears()));
    const third = await context.newPage();
    await third.goto(service.page('caller'));
    await third.click('#join');
    await third.getByText('The room is full').first().waitFor();
    await guests[0].seesAndHears();
    await guests[1].page.close();
    await guests[0].page.waitForSelector('body[data-state="waiting"]');
    await third.click('#join');
    await third.waitForSelector('body[data-state="connected"]');
  });

  test('who has no camera is told what to do, and sees and hears the other side all the same', async (t) => {
    const service = Service.ours(demo('socketio-relay'), server);
    const there = await Guest.open(browser, service, 'callee');
    t.after(() => there.close());
    const blind = await Guest.open(browser, service, 'caller', { prepare: (page) => page.addInitScript(refuseDevices) });
    t.after(() => blind.close());
    await blind.page.getByText('does not let this page use your microphone and camera. Allow it').waitFor();
    await blind.seesAndHears();
  });

  test('the list of them leads to each', async (t) => {
    const context = await browser.newContext();
    t.after(() => context.close());
    const page = await context.newPage();
    await page.goto(server.url);
    await page.click('a[href="tutorials/"]');
    for (const system of DEMOS) {
      await page.click(`a[href="${system.name}/"]`);
      await page.waitForURL(`${server.url}/${system.folder}/`);
      await page.waitForSelector('body[data-state="ready"]');
      await page.click('.brand');
    }
  });
});

/** As if the box had been ticked before the button was pressed. Runs in the page. */
function tickShare() {
  addEventListener('DOMContentLoaded', () => {
    /** @type {HTMLInputElement} */ (document.getElementById('share')).checked = true;
  });
}

/** A person who does not let the page use anything. Runs in the page. */
function refuseDevices() {
  navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('no', 'NotAllowedError'));
}
