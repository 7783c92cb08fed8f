// @ts-check
/** Calls from page to page. */
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import { Person, Server, launch, unique, until } from './harness.js';

/** @type {import('playwright-core').Browser} */
let browser;
/** @type {Server} */
let server;
/** @type {Person[]} */
let people = [];

before(async () => {
  server = await Server.start();
  browser = await launch();
});

after(async () => {
  await browser?.close();
  await server?.stop();
});

afterEach(async () => {
  const done = people;
  people = [];
  for (const person of done) await person.close();
});

/**
 * @param {Record<string, string>} query
 * @param {Parameters<typeof Person.open>[3]} [options]
 */
async function open(query, options) {
  const person = await Person.open(browser, server, query, options);
  people.push(person);
  return person;
}

/**
 * Two people in a room, the first one first.
 * @param {Record<string, string>} [query]
 * @param {Parameters<typeof Person.open>[3]} [options] of the first
 */
async function pair(query = {}, options = {}) {
  const room = unique('room');
  const first = await open({ name: unique('Anna'), room, auto: '1', ...query }, options);
  await first.reaches('waiting');
  const second = await open({ name: unique('Ben'), room, auto: '1', ...query });
  await Promise.all([first.reaches('connected'), second.reaches('connected')]);
  return { first, second, room };
}

/**
 * The first rings the second, who is looking at the dialog.
 * @param {Record<string, string>} [query]
 */
async function ringing(query = {}) {
  const names = { caller: unique('Anna'), callee: unique('Ben') };
  const callee = await open({ name: names.callee, ...query });
  await callee.online();
  const caller = await open({ name: names.caller, to: names.callee, auto: '1', ...query });
  await callee.page.waitForSelector('#incoming[open]');
  assert.equal(await callee.page.textContent('#incoming-title'), names.caller);
  await caller.reaches('ringing');
  return { caller, callee, names };
}

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
 * @param {Person} person
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
  for (const [person, to] of /** @type {[Person, string][]} */ ([[anna, b], [ben, a]])) {
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

test('a call on hold is still on both sides until everybody who put it on hold goes on', async () => {
  const { first, second } = await pair();
  for (const person of [first, second]) await person.seesAndHears();
  /** @param {Person} person @param {string} text @param {boolean} pressed */
  const shows = async (person, text, pressed) => {
    await until(`"${text}"`, async () => (await person.page.isVisible('#curtain')) && (await person.page.textContent('#curtain-text')) === text);
    assert.equal(await person.page.getAttribute('#hold', 'aria-pressed'), String(pressed));
  };
  await first.click('hold');
  await shows(second, 'Put you on hold', false);
  await shows(first, 'On hold', true);
  for (const person of [first, second]) {
    assert.equal(await person.page.evaluate(() => /** @type {HTMLAudioElement} */ (document.getElementById('remote-sound')).muted), true);
    let frames = -1;
    await until('no more pictures', async () => {
      const before = frames;
      frames = (await person.stats())?.videoIn.frames ?? 0;
      return frames === before;
    });
  }
  await second.page.keyboard.press('h');
  for (const person of [first, second]) await shows(person, 'You both put the call on hold', true);
  await first.click('hold');
  await shows(first, 'Put you on hold', false);
  await shows(second, 'On hold', true);
  await second.click('hold');
  for (const person of [first, second]) {
    await person.page.waitForSelector('#curtain', { state: 'hidden' });
    await person.seesAndHears();
  }
});

test('a call without pictures gets them when the other one wants to be seen, and not before', async () => {
  const { caller, callee } = await ringing({ video: '0' });
  await callee.click('accept');
  for (const person of [caller, callee]) {
    await person.reaches('connected');
    await until('no camera', async () => (await person.page.getAttribute('#cam', 'aria-pressed')) === 'false');
    await person.page.waitForSelector('#curtain:not([hidden])');
  }
  await caller.click('cam');
  await callee.click('question-no');
  await until('the no', async () => /without pictures/.test((await caller.page.textContent('#toasts')) ?? ''));
  await callee.page.waitForSelector('#question', { state: 'hidden' });
  // A question that is taken back disappears.
  await caller.click('cam');
  await callee.page.waitForSelector('#question:not([hidden])');
  await caller.click('cam');
  await callee.page.waitForSelector('#question', { state: 'hidden' });
  await callee.click('cam');
  await caller.click('question-yes');
  for (const person of [caller, callee]) await person.seesMotion();
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

test('the other side is told of a microphone and a camera that are off', async () => {
  const { first, second } = await pair();
  await second.seesMotion();
  await first.click('mic');
  await second.page.waitForSelector('#who-muted:not([hidden])');
  await first.page.keyboard.press('v');
  await second.page.waitForSelector('#curtain:not([hidden])');
  assert.deepEqual(await second.page.evaluate(() => /** @type {any} */ (window).duet.remoteMedia), {
    audio: false,
    video: false,
    screen: false,
  });
  await first.click('mic');
  await first.click('cam');
  await second.page.waitForSelector('#who-muted', { state: 'hidden' });
  await second.page.waitForSelector('#curtain', { state: 'hidden' });
  await second.seesMotion();
  await second.hearsSound();
});

test('without camera and microphone one still sees and hears', async () => {
  const { first, second } = await pair({}, {
    prepare: (page) =>
      page.addInitScript(() => {
        navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('refused', 'NotAllowedError'));
      }),
  });
  await first.seesAndHears();
  await until('the message about permissions', async () => /does not let/.test((await first.page.textContent('#toasts')) ?? ''));
  await until('the other side knows', async () => second.page.isVisible('#curtain'));
});

test('with a microphone but no camera one is heard', async () => {
  const { second } = await pair({}, {
    prepare: (page) =>
      page.addInitScript(() => {
        // A tone of its own: the browser's fake microphone beeps only beside its fake camera.
        navigator.mediaDevices.getUserMedia = async (wanted) => {
          if (wanted?.video) throw new DOMException('none', 'NotFoundError');
          const context = new AudioContext();
          const tone = context.createOscillator();
          const microphone = context.createMediaStreamDestination();
          tone.connect(microphone);
          tone.start();
          return microphone.stream;
        };
      }),
  });
  await second.hearsSound();
  await until('the picture is known to be off', async () => second.page.isVisible('#curtain'));
});

test('a shared screen takes the place of the camera, and gives it back', async () => {
  const { first, second } = await pair({}, {
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
  await second.seesMotion();
  await first.click('share');
  await second.page.waitForSelector('#who-screen:not([hidden])');
  const portrait = () =>
    second.page.evaluate(() => {
      const video = /** @type {HTMLVideoElement} */ (document.getElementById('remote'));
      return video.videoHeight > video.videoWidth;
    });
  await until('the screen is shown', portrait);
  await first.click('share');
  await until('the camera is back', async () => !(await portrait()));
  await second.page.waitForSelector('#who-screen', { state: 'hidden' });
});

test('the statistics tell of a call', async () => {
  const { first } = await pair();
  await first.click('stats-toggle');
  await until('figures of both directions', async () => {
    const text = await first.page.innerText('#stats-rows');
    return /VP8|H264/.test(text) && /host\/udp/.test(text) && /[1-9]\d* \/ [1-9]\d* fps/.test(text);
  });
});

test('a page that is closed ends the call for the other side', async () => {
  const { first, second } = await pair();
  people = people.filter((person) => person !== second);
  await second.leave();
  await first.reaches('ended');
  assert.equal((await first.ended())?.by, 'remote');
});

test('a call in a room outlives a restart of the server, and can be ended properly afterwards', async () => {
  const { first, second } = await pair();
  await server.stop();
  await first.page.waitForSelector('#banner:not([hidden])');
  await second.page.waitForSelector('#banner:not([hidden])');
  await first.seesMotion();
  await server.resume();
  await Promise.all([first.online(), second.online()]);
  await first.page.waitForSelector('#banner', { state: 'hidden' });
  await first.click('mic');
  await second.page.waitForSelector('#who-muted:not([hidden])');
  await Promise.all([first.seesMotion(), second.seesMotion()]);
  await first.click('hangup');
  await second.endedWith('remote', 'hang-up');
});

test('a rung call outlives a restart of the server, and can be ended properly afterwards', async () => {
  const { caller, callee } = await ringing();
  await callee.click('accept');
  await Promise.all([caller.reaches('connected'), callee.reaches('connected')]);
  await server.restart();
  await Promise.all([caller.online(), callee.online()]);
  await callee.click('mic');
  await caller.page.waitForSelector('#who-muted:not([hidden])');
  await caller.seesMotion();
  await callee.click('hangup');
  await caller.endedWith('remote', 'hang-up');
});

test('a lost socket is taken up again where it broke off', async () => {
  /** @type {import('playwright-core').WebSocketRoute[]} */
  const sockets = [];
  const { first, second } = await pair({}, {
    prepare: (page) =>
      page.routeWebSocket(/\/v1\/ws/, (socket) => {
        socket.connectToServer();
        sockets.push(socket);
      }),
  });
  const lost = first.page.evaluate(
    () =>
      new Promise((resolve) => {
        new MutationObserver((_, observer) => {
          observer.disconnect();
          resolve(true);
        }).observe(/** @type {Node} */ (document.getElementById('banner')), { attributes: true });
      }),
  );
  await sockets[0].close({ code: 4000, reason: 'test' });
  await lost;
  await first.online();
  assert.equal(sockets.length, 2);
  await first.click('mic');
  await second.page.waitForSelector('#who-muted:not([hidden])');
  assert.equal(await first.state(), 'connected');
  await second.seesMotion();
});

test('a camera that is unplugged is replaced by another one, or known to be off', async () => {
  const { first, second } = await pair();
  await second.seesMotion();
  const unplug = () =>
    first.page.evaluate(() => {
      const view = /** @type {HTMLVideoElement} */ (document.getElementById('self-video'));
      const [track] = /** @type {MediaStream} */ (view.srcObject).getTracks();
      track.stop();
      track.dispatchEvent(new Event('ended'));
    });
  await unplug();
  await until('the message about another camera', async () => /another one/.test((await first.page.textContent('#toasts')) ?? ''));
  await second.seesMotion();
  await first.page.evaluate(() => {
    navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('none', 'NotFoundError'));
  });
  await unplug();
  await second.page.waitForSelector('#curtain:not([hidden])');
  assert.equal(await first.page.getAttribute('#cam', 'aria-pressed'), 'false');
  await second.hearsSound();
});

test('either side may look for a new path, and both at the same moment', async () => {
  const prepare = (/** @type {import('playwright-core').Page} */ page) =>
    page.addInitScript(() => {
      const Real = RTCPeerConnection;
      window.RTCPeerConnection = class extends Real {
        /** @param {RTCConfiguration} [configuration] */
        constructor(configuration) {
          super(configuration);
          /** @type {any} */ (window).connection = this;
        }
      };
    });
  const room = unique('room');
  const first = await open({ name: unique('Anna'), room, auto: '1' }, { prepare });
  await first.reaches('waiting');
  const second = await open({ name: unique('Ben'), room, auto: '1' }, { prepare });
  const both = [first, second];
  for (const person of both) await person.seesAndHears();
  const path = (/** @type {Person} */ person) =>
    person.page.evaluate(() => {
      const { connection } = /** @type {any} */ (window);
      return connection.signalingState === 'stable' ? /a=ice-ufrag:(\S+)/.exec(connection.localDescription.sdp)?.[1] : '';
    });
  /** @param {Person[]} seekers */
  const seekPath = async (...seekers) => {
    const before = await Promise.all(both.map(path));
    await Promise.all(seekers.map((person) => person.page.evaluate(() => /** @type {any} */ (window).connection.restartIce())));
    for (const [i, person] of both.entries()) {
      await until('a new path', async () => {
        const now = await path(person);
        return now !== '' && now !== before[i];
      });
    }
  };
  for (const seeker of both) {
    await seekPath(seeker);
    for (const person of both) await person.seesAndHears();
  }
  await seekPath(...both);
  for (const person of both) {
    // Decoded, not shown: Chromium stops showing pictures after the rollback this takes.
    const before = (await person.stats())?.videoIn.frames ?? 0;
    await until('more pictures', async () => ((await person.stats())?.videoIn.frames ?? 0) > before + 10);
    await person.hearsSound();
  }
});

test('a connection follows another side that had to start anew', async () => {
  const person = await open({});
  const states = await person.page.evaluate(async () => {
    const { Peer } = await import(/** @type {any} */ ('/js/peer.js'));
    /** @type {any[]} */
    const ends = [];
    const end = (/** @type {boolean} */ polite) =>
      new Peer({
        polite,
        iceServers: [],
        codec: null,
        media: { on: () => () => {}, audioTrack: null, videoTrack: null },
        send: (/** @type {string} */ type, /** @type {object} */ fields) => ends[polite ? 0 : 1].receive({ type, ...fields }),
      });
    const connected = (/** @type {any} */ peer) =>
      new Promise((resolve) => peer.on('state', (/** @type {string} */ state) => state === 'connected' && resolve(state)));
    ends.push(end(false), end(true));
    const first = ends.map(connected);
    ends[0].offer();
    await Promise.all(first);
    // The offering side is replaced, without a word to the other one.
    ends[0].close();
    ends[0] = end(false);
    const second = ends.map(connected);
    ends[0].offer();
    return Promise.all(second);
  });
  assert.deepEqual(states, ['connected', 'connected']);
});
