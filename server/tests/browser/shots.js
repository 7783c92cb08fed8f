// @ts-check
/**
 * Takes pictures of the page in all its views, for the documentation: `DUET_SHOTS=dir npm run shots`.
 */
import { Person, Server, launch, until } from './harness.js';
import { LOOKS, camera } from './painting.js';

const DESKTOP = { width: 1280, height: 800 };
const PHONE = { width: 390, height: 844 };
const SMALL = { width: 320, height: 568 };
const LYING = { width: 740, height: 360 };

const server = await Server.start();
const browser = await launch();
try {
  for (const [name, viewport, colorScheme] of /** @type {[string, typeof PHONE, 'dark' | 'light'][]} */ ([
    ['desktop', DESKTOP, 'light'],
    ['desktop-dark', DESKTOP, 'dark'],
    ['phone', PHONE, 'light'],
    ['phone-dark', PHONE, 'dark'],
    ['small', SMALL, 'light'],
  ])) {
    const query = { name: 'Anna Berg', room: 'lumo-taki-204' };
    const visitor = await Person.open(browser, server, query, { viewport, colorScheme, prepare: camera(LOOKS.anna) });
    await visitor.online();
    await visitor.shot(`lobby-${name}`);
    await visitor.click('preview-open');
    await visitor.page.waitForSelector('#preview-video:not([hidden])');
    await until('the preview', () => visitor.page.evaluate(() => /** @type {HTMLVideoElement} */ (document.getElementById('preview-video')).videoWidth > 0));
    await visitor.shot(`preview-${name}`);
    await visitor.close();
  }

  const ben = await Person.open(browser, server, { name: 'Ben Tal' }, { viewport: PHONE, prepare: camera(LOOKS.ben) });
  await ben.online();
  const anna = await Person.open(browser, server, { name: 'Anna Berg', to: 'Ben Tal', auto: '1' }, { prepare: camera(LOOKS.anna) });
  await ben.page.waitForSelector('#incoming[open]');
  await anna.reaches('ringing');
  await ben.shot('incoming-phone');
  await anna.shot('ringing-desktop');
  await ben.click('accept');
  await Promise.all([anna.seesMotion(), ben.seesMotion()]);
  const sharp = async (/** @type {Person} */ person) => ((await person.stats())?.videoIn.width ?? 0) >= 640;
  await until('a sharp picture', async () => (await sharp(anna)) && (await sharp(ben)), 30_000).catch(() => {});
  await anna.shot('call-desktop');
  await ben.shot('call-phone');
  for (const person of [anna, ben]) {
    await person.click('stats-toggle');
    await person.page.waitForSelector('#stats:not([hidden])');
    await person.page.mouse.move(640, 400);
  }
  await anna.shot('call-desktop-statistics');
  await ben.shot('call-phone-statistics');
  await ben.click('mic');
  await ben.click('cam');
  await server.stop();
  for (const person of [anna, ben]) await person.page.waitForSelector('#banner:not([hidden])');
  await anna.shot('reconnecting-desktop');
  for (const [name, viewport] of /** @type {[string, typeof PHONE][]} */ ([['small', SMALL], ['lying', LYING], ['phone', PHONE]])) {
    await ben.page.setViewportSize(viewport);
    await ben.page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
    await ben.shot(`reconnecting-${name}`);
  }
  await server.resume();
  await ben.online();
  await ben.click('hangup');
  await anna.reaches('ended');
  await anna.shot('ended-desktop');
  await ben.shot('ended-phone');
  await ben.page.goto(`${server.url}/?room=lumo-taki-204&auto=1`);
  await ben.reaches('waiting');
  await ben.shot('waiting-phone');
} finally {
  await browser.close();
  await server.stop();
}
