'use strict';
// `?type=offer` calls, `?type=answer` waits. A description goes out before it is set, candidates that come
// before the remote description are lost, and a page is good for one call.
const side = new URLSearchParams(location.search).get('type');
const start = document.getElementById('start');
const local = document.getElementById('local');
const remote = document.getElementById('remote');

const socket = new WebSocket(`${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/`);
const peer = new RTCPeerConnection();

function openCamera() {
  return navigator.mediaDevices.getUserMedia({ video: true, audio: true }).then((stream) => {
    local.srcObject = stream;
    for (const track of stream.getTracks()) peer.addTrack(track, stream);
  });
}

socket.onopen = () => {
  start.hidden = side !== 'offer';
};

start.onclick = () => {
  start.hidden = true;
  openCamera().then(() => {
    peer.createOffer().then((offer) => {
      peer.setLocalDescription(offer);
      socket.send(JSON.stringify(offer));
    });
  });
};

peer.onicecandidate = ({ candidate }) => {
  if (candidate) socket.send(JSON.stringify({ type: `${side}_ice`, iceCandidate: candidate }));
};

peer.ontrack = ({ streams }) => {
  remote.srcObject = streams[0];
};

socket.onmessage = ({ data }) => {
  const { type, sdp, iceCandidate } = JSON.parse(data);
  if (type === 'offer') {
    openCamera().then(() => {
      peer.setRemoteDescription(new RTCSessionDescription({ type, sdp })).then(() => {
        peer.createAnswer().then((answer) => {
          socket.send(JSON.stringify(answer));
          peer.setLocalDescription(answer);
        });
      });
    });
  } else if (type === 'answer') {
    peer.setRemoteDescription(new RTCSessionDescription({ type, sdp }));
  } else if (type === 'offer_ice' || type === 'answer_ice') {
    peer.addIceCandidate(iceCandidate);
  }
};
