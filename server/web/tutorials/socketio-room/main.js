// @ts-check
/** Rooms of two: the first one offers when it hears of the second; leaving is told to the other side. */
import { connect } from '../connection.js';
import { element, hideRemote, media, openMedia, problem, query, server, state, status } from '../page.js';
import { LocalMedia } from '../../js/media.js';
import { randomRoom } from '../../js/util.js';

const form = /** @type {HTMLFormElement} */ (element('form'));
const room = /** @type {HTMLInputElement} */ (element('room'));
const share = /** @type {HTMLInputElement} */ (element('share'));
const join = /** @type {HTMLButtonElement} */ (element('join'));
const leave = /** @type {HTMLButtonElement} */ (element('leave'));
const offerText = /** @type {HTMLTextAreaElement} */ (element('offer'));
const answerText = /** @type {HTMLTextAreaElement} */ (element('answer'));

/** @type {any} */
const socket = /** @type {any} */ (window).io(server.origin, { autoConnect: false });
/** @type {import('../connection.js').Connection | null} */
let connection = null;
let inRoom = '';

room.value = query.get('room') ?? randomRoom();
share.disabled = !LocalMedia.canShareScreen;
status('ready', 'Choose a room and connect.');

form.onsubmit = async (event) => {
  event.preventDefault();
  if (inRoom) return;
  inRoom = room.value;
  setBusy(true);
  problem('');
  // The screen first, so that it is there before the call is.
  media.want('video', !share.checked);
  if (share.checked) await media.startScreen();
  await openMedia();
  status('offline', 'Connecting to the server…');
  socket.connect();
};

leave.onclick = () => {
  socket.emit('leave', inRoom);
  end('You left the room.');
};

// Closing the tab is leaving.
addEventListener('pagehide', () => inRoom && socket.emit('leave', inRoom));

// Also after the connection to the server was lost: it has forgotten who is in the room.
socket.on('connect', () => inRoom && socket.emit('join', inRoom));

socket.on('joined', () => {
  if (!connection?.connected) status('waiting', `In room ${inRoom}. Waiting for the other side…`);
});

socket.on('otherjoin', async () => {
  const fresh = renew();
  status('connecting', 'Somebody joined. Connecting…');
  const offer = ours(await fresh.offer(media));
  offerText.value = offer.sdp;
  say(offer);
});

socket.on('message', async (/** @type {string} */ _room, /** @type {any} */ data) => {
  if (data?.type === 'offer') {
    offerText.value = data.sdp;
    const fresh = renew();
    status('connecting', 'Connecting…');
    const answer = ours(await fresh.answer(data, media));
    answerText.value = answer.sdp;
    say(answer);
  } else if (data?.type === 'answer' && connection?.offering) {
    answerText.value = data.sdp;
    await connection.settle(data);
  } else if (data?.type === 'candidate') {
    await connection?.add({ sdpMLineIndex: data.label, sdpMid: data.id, candidate: data.candidate });
  }
});

socket.on('bye', gone);

socket.on('full', () => end('The room is full. Take another one.'));

socket.on('leaved', () => socket.disconnect());

socket.on('connect_error', () => {
  if (state() !== 'connected') status('offline', 'The server cannot be reached. Trying again…');
});

/** @param {any} data */
function say(data) {
  socket.emit('message', inRoom, data);
}

/**
 * Says in a description of ours that the picture is a screen (RFC 4796); who does not know the line skips it.
 * @param {RTCSessionDescription} description
 */
function ours({ type, sdp }) {
  if (!media.state.screen) return { type, sdp };
  // Before the first attribute of the video section.
  return { type, sdp: sdp.replace(/^m=video [^]*?(?=^a=)/m, '$&a=content:slides\r\n') };
}

function renew() {
  connection?.close();
  connection = connect({
    candidate: ({ candidate, sdpMid, sdpMLineIndex }) => say({ type: 'candidate', label: sdpMLineIndex, id: sdpMid, candidate }),
    gone,
  });
  return connection;
}

function drop() {
  connection?.close();
  connection = null;
  hideRemote();
  offerText.value = answerText.value = '';
}

function gone() {
  drop();
  status('waiting', 'The other side left. Waiting for somebody…');
}

/** @param {string} why */
function end(why) {
  drop();
  inRoom = '';
  media.stopScreen();
  void media.close();
  setBusy(false);
  status('ended', why);
}

/** @param {boolean} busy */
function setBusy(busy) {
  join.disabled = room.disabled = busy;
  share.disabled = busy || !LocalMedia.canShareScreen;
  leave.disabled = !busy;
}
