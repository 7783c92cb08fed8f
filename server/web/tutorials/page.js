// @ts-check
/** What the tutorials' pages have in common: pictures, words about what happens, devices. */
import { LocalMedia } from '../js/media.js';

/** @typedef {'offline' | 'ready' | 'waiting' | 'calling' | 'ringing' | 'connecting' | 'connected' | 'ended'} State */

/**
 * @template {HTMLElement} T
 * @param {string} id
 * @returns {T}
 */
export function element(id) {
  return /** @type {T} */ (document.getElementById(id));
}

const local = /** @type {HTMLVideoElement} */ (element('local'));
const remote = /** @type {HTMLVideoElement} */ (element('remote'));
const unblock = /** @type {HTMLButtonElement} */ (element('unblock'));

export const query = new URLSearchParams(location.search);

/** Where the signaling is: `?server=`, or where the page comes from. */
export const server = new URL(query.get('server') ?? '/', location.href);

/**
 * What a server of Duet is asked for in the address: a room for two only, and one of its own where the system
 * has a single one. Other servers take no notice.
 */
export const wishes = { exclusive: '1', room: query.get('room') ?? '' };

/**
 * Says where the call is.
 * @param {State} state
 * @param {string} text
 */
export function status(state, text) {
  document.body.dataset.state = state;
  element('status').textContent = text;
  log(text);
}

/** @returns {State} */
export function state() {
  return /** @type {State} */ (document.body.dataset.state);
}

/** @param {string} text what a person can do something about; empty when all is well */
export function problem(text) {
  const place = element('problem');
  place.textContent = text;
  place.hidden = text === '';
}

/** @param {string} text a line in the list of what happened */
export function log(text) {
  const line = document.createElement('li');
  line.textContent = `${new Date().toLocaleTimeString()} ${text}`;
  element('log').append(line);
}

/** @param {MediaStream} stream of the other side */
export function showRemote(stream) {
  if (remote.srcObject === stream) return;
  remote.srcObject = stream;
  remote.play().catch((error) => {
    // A page nobody has touched may not make a sound.
    if (error.name === 'NotAllowedError') unblock.hidden = false;
  });
}

export function hideRemote() {
  remote.srcObject = null;
  unblock.hidden = true;
}

unblock.onclick = () => {
  unblock.hidden = true;
  void remote.play();
};

/** Camera, microphone and screen; what is open is shown, what is missing is said. */
export const media = new LocalMedia();

media.on('problem', problem);
media.on('change', () => {
  const track = media.videoTrack;
  local.srcObject = track && new MediaStream([track]);
  local.classList.toggle('shown', track !== null);
  local.classList.toggle('mirrored', !media.state.screen);
});

/** Opens camera and microphone; a call goes on with what there is. */
export async function openMedia() {
  problem('');
  await media.open();
}
