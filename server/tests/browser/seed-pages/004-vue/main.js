'use strict';
// Everything the room hears comes back to the speaker too, so one's own candidates are refused; those of the
// other side that come while the camera opens are lost. Hanging up forgets the connection without closing it,
// and the camera stays on.
const ROOM = '001';
const local = document.getElementById('local');
const remote = document.getElementById('remote');

const state = { caller: false, called: false, calling: false, communicating: false };
let camera;
let peer;

const socket = io(new URLSearchParams(location.search).get('server'));

function render() {
  document.getElementById('calling').hidden = !(state.caller && state.calling);
  document.getElementById('called').hidden = !(state.called && state.calling);
}

async function openCamera() {
  camera = await navigator.mediaDevices.getUserMedia({ audio: true, video: true });
  local.srcObject = camera;
  local.play();
  return camera;
}

function makeConnection(stream) {
  peer = new RTCPeerConnection();
  peer.addStream(stream);
  peer.onicecandidate = ({ candidate }) => {
    if (candidate) socket.emit('sendCandidate', { roomId: ROOM, candidate });
  };
  peer.onaddstream = (event) => {
    state.calling = false;
    state.communicating = true;
    render();
    remote.srcObject = event.stream;
    remote.play();
  };
}

document.getElementById('call').onclick = async () => {
  state.caller = true;
  state.calling = true;
  render();
  await openCamera();
  socket.emit('callRemote', ROOM);
};

document.getElementById('accept').onclick = () => socket.emit('acceptCall', ROOM);

for (const button of document.querySelectorAll('.hangup')) button.onclick = () => socket.emit('hangUp', ROOM);

socket.on('connectionSuccess', () => socket.emit('joinRoom', ROOM));

socket.on('callRemote', () => {
  if (state.caller) return;
  state.called = true;
  state.calling = true;
  render();
});

socket.on('acceptCall', async () => {
  if (!state.caller) return;
  makeConnection(camera);
  const offer = await peer.createOffer({ offerToReceiveAudio: 1, offerToReceiveVideo: 1 });
  await peer.setLocalDescription(offer);
  socket.emit('sendOffer', { offer, roomId: ROOM });
});

socket.on('sendOffer', async (offer) => {
  if (!state.called) return;
  makeConnection(await openCamera());
  await peer.setRemoteDescription(offer);
  const answer = await peer.createAnswer();
  await peer.setLocalDescription(answer);
  socket.emit('sendAnswer', { roomId: ROOM, answer });
});

socket.on('receiveAnswer', (answer) => {
  if (state.caller) peer.setRemoteDescription(answer);
});

socket.on('receiveCandidate', async (candidate) => {
  await peer.addIceCandidate(candidate);
});

socket.on('hangUp', () => {
  Object.assign(state, { caller: false, called: false, calling: false, communicating: false });
  render();
  peer = null;
  camera = undefined;
  local.srcObject = null;
  remote.srcObject = null;
});
