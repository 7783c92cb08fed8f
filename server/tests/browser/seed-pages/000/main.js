'use strict';
// Offers as soon as it is in the room, whether or not somebody is there; a colliding offer is rolled back
// implicitly. Nothing is awaited, hanging up tells nobody, and the remote picture is shown muted.
const start = document.getElementById('start');
const hangup = document.getElementById('hangup');
const local = document.getElementById('local');
const remote = document.getElementById('remote');

const socket = io.connect();
let pc;
let camera;

start.addEventListener('click', () => {
  navigator.mediaDevices.getUserMedia({ video: true, audio: true }).then((stream) => {
    camera = stream;
    local.srcObject = stream;
    start.disabled = true;
    socket.emit('conn', 'room');
  });
});

socket.on('conn', () => {
  hangup.disabled = false;
  pc = new RTCPeerConnection();
  for (const track of camera.getTracks()) pc.addTrack(track, camera);
  pc.createOffer({ offerToReceiveVideo: 1, offerToReceiveAudio: 1 }).then((offer) => {
    pc.setLocalDescription(offer);
    socket.emit('signalOffer', offer);
  });
  pc.addEventListener('icecandidate', ({ candidate }) => {
    if (candidate) socket.emit('iceOffer', candidate);
  });
});

function showRemote() {
  pc.addEventListener('addstream', ({ stream }) => {
    remote.srcObject = stream;
  });
}

socket.on('signalOffer', (message) => {
  pc.setRemoteDescription(new RTCSessionDescription(message));
  pc.createAnswer().then((answer) => {
    pc.setLocalDescription(answer);
    socket.emit('signalAnswer', answer);
  });
  showRemote();
});

socket.on('signalAnswer', (message) => {
  pc.setRemoteDescription(new RTCSessionDescription(message));
  showRemote();
});

// Without a connection, before joining and after hanging up, this throws.
for (const word of ['iceOffer', 'iceAnswer']) {
  socket.on(word, (message) => {
    pc.addIceCandidate(new RTCIceCandidate(message));
  });
}

hangup.addEventListener('click', () => {
  for (const track of camera.getTracks()) track.stop();
  pc.close();
  pc = null;
  hangup.disabled = true;
  start.disabled = false;
});
