// @ts-check
/**
 * Calls by id with PeerJS. Hanging up closes the call's data channel, which the other side notices. PeerJS has no
 * word for refusing or giving up a call that was not accepted yet; where the other side says LEAVE, this is one. Who
 * refuses may answer without media before: then the connection closes before there is a stream.
 */
import { element, hideRemote, media, openMedia, problem, query, server, showRemote, state, status } from '../page.js';

const form = /** @type {HTMLFormElement} */ (element('form'));
const other = /** @type {HTMLInputElement} */ (element('other'));
const call = /** @type {HTMLButtonElement} */ (element('call'));
const accept = /** @type {HTMLButtonElement} */ (element('accept'));
const hangup = /** @type {HTMLButtonElement} */ (element('hangup'));

const REFUSED = 'The other side does not want to talk now.';

const stun = query.get('stun');
/** @type {any} */
const peer = new /** @type {any} */ (window).Peer({
  host: server.hostname,
  port: Number(server.port) || (server.protocol === 'https:' ? 443 : 80),
  // Its own path where it is told one, else ours.
  path: query.has('server') ? server.pathname : '/peerjs',
  secure: server.protocol === 'https:',
  config: { iceServers: stun ? [{ urls: `stun:${stun}` }] : [] },
});
/** @type {any} */
let current = null;

other.value = query.get('to') ?? '';

peer.on('open', (/** @type {string} */ id) => {
  element('own').textContent = id;
  idle('ready', 'Ready to call and to be called.');
});

peer.on('call', (/** @type {any} */ incoming) => {
  if (current) return;
  adopt(incoming);
  accept.hidden = false;
  status('ringing', 'Somebody would like to talk with you.');
});

peer.on('error', (/** @type {any} */ error) => {
  if (error.type === 'peer-unavailable') end('Nobody of that id is here.');
  else problem(`The server says: ${error.message}`);
});

// The library drops a call that was not accepted yet without telling.
peer.socket.on('message', (/** @type {{ type: string, src: string }} */ { type, src }) => {
  if (type !== 'LEAVE' || src !== current?.peer || current.open) return;
  end(state() === 'calling' ? REFUSED : 'The other side gave up.');
});

peer.on('disconnected', () => {
  if (!current) status('offline', 'The server is gone. Trying to reach it again…');
  if (!peer.destroyed) setTimeout(() => peer.disconnected && !peer.destroyed && peer.reconnect(), 2000);
});

form.onsubmit = async (event) => {
  event.preventDefault();
  if (current) return;
  const id = other.value.trim();
  if (!id) {
    problem('Enter the other side’s id first.');
    other.focus();
    return;
  }
  call.disabled = true;
  await openMedia();
  const ours = stream();
  if (ours.getTracks().length === 0) {
    call.disabled = false;
    problem('PeerJS calls with a camera or a microphone, and the browser gives this page neither. Allow one in the address bar.');
    return;
  }
  status('calling', 'Waiting for an answer…');
  adopt(peer.call(id, ours));
};

accept.onclick = async () => {
  const ringing = current;
  accept.hidden = true;
  status('connecting', 'Connecting…');
  await openMedia();
  // The caller may have given up while the person was asked about devices.
  if (ringing === current) current?.answer(stream());
};

hangup.onclick = () => end('You hung up.');

/** @param {any} mediaCall the one this page is in from now on */
function adopt(mediaCall) {
  current = mediaCall;
  call.disabled = true;
  hangup.disabled = false;
  mediaCall.on('stream', (/** @type {MediaStream} */ theirs) => {
    showRemote(theirs);
    if (state() !== 'connected') status('connected', 'You are talking.');
  });
  mediaCall.on('close', () => {
    if (mediaCall === current) end(state() === 'calling' ? REFUSED : 'The call is over.');
  });
  mediaCall.on('iceStateChanged', (/** @type {string} */ ice) => {
    // A tab that was closed says nothing else.
    if (ice === 'failed' && mediaCall === current) mediaCall.close();
  });
}

function stream() {
  return new MediaStream([media.audioTrack, media.videoTrack].filter((track) => track !== null));
}

/** @param {string} why */
function end(why) {
  const over = current;
  current = null;
  over?.close();
  hideRemote();
  void media.close();
  idle('ended', why);
}

/**
 * @param {'ready' | 'ended'} how
 * @param {string} why
 */
function idle(how, why) {
  if (current) return;
  call.disabled = false;
  accept.hidden = true;
  hangup.disabled = true;
  status(how, why);
}
