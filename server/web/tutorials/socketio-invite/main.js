// @ts-check
/**
 * Invite and accept in one room. What one says comes back to oneself where the server sends it to the whole
 * room, so that everything is told apart by who one is: who calls, who was asked, and who said yes.
 */
import { connect } from '../connection.js';
import { element, hideRemote, media, openMedia, query, server, state, status, wishes } from '../page.js';

const room = query.get('room') ?? '001';
const call = /** @type {HTMLButtonElement} */ (element('call'));
const hangup = /** @type {HTMLButtonElement} */ (element('hangup'));

/** @type {any} */
const socket = /** @type {any} */ (window).io(server.origin, { query: { exclusive: wishes.exclusive } });
/** @type {import('../connection.js').Connection | null} */
let connection = null;
/** @type {'none' | 'caller' | 'asked' | 'callee'} */
let role = 'none';
/** Candidates of one's own, to know them when they come back. @type {Set<string>} */
const own = new Set();

socket.on('connectionSuccess', () => {
  socket.emit('joinRoom', room);
  if (role === 'none') ready('Ready to call and to be called.');
});

call.onclick = async () => {
  become('caller');
  await openMedia();
  if (role !== 'caller') return;
  status('calling', 'Waiting for an answer…');
  socket.emit('callRemote', room);
};

element('accept').onclick = async () => {
  become('callee');
  status('connecting', 'Connecting…');
  await openMedia();
  if (role === 'callee') socket.emit('acceptCall', room);
};

for (const id of ['refuse', 'hangup']) {
  element(id).onclick = () => {
    socket.emit('hangUp', room);
    end(id === 'refuse' ? 'You refused.' : 'You hung up.');
  };
}

// Closing the tab ends the call.
addEventListener('pagehide', () => ['caller', 'callee'].includes(role) && socket.emit('hangUp', room));

socket.on('callRemote', () => {
  if (role !== 'none') return;
  become('asked');
  status('ringing', 'The other side would like to talk with you.');
});

socket.on('acceptCall', async () => {
  // Somebody else in the room said yes.
  if (role === 'asked') return end('Answered by somebody else.');
  if (role !== 'caller' || connection) return;
  status('connecting', 'Connecting…');
  const offer = await renew().offer(media);
  socket.emit('sendOffer', { offer, roomId: room });
});

for (const word of ['sendOffer', 'receiveOffer']) {
  socket.on(word, async (/** @type {RTCSessionDescriptionInit} */ offer) => {
    if (role !== 'callee' || connection) return;
    const answer = await renew().answer(offer, media);
    socket.emit('sendAnswer', { roomId: room, answer });
  });
}

socket.on('receiveAnswer', (/** @type {RTCSessionDescriptionInit} */ answer) => {
  if (role === 'caller' && connection?.offering) void connection.settle(answer);
});

socket.on('receiveCandidate', (/** @type {RTCIceCandidateInit} */ candidate) => {
  if (!own.has(candidate.candidate ?? '')) void connection?.add(candidate);
});

socket.on('hangUp', () => {
  if (role !== 'none') end('The call is over.');
});

socket.on('bye', () => {
  if (role === 'caller' || role === 'callee') end('The other side is gone.');
});

socket.on('full', () => {
  socket.disconnect();
  end('The room is full: two are here already.');
});

socket.on('disconnect', () => {
  if (role === 'none' && state() !== 'ended') status('offline', 'The server is gone. Trying to reach it again…');
});

socket.on('connect_error', () => {
  if (role === 'none') status('offline', 'The server cannot be reached. Trying again…');
});

function renew() {
  connection = connect({
    candidate: (candidate) => {
      own.add(candidate.candidate);
      socket.emit('sendCandidate', { roomId: room, candidate });
    },
    gone: () => end('The other side is gone.'),
  });
  return connection;
}

/** @param {typeof role} next */
function become(next) {
  role = next;
  element('incoming').hidden = next !== 'asked';
  element('outgoing').hidden = next === 'asked';
  call.disabled = next !== 'none';
  hangup.disabled = next === 'none';
}

/** @param {string} text */
function ready(text) {
  become('none');
  status('ready', text);
}

/** @param {string} why */
function end(why) {
  become('none');
  connection?.close();
  connection = null;
  own.clear();
  hideRemote();
  void media.close();
  status('ended', why);
}
