// @ts-check
/**
 * Caller and callee over a server that only broadcasts: an offer and an answer, and candidates named after who
 * sends them. There is no word for hanging up; the other side sees it by the picture.
 */
import { connect } from '../connection.js';
import { element, hideRemote, media, openMedia, query, server, state, status, wishes } from '../page.js';
import { Backoff, parseJson } from '../../js/util.js';

/** How long to wait before asking again whether there is a place. */
const FULL_MS = 5000;

const side = query.get('type') === 'offer' ? 'offer' : 'answer';
const start = /** @type {HTMLButtonElement} */ (element('start'));
const hangup = /** @type {HTMLButtonElement} */ (element('hangup'));

/** @type {WebSocket} */
let socket;
/** @type {import('../connection.js').Connection | null} */
let connection = null;
const backoff = new Backoff(500, 10_000);
let full = false;

element(side === 'offer' ? 'to-caller' : 'to-callee').setAttribute('aria-current', 'page');
start.hidden = side !== 'offer';
open();

function open() {
  const url = new URL(server);
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  url.search = `${new URLSearchParams(wishes)}`;
  socket = new WebSocket(url);
  socket.onopen = () => {
    backoff.reset();
    full = false;
    if (!connection) ready();
  };
  // Anybody may say anything here.
  socket.onmessage = ({ data }) => void take(parseJson(data) ?? {});
  socket.onclose = () => {
    if (!connection) {
      start.disabled = true;
      status('offline', full ? 'Two are talking here already. Trying again…' : 'The server cannot be reached. Trying again…');
    }
    setTimeout(open, full ? FULL_MS : backoff.next());
  };
}

function ready() {
  start.disabled = false;
  hangup.disabled = true;
  status('ready', side === 'offer' ? 'Start when the other side is there.' : 'Waiting to be called…');
}

/** @param {any} message */
function say(message) {
  if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify(message));
}

/** @param {{ type?: string, sdp?: string, iceCandidate?: RTCIceCandidateInit }} message */
async function take({ type, sdp, iceCandidate }) {
  if (type === 'offer' && side === 'answer') {
    const fresh = renew();
    status('connecting', 'Connecting…');
    await openMedia();
    // Candidates that come meanwhile are kept.
    if (fresh === connection) say(await fresh.answer({ type, sdp }, media));
  } else if (type === 'answer' && connection?.offering) {
    status('connecting', 'Connecting…');
    await connection.settle({ type, sdp });
  } else if ((type === 'offer_ice' || type === 'answer_ice') && iceCandidate) {
    await connection?.add(iceCandidate);
  } else if (type === 'bye' && connection) {
    end('The other side is gone.');
  } else if (type === 'full') {
    full = true;
  }
}

start.onclick = async () => {
  start.disabled = true;
  await openMedia();
  status('calling', 'Calling…');
  say(await renew().offer(media));
};

hangup.onclick = () => end('You hung up.');

function renew() {
  connection?.close();
  connection = connect({
    candidate: (iceCandidate) => say({ type: `${side}_ice`, iceCandidate }),
    gone: () => end('The other side is gone.'),
  });
  hangup.disabled = false;
  return connection;
}

/** @param {string} why */
function end(why) {
  connection?.close();
  connection = null;
  hideRemote();
  void media.close();
  hangup.disabled = true;
  start.disabled = socket.readyState !== WebSocket.OPEN;
  if (state() !== 'offline') status('ended', why);
}
