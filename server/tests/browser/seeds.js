// @ts-check
/** The tutorials' systems: what their pages are opened with, what people do there, and what goes wrong there. */

/** @typedef {import('playwright-core').Page} Page */
/** @typedef {'caller' | 'callee'} Role */

/**
 * @typedef {object} System
 * @property {string} name
 * @property {string} [program] in `originals/`, if it is named otherwise
 * @property {string} [folder] of its pages, if it is named otherwise
 * @property {string} dialect what `duet call` names it
 * @property {Role} first who has to be there first
 * @property {boolean} [elsewhere] whether its pages come from another server than the signaling
 * @property {string} [mount] the path of its signaling
 * @property {(role: Role) => string} path of the page, below its folder
 * @property {(page: Page, role: Role) => Promise<string>} arrive gets to where the page can be called, or can call;
 *   returns what the other side calls it by
 * @property {(page: Page, other: string) => Promise<unknown>} [call] the caller begins
 * @property {(page: Page) => Promise<unknown>} [accept] the callee agrees
 * @property {(page: Page) => Promise<unknown>} [hangUp] without it a call ends with its page
 * @property {(page: Page) => Promise<unknown>} [seesEnd] waits for the page to say that the call is over; without it
 *   only the picture stops
 * @property {RegExp[]} faults what the page's own bugs make it log
 * @property {string[]} place for `duet call`: where to meet
 */

/** @param {Page} page @param {string} selector */
const shown = (page, selector) => page.waitForSelector(selector, { state: 'visible' });

/** @type {System[]} */
export const SEEDS = [
  {
    name: '000',
    dialect: 'socketio-relay',
    first: 'callee',
    path: () => '',
    async arrive(page) {
      await page.click('#start');
      await shown(page, '#hangup:not([disabled])');
      return '';
    },
    hangUp: (page) => page.click('#hangup'),
    // Candidates that come before joining or after hanging up.
    faults: [/TypeError: Cannot read properties of (undefined|null) \(reading 'addIceCandidate'\)/],
    place: ['--room', 'room'],
  },
  {
    name: '001',
    dialect: 'ws-broadcast',
    first: 'callee',
    path: (role) => (role === 'caller' ? '?type=offer' : '?type=answer'),
    async arrive(page) {
      await page.waitForFunction('socket.readyState === 1');
      return '';
    },
    call: (page) => page.click('#start'),
    // Candidates that come while the camera opens.
    faults: [/addIceCandidate.*remote description was null/],
    place: [],
  },
  {
    name: '002',
    dialect: 'ws-broadcast',
    first: 'callee',
    path: (role) => (role === 'caller' ? 'p2p?type=offer' : 'p2p?type=answer'),
    async arrive(page) {
      await page.getByText('signaling open').waitFor();
      return '';
    },
    call: (page) => page.click('#start'),
    // Candidates that come while the camera opens.
    faults: [/addIceCandidate.*remote description was null/],
    place: [],
  },
  {
    name: '003',
    dialect: 'socketio-room',
    first: 'caller',
    path: () => 'room?room=tea',
    async arrive(page) {
      await page.click('#connserver');
      await shown(page, '#leave:not([disabled])');
      return '';
    },
    hangUp: (page) => page.click('#leave'),
    seesEnd: (page) => page.waitForFunction("state === 'joined_unbind'"),
    faults: [],
    place: ['--room', 'tea'],
  },
  {
    name: '004-vue',
    dialect: 'socketio-invite',
    first: 'callee',
    elsewhere: true,
    path: () => '',
    async arrive(page) {
      await page.waitForFunction('socket.connected');
      // Joining is not confirmed. What comes back for a namespace that is not there was handled after it.
      await page.evaluate(`new Promise((resolve) => {
        const barrier = socket.io.socket('/barrier');
        barrier.on('connect_error', resolve);
        barrier.connect();
      })`);
      return '';
    },
    call: (page) => page.click('#call'),
    accept: (page) => page.click('#accept'),
    hangUp: (page) => page.click('#hangup'),
    seesEnd: (page) => page.waitForFunction('!state.communicating'),
    // One's own candidates, and the others' while the camera opens.
    faults: [/TypeError: Cannot read properties of (undefined|null) \(reading 'addIceCandidate'\)/, /addIceCandidate/],
    place: ['--room', '001'],
  },
  {
    name: '004-peerjs',
    dialect: 'peerjs',
    first: 'callee',
    elsewhere: true,
    mount: '/myPeerServer',
    path: () => '',
    async arrive(page) {
      await page.waitForFunction("document.getElementById('own').value !== ''");
      return page.evaluate("document.getElementById('own').value");
    },
    async call(page, other) {
      await page.fill('#other', other);
      await page.click('#call');
    },
    accept: (page) => page.click('#accept'),
    // One play() interrupts the other.
    faults: [/AbortError/],
    place: [],
  },
];
