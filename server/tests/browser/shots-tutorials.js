// @ts-check
/** Takes pictures of the pages for the tutorials' systems: `DUET_SHOTS=dir npm run shots`. */
import { DEMOS } from './demos.js';
import { Guest, Service } from './guest.js';
import { Server, launch, shoot } from './harness.js';
import { LOOKS, camera } from './painting.js';
import { until } from './wait.js';

const DESKTOP = { width: 1120, height: 640 };
const PHONE = { width: 390, height: 844 };

const server = await Server.start();
const browser = await launch();
try {
  for (const [viewport, name] of /** @type {const} */ ([[DESKTOP, 'desktop'], [PHONE, 'phone']])) {
    const context = await browser.newContext({ viewport, colorScheme: name === 'phone' ? 'dark' : 'light' });
    const page = await context.newPage();
    await page.goto(`${server.url}/tutorials/`);
    await shoot(page, `tutorials-${name}`);
    await context.close();
  }
  for (const demo of DEMOS) {
    const service = Service.ours(demo, server);
    const anna = { viewport: DESKTOP, prepare: camera(LOOKS.anna) };
    const ben = /** @type {const} */ ({ viewport: PHONE, colorScheme: 'dark', prepare: camera(LOOKS.ben) });
    const first = await Guest.open(browser, service, demo.first, ben);
    const second = await Guest.open(browser, service, demo.first === 'caller' ? 'callee' : 'caller', anna);
    const [caller, callee] = demo.first === 'caller' ? [first, second] : [second, first];
    await caller.call(callee.id);
    if (demo.accept) {
      await callee.page.waitForSelector('#accept', { state: 'visible' });
      await shoot(callee.page, `${demo.name}-ringing`);
    }
    await callee.accept();
    await Promise.all([caller.seesAndHears(), callee.seesAndHears()]);
    // The first pictures are small and coarse.
    const width = () => /** @type {HTMLVideoElement} */ (document.getElementById('remote')).videoWidth;
    await until('a sharp picture', async () => (await second.page.evaluate(width)) >= 640 && (await first.page.evaluate(width)) >= 640);
    await shoot(first.page, `${demo.name}-phone`);
    await shoot(second.page, `${demo.name}-desktop`);
    await Promise.all([first.close(), second.close()]);
  }
} finally {
  await browser.close();
  await server.stop();
}
