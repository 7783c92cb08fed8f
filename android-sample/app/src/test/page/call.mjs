// @ts-check
/**
 * The web page at the other end of a phone's call: `answer URL NAME` is rung, looks, listens, and hangs up once a line
 * comes in; `ring URL NAME WHOM` rings, looks, listens and waits until the phone hangs up. Says each step on a line; fails
 * with the reason.
 */
import { once } from 'node:events';
import { Person, launch } from '../../../../../server/tests/browser/harness.js';

const [what, url, name, whom] = process.argv.slice(2);
const browser = await launch();
try {
  /** @type {Record<string, string>} */
  const query = what === 'ring' ? { name, to: whom, auto: '1' } : { name };
  const page = await Person.open(browser, /** @type {any} */ ({ url }), query);
  if (what === 'answer') {
    await page.online();
    console.log('online');
    await page.click('accept');
  }
  await page.seesAndHears();
  console.log('sees and hears');
  if (what === 'answer') {
    await once(process.stdin, 'data');
    await page.click('hangup');
    await page.endedWith('local', 'hang-up');
  } else {
    await page.endedWith('remote', 'hang-up');
  }
  await page.close();
} finally {
  await browser.close();
  process.stdin.destroy();
}
