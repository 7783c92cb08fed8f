// @ts-check
/**
 * One room. Whoever joins offers at once; when nobody was there the offer is lost, and the next one's is
 * answered. Hanging up leaves the room, which the other side sees by the picture.
 */
import { connect } from '../connection.js';
import { element, hideRemote, media, openMedia, server, state, status, wishes } from '../page.js';

/** How long the one who need not offer again waits for the other one to do so. */
const SECOND_TRY_MS = 1500;

const join = /** @type {HTMLButtonElement} */ (element('join'));
const hangup = /** @type {HTMLButtonElement} */ (element('hangup'));

/** @type {any} */
const socket = /** @type {any} */ (window).io(server.origin, { autoConnect: false, query: wishes });
/** @type {import('../connection.js').Connection | null} */
let connection = null;
/** What was offered last, to settle who offers again. */
let offered = { ours: '', theirs: '' };
/** @type {ReturnType<typeof setTimeout> | undefined} */
let retry;

status('ready', 'Join when you are ready.');

join.onclick = async () => {
  join.disabled = true;
  await openMedia();
  status('offline', 'Connecting to the server…');
  socket.connect();
};

hangup.onclick = () => leave('You hung up.');

// Also after the connection to the server was lost: it has forgotten who is in the room, and may have told the
// other side that we are gone, so that everything begins anew.
socket.on('connect', () => socket.emit('conn', 'room'));

socket.on('conn', () => {
  hangup.disabled = false;
  status('waiting', 'In the room. Waiting for the other side…');
  void offer();
});

socket.on('signalOffer', async (/** @type {RTCSessionDescriptionInit} */ message) => {
  offered.theirs = message.sdp ?? '';
  const fresh = renew();
  status('connecting', 'Connecting…');
  socket.emit('signalAnswer', await fresh.answer(message, media));
});

socket.on('signalAnswer', (/** @type {RTCSessionDescriptionInit} */ message) => {
  if (connection?.offering) {
    void connection.settle(message);
    return;
  }
  // Both offered at once and both answered: neither offer stands. The smaller one is made again.
  clearTimeout(retry);
  retry = setTimeout(() => connection?.connected || offer(), offered.ours < offered.theirs ? 0 : SECOND_TRY_MS);
});

for (const word of ['iceOffer', 'iceAnswer']) {
  socket.on(word, (/** @type {RTCIceCandidateInit} */ candidate) => connection?.add(candidate));
}

socket.on('full', () => leave('The room is full: two are talking already.'));

socket.on('bye', gone);

socket.on('disconnect', () => {
  if (state() === 'waiting') status('offline', 'The server is gone. Trying to reach it again…');
});

socket.on('connect_error', () => {
  if (state() !== 'connected') status('offline', 'The server cannot be reached. Trying again…');
});

async function offer() {
  const fresh = renew();
  const description = await fresh.offer(media);
  offered.ours = description.sdp;
  socket.emit('signalOffer', description);
}

function renew() {
  clearTimeout(retry);
  connection?.close();
  connection = connect({ candidate: (candidate) => socket.emit('iceOffer', candidate), gone });
  return connection;
}

function gone() {
  if (!connection) return;
  connection.close();
  connection = null;
  hideRemote();
  status('waiting', 'The other side is gone. Waiting for somebody…');
}

/** @param {string} why */
function leave(why) {
  clearTimeout(retry);
  socket.disconnect();
  connection?.close();
  connection = null;
  hideRemote();
  void media.close();
  hangup.disabled = true;
  join.disabled = false;
  status('ended', why);
}
