// @ts-check
/** The server's own pages for the tutorials' systems: what people do there. They log no errors. */

/** @typedef {import('playwright-core').Page} Page */
/** @typedef {import('./seeds.js').System} System */

/** @param {Page} page @param {string} state */
const reaches = (page, state) => page.waitForSelector(`body[data-state="${state}"]`);

/** @type {System[]} */
export const DEMOS = [
  {
    name: 'socketio-relay',
    program: '000',
    folder: 'tutorials/socketio-relay',
    dialect: 'socketio-relay',
    first: 'callee',
    path: () => '',
    async arrive(page) {
      await reaches(page, 'ready');
      await page.click('#join');
      await page.waitForSelector('#hangup:not([disabled])');
      return '';
    },
    hangUp: (page) => page.click('#hangup'),
    faults: [],
    place: ['--room', 'room'],
  },
  {
    name: 'ws-broadcast',
    program: '002',
    folder: 'tutorials/ws-broadcast',
    dialect: 'ws-broadcast',
    first: 'callee',
    path: (role) => (role === 'caller' ? '?type=offer' : '?type=answer'),
    async arrive(page) {
      await reaches(page, 'ready');
      return '';
    },
    call: (page) => page.click('#start'),
    hangUp: (page) => page.click('#hangup'),
    faults: [],
    place: [],
  },
  {
    name: 'socketio-room',
    program: '003',
    folder: 'tutorials/socketio-room',
    dialect: 'socketio-room',
    first: 'caller',
    path: () => '?room=tea',
    async arrive(page) {
      await reaches(page, 'ready');
      await page.click('#join');
      await page.waitForSelector('body:is([data-state="waiting"], [data-state="connecting"], [data-state="connected"])');
      return '';
    },
    hangUp: (page) => page.click('#leave'),
    seesEnd: (page) => reaches(page, 'waiting'),
    faults: [],
    place: ['--room', 'tea'],
  },
  {
    name: 'socketio-invite',
    program: '004-vue',
    folder: 'tutorials/socketio-invite',
    dialect: 'socketio-invite',
    first: 'callee',
    path: () => '',
    async arrive(page) {
      await reaches(page, 'ready');
      return '';
    },
    call: (page) => page.click('#call'),
    accept: (page) => page.click('#accept'),
    hangUp: (page) => page.click('#hangup'),
    seesEnd: (page) => reaches(page, 'ended'),
    faults: [],
    place: ['--room', '001'],
  },
  {
    name: 'peerjs',
    program: '004-peerjs',
    folder: 'tutorials/peerjs',
    dialect: 'peerjs',
    first: 'callee',
    elsewhere: true,
    mount: '/peerjs',
    path: () => '',
    async arrive(page) {
      await reaches(page, 'ready');
      return (await page.textContent('#own')) ?? '';
    },
    async call(page, other) {
      await page.fill('#other', other);
      await page.click('#call');
    },
    accept: (page) => page.click('#accept'),
    hangUp: (page) => page.click('#hangup'),
    seesEnd: (page) => reaches(page, 'ended'),
    faults: [],
    place: [],
  },
];
