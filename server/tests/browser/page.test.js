// @ts-check
/** Calls from page to page: how they begin, ring and end. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { unique, until } from './harness.js';
import { leave, open, pair, ringing, server } from './pages.js';

for (const codec of ['H264', 'VP8']) {
  describe(`in ${codec}`, () => {
    const query = { codec: codec.toLowerCase() };

    test('two people in a room see and hear each other', async () => {
      const { first, second } = await pair(query);
      for (const person of [first, second]) {
        await person.seesAndHears();
        await person.receives(codec);
      }
      await second.click('hangup');
      await second.endedWith('local', 'hang-up');
      await first.endedWith('remote', 'hang-up');
    });

    test('a person who is rung and accepts sees and hears the caller, and is seen and heard', async () => {
      const { caller, callee } = await ringing(query);
      await callee.click('accept');
      for (const person of [caller, callee]) {
        await person.seesAndHears();
        await person.receives(codec);
      }
      await caller.click('hangup');
      await caller.endedWith('local', 'hang-up');
      await callee.endedWith('remote', 'hang-up');
    });
  });
}

test('a call is started from the form and again from the screen after it', async () => {
  const callee = await open({ name: unique('Ben') });
  const to = await callee.page.inputValue('#name');
  await callee.online();
  const caller = await open({});
  await caller.page.fill('#name', unique('Anna'));
  await caller.page.check('input[value="ring"]');
  await caller.page.fill('#to', to);
  await caller.page.press('#to', 'Enter');
  await callee.click('decline');
  await caller.endedWith('remote', 'declined');
  assert.match((await caller.page.textContent('#ended-title')) ?? '', /declined/i);
  await caller.click('again');
  await callee.click('accept');
  await Promise.all([caller.reaches('connected'), callee.reaches('connected')]);
});

test('the name is remembered for the next visit', async () => {
  const name = unique('Anna');
  const person = await open({});
  await person.page.fill('#name', name);
  await person.page.press('#name', 'Tab');
  await person.online();
  await person.page.goto(server.url);
  assert.equal(await person.page.inputValue('#name'), name);
  await person.online();
});

test('the third one is told that the room is full, and the two talk on', async () => {
  const { first, second, room } = await pair();
  const third = await open({ name: unique('Carl'), room, auto: '1' });
  await third.endedWith('system', 'room-full');
  assert.match((await third.page.textContent('#ended-title')) ?? '', /full/);
  await first.seesMotion();
  await second.seesMotion();
});

test('a person who is not there cannot be rung', async () => {
  const caller = await open({ name: unique('Anna'), to: unique('Nobody'), auto: '1' });
  await caller.endedWith('system', 'not-found');
});

test('a person in a call is busy', async () => {
  const { second } = await pair();
  const busy = await second.page.inputValue('#name');
  const caller = await open({ name: unique('Carl'), to: busy, auto: '1' });
  await caller.endedWith('remote', 'busy');
  assert.equal(await second.state(), 'connected');
});

test('a caller who gives up stops the ringing', async () => {
  const { caller, callee } = await ringing();
  await caller.click('hangup');
  await caller.endedWith('local', 'cancelled');
  await callee.endedWith('remote', 'cancelled');
  assert.equal(await callee.page.isVisible('#incoming'), false);
  assert.equal(await callee.page.isVisible('#lobby'), true);
});

test('a caller who gives up while the answer is under way ends the call on both sides', async () => {
  const names = { caller: unique('Anna'), callee: unique('Ben') };
  const callee = await open({ name: names.callee });
  await callee.online();
  const caller = await open({ name: names.caller, to: names.callee, auto: '1' }, {
    // The answer never gets here.
    prepare: (page) =>
      page.routeWebSocket(/\/v1\/ws/, (socket) => {
        socket.connectToServer().onMessage((message) => {
          if (JSON.parse(`${message}`).type !== 'accept') socket.send(message);
        });
      }),
  });
  await caller.reaches('ringing');
  await callee.click('accept');
  await callee.reaches('connecting');
  await caller.click('hangup');
  await caller.endedWith('local', 'cancelled');
  await callee.endedWith('remote', 'cancelled');
});

/**
 * A page that crashes: nobody hears a goodbye.
 * @param {import('./harness.js').Person} person
 */
async function crash(person) {
  const crashed = person.page.waitForEvent('crash');
  person.page.goto('chrome://crash').catch(() => {});
  await crashed;
}

test('a caller whose page crashed and who rings anew goes on with the call, held as it was', async () => {
  const { caller, callee, names } = await ringing();
  await callee.click('accept');
  await Promise.all([caller.reaches('connected'), callee.reaches('connected')]);
  await callee.click('hold');
  await until('the hold', () => caller.page.evaluate(() => /** @type {any} */ (window).duet.held.remote));
  await crash(caller);
  const anew = await open({ name: names.caller, to: names.callee, auto: '1' });
  await Promise.all([anew.reaches('connected'), callee.reaches('connected')]);
  await until('still on hold', () => anew.page.evaluate(() => /** @type {any} */ (window).duet.held.remote));
  await callee.click('hold');
  for (const person of [anew, callee]) await person.seesAndHears();
  await callee.click('hangup');
  await anew.endedWith('remote', 'hang-up');
});

test('a caller whose page crashed while it rang rings anew in the place of the lost call', async () => {
  const { caller, callee, names } = await ringing();
  await crash(caller);
  const anew = await open({ name: names.caller, to: names.callee, auto: '1' });
  await anew.reaches('ringing');
  await callee.click('accept');
  for (const person of [anew, callee]) await person.seesAndHears();
});

test('who rings back while it rings answers', async () => {
  const person = await open({});
  const said = await person.page.evaluate(async () => {
    const { Lines } = await import(/** @type {any} */ ('/js/lines.js'));
    const { Emitter } = await import(/** @type {any} */ ('/js/util.js'));
    /** @type {string[]} */
    const said = [];
    const signaling = Object.assign(new Emitter(), {
      iceServers: [],
      send: (/** @type {any} */ message) => said.push(message.type),
    });
    const media = { on: () => () => {}, audioTrack: null, videoTrack: null, state: { audio: false, video: false, screen: false } };
    const lines = new Lines({ signaling, media, user: 'Ben', codec: null, video: true });
    signaling.emit('message', { type: 'invite', call: 'c', from: 'Anna', from_device: 'd' });
    const call = lines.ring('Anna');
    const { id, state } = call;
    call.hangUp();
    return [id, state, ...said];
  });
  assert.deepEqual(said, ['c', 'connecting', 'ringing', 'accept', 'media-state', 'hang-up']);
});

test('two people who ring each other at once get one call', async () => {
  const [a, b] = [unique('Anna'), unique('Ben')];
  // Invitations, and what comes behind them, are held back until both are on their way.
  let invitations = 0;
  let release = false;
  /** @type {(() => void)[]} */
  const held = [];
  const prepare = (/** @type {import('playwright-core').Page} */ page) =>
    page.routeWebSocket(/\/v1\/ws/, (socket) => {
      const service = socket.connectToServer();
      let holding = false;
      service.onMessage((message) => {
        const invites = JSON.parse(`${message}`).type === 'invite';
        if (invites) invitations += 1;
        holding ||= invites;
        if (holding && !release) held.push(() => socket.send(message));
        else socket.send(message);
      });
    });
  const anna = await open({ name: a }, { prepare });
  const ben = await open({ name: b }, { prepare });
  await Promise.all([anna.online(), ben.online()]);
  for (const [person, to] of /** @type {[import('./harness.js').Person, string][]} */ ([[anna, b], [ben, a]])) {
    await person.page.check('input[value="ring"]');
    await person.page.fill('#to', to);
    await person.click('go');
    await person.reaches('dialing');
  }
  await until('two invitations', () => invitations === 2);
  release = true;
  for (const deliver of held.splice(0)) deliver();
  await Promise.all([anna.reaches('connected'), ben.reaches('connected')]);
  await anna.seesMotion();
  await ben.seesMotion();
});

/** A person rung on two devices. */
async function ringingTwice() {
  const name = unique('Ben');
  const devices = [await open({ name }), await open({ name })];
  for (const device of devices) await device.online();
  const caller = await open({ name: unique('Anna'), to: name, auto: '1' });
  for (const device of devices) await device.page.waitForSelector('#incoming[open]');
  return { caller, phone: devices[0], laptop: devices[1] };
}

test('one rings on two devices; the one that does not answer says that the other one did', async () => {
  const { caller, phone, laptop } = await ringingTwice();
  await laptop.click('accept');
  await phone.endedWith('remote', 'accepted-elsewhere');
  assert.equal(await phone.page.isVisible('#lobby'), true);
  assert.equal(await phone.page.textContent('#toasts'), 'Answered on another device.');
  await Promise.all([caller.seesAndHears(), laptop.seesAndHears()]);
});

test('who declines on one device is not rung on the other one any longer', async () => {
  const { caller, phone, laptop } = await ringingTwice();
  await laptop.click('decline');
  await phone.endedWith('remote', 'declined-elsewhere');
  assert.equal(await phone.page.textContent('#toasts'), 'Declined on another device.');
  await caller.endedWith('remote', 'declined');
});

test('who answers a caller that is connected with another device waits for a new connection', async () => {
  const person = await open({});
  const states = await person.page.evaluate(async () => {
    const { Call } = await import(/** @type {any} */ ('/js/call.js'));
    const { Peer } = await import(/** @type {any} */ ('/js/peer.js'));
    const media = { on: () => () => {}, audioTrack: null, videoTrack: null, state: { audio: false, video: false, screen: false } };
    /** @type {any} */
    let caller;
    const about = { call: 'c', from: 'Anna', from_device: 'd' };
    const signaling = {
      iceServers: [],
      send: (/** @type {any} */ message) => ['description', 'candidate'].includes(message.type) && caller.receive(message),
    };
    const call = Call.incoming({ signaling, media, user: 'Ben', codec: null, video: true }, { type: 'invite', ...about });
    const connect = () => {
      const end = new Peer({
        polite: false,
        iceServers: [],
        codec: null,
        media,
        send: (/** @type {string} */ type, /** @type {object} */ fields) => end === caller && call.receive({ type, ...about, ...fields }),
      });
      caller = end;
      end.offer();
      return new Promise((resolve) => end.on('state', (/** @type {string} */ state) => state === 'connected' && resolve(state)));
    };
    const before = connect();
    call.accept();
    const states = [await before];
    const old = call.connection;
    caller = null;
    call.receive({ type: 'anew', ...about });
    states.push(await connect(), String(call.connection !== old));
    call.hangUp();
    return states;
  });
  assert.deepEqual(states, ['connected', 'connected', 'true']);
});

test('a page that is closed ends the call for the other side', async () => {
  const { first, second } = await pair();
  await leave(second);
  await first.reaches('ended');
  assert.equal((await first.ended())?.by, 'remote');
});
