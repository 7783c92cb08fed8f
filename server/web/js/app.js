// @ts-check
/** Wires the parts together: what people do, to calls; what calls do, to the views. */
import { Lines } from './lines.js';
import { LocalMedia } from './media.js';
import { Signaling } from './signaling.js';
import { StatsSampler } from './stats.js';
import { RingTone } from './tone.js';
import { Ui } from './ui.js';
import { randomRoom } from './util.js';
import { describeEnd, describeVideo } from './words.js';

const NAME_KEY = 'duet.name';
/** How often the clock and the statistics are brought up to date. */
const TICK_MS = 1000;

const params = new URLSearchParams(location.search);
const media = new LocalMedia();
const ui = new Ui();
const tone = new RingTone();

/** @type {Signaling | null} */
let signaling = null;
/** @type {Lines | null} */
let lines = null;
let user = '';
/** The last call, also after its end. @type {import('./call.js').Call | null} */
let call = null;
/** Samples all through a call, so that the panel has rates as soon as it opens. */
let sampler = new StatsSampler();
/** @type {import('./stats.js').Figures | null} */
let latest = null;
let statsShown = false;
/** The wish for a camera, which a call without pictures sets aside. @type {boolean | null} */
let cameraWish = null;
/** Keeps the screen on during a call. @type {WakeLockSentinel | null} */
let wakeLock = null;

/**
 * Connects under a name, so that one can ring and be rung.
 * @param {string} name
 */
function goOnline(name) {
  if (name === user && signaling && signaling.state !== 'closed') return;
  signaling?.close();
  user = name;
  remember(name);
  const url = new URL('v1/ws', location.href);
  url.protocol = location.protocol === 'https:' ? 'wss:' : 'ws:';
  url.search = '';
  const session = (signaling = new Signaling(url.href, name, params.get('token')));
  lines = new Lines({ signaling: session, media, user: name, codec: params.get('codec'), video: params.get('video') !== '0' });
  session.on('state', (state) => {
    if (signaling !== session) return;
    ui.showPresence(state, user);
    if (call?.isActive) ui.showCall(call, state === 'online');
  });
  lines.on('call', onCall);
  lines.on('notice', (text) => ui.toast(text));
  ui.showLocal(media, user);
  session.connect();
}

/** @param {import('./call.js').Call} begun */
function onCall(begun) {
  call = begun;
  sampler = new StatsSampler();
  latest = null;
  begun.on('change', () => begun.state !== 'ended' && showCall(begun));
  begun.on('stream', (stream) => {
    if (ui.view === 'stage' && call === begun) ui.setStream(stream);
    showCall(begun);
  });
  begun.on('video', (how) => onVideo(begun, how));
  begun.on('ended', () => onEnded(begun));
  // It may take the place of one with pictures.
  if (ui.view === 'stage' && !begun.terms.video) useCamera(false);
  showCall(begun);
}

/** @param {import('./call.js').Call} shown */
function showCall(shown) {
  if (shown !== call) return;
  if (shown.state === 'incoming') {
    ui.showIncoming(shown);
    tone.start('incoming');
    return;
  }
  if (!shown.isActive) return;
  if (shown.state === 'ringing') tone.start('outgoing');
  else tone.stop();
  ui.showIncoming(null);
  if (ui.view !== 'stage') {
    ui.show('stage');
    if (!shown.terms.video) useCamera(false);
    media.open();
    keepAwake();
  }
  ui.showCall(shown, signaling?.state === 'online');
}

/**
 * @param {import('./call.js').Call} concerned
 * @param {'agreed' | 'declined' | 'withdrawn' | 'stopped'} how
 */
function onVideo(concerned, how) {
  if (concerned !== call || ui.view !== 'stage') return;
  const text = describeVideo(concerned, how);
  if (text) ui.toast(text);
  useCamera(concerned.terms.video);
}

/**
 * Opens or closes the camera as the two agreed; the person's own wish is for the next call again.
 * @param {boolean} on
 */
function useCamera(on) {
  cameraWish ??= media.wanted.video;
  if (!on) media.stopScreen();
  media.want('video', on);
  media.apply('video');
}

/** @param {import('./call.js').Call} over */
function onEnded(over) {
  if (over !== call) return;
  if (cameraWish !== null) media.want('video', cameraWish);
  cameraWish = null;
  tone.stop();
  ui.showIncoming(null);
  showStats(false);
  wakeLock?.release().catch(() => {});
  wakeLock = null;
  const reason = over.ended?.reason;
  if (reason === 'glare-lost') return;
  if (ui.view === 'stage') {
    media.close();
    ui.showEnded(over);
  } else {
    // It only rang: what one was looking at stays.
    document.title = 'Duet';
    if (reason === 'missed' || reason === 'cancelled') ui.toast(`Missed call from ${over.peerUser}.`);
    if (reason?.endsWith('-elsewhere')) ui.toast(`${describeEnd(over).title}.`);
  }
}

/** @param {{ name: string, way: 'room' | 'ring', room: string, to: string }} form */
function start({ name, way, room, to }) {
  if (!name) return ui.refuseForm('Please say who you are.', 'name');
  if (way === 'room' && !room) return ui.refuseForm('Which room?', 'room');
  if (way === 'ring' && !to) return ui.refuseForm('Whom do you want to ring?', 'to');
  if (way === 'ring' && to === name) return ui.refuseForm('That is you. Whom do you want to ring?', 'to');
  goOnline(name);
  if (way === 'room') lines?.join(room);
  else lines?.ring(to);
}

function again() {
  if (!call) return ui.show('lobby');
  goOnline(user);
  if (call.room) lines?.join(call.room);
  else lines?.ring(call.peerUser);
}

async function copyLink() {
  const link = new URL(location.pathname, location.href);
  link.searchParams.set('room', (call?.isActive && call.room) || ui.form.room);
  try {
    await navigator.clipboard.writeText(link.href);
    ui.toast('Link copied. Send it to one other person.');
  } catch {
    ui.toast(link.href);
  }
}

/** @param {boolean} on */
function showStats(on) {
  statsShown = on;
  ui.showStats(on, latest);
}

async function sample() {
  const sampled = call;
  if (!sampled?.isActive || !sampled.connectedAt || !sampled.connection) return;
  const figures = await sampler.sample(sampled.connection);
  if (call !== sampled || !sampled.isActive) return;
  latest = figures;
  if (statsShown) ui.showStats(true, figures);
}

async function keepAwake() {
  try {
    wakeLock = (await navigator.wakeLock?.request('screen')) ?? null;
  } catch {
    // Saving power is the device's right.
  }
}

/** @param {string} name */
function remember(name) {
  try {
    localStorage.setItem(NAME_KEY, name);
  } catch {
    // Private windows may not store anything.
  }
}

function recall() {
  try {
    return localStorage.getItem(NAME_KEY) ?? '';
  } catch {
    return '';
  }
}

media.on('change', () => ui.showLocal(media, user || ui.form.name));
media.on('problem', (text) => ui.toast(text));

ui.on('start', start);
ui.on('name', (name) => name && goOnline(name));
ui.on('another-room', () => ui.fillForm({ room: randomRoom() }));
ui.on('copy', copyLink);
ui.on('preview', () => media.open());
ui.on('mic', () => toggle('audio'));
ui.on('cam', () => toggle('video'));
ui.on('share', () => (media.state.screen ? media.stopScreen() : media.startScreen()));
ui.on('hold', () => call?.terms.hold(!call.terms.held.local));
ui.on('video-yes', () => call?.terms.answerVideo(true));
ui.on('video-no', () => call?.terms.answerVideo(false));
ui.on('stats', () => showStats(!statsShown));
ui.on('hangup', () => call?.hangUp());
ui.on('accept', () => call?.accept());
ui.on('decline', () => call?.hangUp());
ui.on('again', again);
ui.on('back', () => {
  document.title = 'Duet';
  ui.show('lobby');
});

/**
 * In a call a source that is wanted and missing is tried again; in the lobby, before any device is
 * open, only the wish changes.
 * @param {'audio' | 'video'} kind
 */
function toggle(kind) {
  const open = media.audioTrack !== null || media.videoTrack !== null;
  const inCall = ui.view === 'stage';
  if (inCall && kind === 'video' && call?.isActive && !call.terms.video) return askForPictures(call);
  const on = inCall && !media.state.screen ? !media.state[kind] : !media.wanted[kind];
  media.want(kind, on);
  if (inCall || open) media.apply(kind);
}

/** @param {import('./call.js').Call} asked one without pictures */
function askForPictures(asked) {
  asked.terms.askVideo();
  if (asked.terms.asking === 'local') ui.toast(`Asking ${asked.peerUser} for pictures…`);
}

setInterval(() => {
  if (call?.isActive && call.connectedAt > 0) ui.showClock(call);
  sample();
}, TICK_MS);

addEventListener('pagehide', () => {
  call?.hangUp();
  signaling?.close();
});
addEventListener('pageshow', (event) => event.persisted && location.reload());
document.addEventListener('visibilitychange', () => {
  if (document.visibilityState === 'visible' && wakeLock?.released && call?.isActive) keepAwake();
});

const form = {
  name: (params.get('name') ?? recall()).trim(),
  room: params.get('room')?.trim() || randomRoom(),
  to: params.get('to')?.trim() ?? '',
  way: /** @type {'room' | 'ring'} */ (params.get('to') && !params.get('room') ? 'ring' : 'room'),
};
ui.fillForm(form);
ui.showLocal(media, form.name);
if (form.name) goOnline(form.name);
if (params.get('auto') === '1' && (params.has('room') || params.has('to'))) start(form);

/** For tests and the curious: what the page is doing; nothing can be changed here. */
const figures = new StatsSampler();
Object.defineProperty(window, 'duet', {
  value: Object.freeze({
    get state() {
      return call?.state ?? 'idle';
    },
    get signaling() {
      return signaling?.state ?? 'idle';
    },
    get ended() {
      return call?.ended ? { ...call.ended } : null;
    },
    get remoteMedia() {
      return call ? { ...call.terms.remoteMedia } : null;
    },
    get held() {
      return call ? { ...call.terms.held } : null;
    },
    async stats() {
      return call?.connection ? figures.sample(call.connection) : null;
    },
  }),
});
