'use strict';
// No hanging up and no declining: a call ends with its page. The own picture is not muted.
const local = document.getElementById('local');
const remote = document.getElementById('remote');
const accept = document.getElementById('accept');

const server = new URL(new URLSearchParams(location.search).get('server'));
const peer = new peerjs.Peer({
  host: server.hostname,
  port: Number(server.port),
  path: server.pathname,
  config: { iceServers: [] },
});
let incoming;

peer.on('open', (id) => {
  document.getElementById('own').value = id;
});

peer.on('call', (call) => {
  incoming = call;
  accept.hidden = false;
});

async function openCamera() {
  const stream = await navigator.mediaDevices.getUserMedia({ video: true, audio: true });
  local.srcObject = stream;
  local.play();
  return stream;
}

// Told once for each track: the second time interrupts the play that the first began.
function show(stream) {
  remote.srcObject = stream;
  remote.play();
}

accept.onclick = async () => {
  const stream = await openCamera();
  incoming.answer(stream);
  incoming.on('stream', (theirs) => {
    accept.hidden = true;
    show(theirs);
  });
};

document.getElementById('call').onclick = async () => {
  const id = document.getElementById('other').value;
  if (!id) {
    alert('whom?');
    return;
  }
  const stream = await openCamera();
  peer.call(id, stream).on('stream', show);
};
