// @ts-check
/** What happens in calls between the page and the native engine: hold, pictures by consent, sources, devices. */
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import { Person, Server, launch, unique, until } from './harness.js';
import { Native } from './native.js';

/** A hang-up is heard within this time though nothing but the connection can tell, in milliseconds. */
const AT_ONCE_MS = 1000;
/** How long the other side is looked at to see that nothing moves: eight pictures would have come. */
const LOOK_MS = 800;

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

/**
 * @param {Record<string, string>} query
 * @param {Parameters<typeof Person.open>[3]} [options]
 */
async function open(query, options) {
  const person = await Person.open(browser, server, { codec: 'h264', ...query }, options);
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
 * The page rings the native side, which answers.
 * @param {Record<string, string>} query
 * @param {string[]} args
 * @param {Parameters<typeof Person.open>[3]} [options]
 */
async function pageCalls(query, args, options) {
  const id = unique('native');
  const native = call('--id', id, ...args);
  await native.event('ready');
  const page = await open({ name: unique('Anna'), to: id, auto: '1', ...query }, options);
  await Promise.all([page.reaches('connected'), native.event('connected')]);
  return { page, native };
}

/**
 * The native side rings the page, where somebody answers.
 * @param {Record<string, string>} query
 * @param {string[]} args
 */
async function nativeCalls(query, args) {
  const name = unique('Anna');
  const page = await open({ name, ...query });
  await page.online();
  const native = call('--to', name, '--id', unique('native'), ...args);
  await page.click('accept');
  await Promise.all([page.reaches('connected'), native.event('connected')]);
  return { page, native };
}

/** Pictures and sound that came in, as the page's statistics have them. @param {Person} page */
async function received(page) {
  const stats = await page.stats();
  return { frames: stats?.videoIn.frames ?? 0, energy: stats?.audioIn.energy ?? 0 };
}

/** Nothing comes in at the page any more. @param {Person} page */
async function isStill(page) {
  await until('no more pictures and sound', async () => {
    const { frames, energy } = await received(page);
    await page.page.waitForTimeout(LOOK_MS);
    const after = await received(page);
    return after.frames === frames && after.energy - energy < 1e-4;
  });
}

/**
 * The page hangs up, once the native side has seen and heard enough to call it a call.
 * @param {Person} page
 * @param {Native} native
 */
async function pageHangsUp(page, native) {
  await native.event('media');
  await page.click('hangup');
  await native.endedWell('remote', 'H264');
}

/** @param {Person} page @param {string} text */
async function curtainSays(page, text) {
  await until(text, async () => (await page.page.textContent('#curtain-text')) === text && page.page.isVisible('#curtain'));
}

/** @param {Native} native @param {object} media */
async function hears(native, media) {
  await native.event('remote-media', (event) => Object.entries(media).every(([source, open]) => event[source] === open));
}

for (const [who, start] of Object.entries({ 'the page called': pageCalls, 'the native side called': nativeCalls })) {
  test(`the native side holds a call that ${who}, and goes on`, async () => {
    const { page, native } = await start({}, []);
    await page.seesAndHears();
    await native.type('hold');
    await curtainSays(page, 'Put you on hold');
    await isStill(page);
    await native.type('resume');
    await page.seesAndHears();
    await pageHangsUp(page, native);
  });

  test(`the page holds a call that ${who}, and goes on`, async () => {
    const { page, native } = await start({}, []);
    await Promise.all([page.seesAndHears(), native.event('media')]);
    await page.click('hold');
    await native.event('held', (event) => event.remote);
    await isStill(page);
    await page.click('hold');
    await native.event('held', (event) => !event.remote && !event.local);
    await page.seesAndHears();
    await pageHangsUp(page, native);
  });
}

describe('pictures in a call without', () => {
  test('the page asks, and the native side wants them', async () => {
    const { page, native } = await pageCalls({ video: '0' }, ['--answer-video', 'yes']);
    await page.hearsSound();
    assert.equal((await received(page)).frames, 0);
    await page.click('cam');
    await native.event('video', (event) => event.news === 'agreed');
    await page.seesAndHears();
    await pageHangsUp(page, native);
  });

  test('the page asks, and the native side does not want them', async () => {
    const { page, native } = await pageCalls({ video: '0' }, ['--answer-video', 'no']);
    await page.hearsSound();
    await page.click('cam');
    await native.event('video', (event) => event.news === 'declined');
    await until('the refusal', async () => /goes on without pictures/.test((await page.page.textContent('#toasts')) ?? ''));
    await page.hearsSound();
    assert.equal((await received(page)).frames, 0);
  });

  test('the native side asks, and the page wants them', async () => {
    const { page, native } = await nativeCalls({}, ['--voice']);
    await page.hearsSound();
    await native.type('ask-video');
    await page.click('question-yes');
    await native.event('video', (event) => event.news === 'agreed');
    await page.seesAndHears();
    await pageHangsUp(page, native);
  });

  test('the native side asks, and the page does not want them', async () => {
    const { page, native } = await nativeCalls({}, ['--voice']);
    await page.hearsSound();
    await native.type('ask-video');
    await page.click('question-no');
    await native.event('video', (event) => event.news === 'declined');
    await page.hearsSound();
    assert.equal((await received(page)).frames, 0);
  });
});

test('each side knows which sources of the other one are open', async () => {
  const { page, native } = await pageCalls({}, []);
  await page.seesAndHears();
  await native.type('mute');
  await page.page.waitForSelector('#who-muted:not([hidden])');
  await native.type('unmute');
  await page.page.waitForSelector('#who-muted', { state: 'hidden' });
  await native.type('camera-off');
  await curtainSays(page, 'Camera is off');
  await page.hearsSound();
  await native.type('camera-on');
  await page.seesAndHears();
  await page.click('mic');
  await hears(native, { audio: false, video: true });
  await page.click('cam');
  await hears(native, { audio: false, video: false });
  await page.click('cam');
  await page.click('mic');
  await until('both open again', () => {
    const last = native.events.filter((event) => event.event === 'remote-media').at(-1);
    return last.audio && last.video;
  });
  await page.seesAndHears();
});

test('a shared screen is known as one on both sides', async () => {
  const { page, native } = await pageCalls({}, [], {
    prepare: (page) =>
      page.addInitScript(() => {
        navigator.mediaDevices.getDisplayMedia = async () => {
          const canvas = Object.assign(document.createElement('canvas'), { width: 320, height: 480 });
          const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d'));
          let step = 0;
          setInterval(() => {
            context.fillStyle = `hsl(${(step += 25) % 360} 90% 50%)`;
            context.fillRect(0, 0, 320, 480);
          }, 50);
          return canvas.captureStream(20);
        };
      }),
  });
  await page.seesAndHears();
  await native.type('screen-on');
  await page.page.waitForSelector('#who-screen:not([hidden])');
  await page.seesMotion();
  await native.type('screen-off');
  await page.page.waitForSelector('#who-screen', { state: 'hidden' });
  await page.click('share');
  await hears(native, { video: true, screen: true });
  await page.click('share');
  await page.seesAndHears();
  await pageHangsUp(page, native);
});

test('the page answers a call that another, native device of the person was connected for', async () => {
  const name = unique('Anna');
  const phone = call('--id', name, '--answer', 'ignore');
  await phone.event('ready');
  const page = await open({ name });
  await page.online();
  const native = call('--to', name, '--id', unique('native'));
  await phone.event('incoming');
  await page.click('accept');
  await page.seesAndHears();
  const elsewhere = await phone.event('ended');
  assert.equal(elsewhere.reason, 'accepted-elsewhere');
  await pageHangsUp(page, native);
});

test('of two native devices that ring for the page, the first to answer talks', async () => {
  const id = unique('native');
  const [phone, tablet] = [call('--id', id, '--answer', 'ignore'), call('--id', id, '--answer', 'ignore')];
  await Promise.all([phone.event('ready'), tablet.event('ready')]);
  const page = await open({ name: unique('Anna'), to: id, auto: '1' });
  await Promise.all([phone.event('incoming'), tablet.event('incoming')]);
  await tablet.type('accept');
  await page.seesAndHears();
  assert.equal((await phone.event('ended')).reason, 'accepted-elsewhere');
  await pageHangsUp(page, tablet);
});

for (const [degrees, portrait] of /** @type {const} */ ([['0', false], ['90', true], ['180', false], ['270', true]])) {
  test(`a picture to be turned by ${degrees} degrees is shown upright`, async () => {
    const { page } = await pageCalls({}, ['--size', '320x240', '--rotate', degrees]);
    await page.seesMotion();
    const size = await page.page.evaluate(() => {
      const video = /** @type {HTMLVideoElement} */ (document.getElementById('remote'));
      return [video.videoWidth, video.videoHeight];
    });
    assert.deepEqual(size, portrait ? [240, 320] : [320, 240]);
  });
}

describe('without the service', () => {
  afterEach(() => server.resume());

  test('the native side hears at once that the page hangs up', async () => {
    const { page, native } = await pageCalls({}, []);
    await Promise.all([page.seesAndHears(), native.event('media')]);
    await server.stop();
    await page.seesMotion();
    await page.click('hangup');
    const asked = Date.now();
    const ended = await native.event('ended');
    assert.ok(Date.now() - asked < AT_ONCE_MS, `${Date.now() - asked} ms`);
    assert.equal(ended.reason, 'hang-up');
    await native.endedWell('remote', 'H264');
  });

  test('the page hears at once that the native side hangs up', async () => {
    const { page, native } = await pageCalls({}, []);
    await page.seesAndHears();
    await server.stop();
    await page.seesMotion();
    await native.type('hang-up');
    const asked = Date.now();
    await page.endedWith('remote', 'hang-up');
    assert.ok(Date.now() - asked < AT_ONCE_MS, `${Date.now() - asked} ms`);
  });
});

test('a tab that is closed is missed by the native side', async () => {
  const room = unique('room');
  const native = call('--room', room, '--id', unique('native'));
  await native.event('ready');
  const page = await Person.open(browser, server, { name: unique('Anna'), room, auto: '1' });
  await page.seesAndHears();
  await native.event('media');
  await page.leave();
  const left = Date.now();
  const ended = await native.event('ended');
  console.log(`missed after ${Date.now() - left} ms: ${JSON.stringify(ended)}`);
  assert.equal(ended.by, 'remote');
});
