// @ts-check
/** What happens in calls from page to page: hold, pictures by consent, sources, a service or a path that is lost. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { unique, until } from './harness.js';
import { open, pair, ringing, server } from './pages.js';

test('a call on hold is still on both sides until everybody who put it on hold goes on', async () => {
  const { first, second } = await pair();
  for (const person of [first, second]) await person.seesAndHears();
  /** @param {import('./harness.js').Person} person @param {string} text @param {boolean} pressed */
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
  const path = (/** @type {import('./harness.js').Person} */ person) =>
    person.page.evaluate(() => {
      const { connection } = /** @type {any} */ (window);
      return connection.signalingState === 'stable' ? /a=ice-ufrag:(\S+)/.exec(connection.localDescription.sdp)?.[1] : '';
    });
  /** @param {import('./harness.js').Person[]} seekers */
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
