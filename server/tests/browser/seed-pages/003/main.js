'use strict';
// The first one in the room offers when it hears of the second. A closed tab says nothing; the SDP calls are
// not awaited; making a connection while there is one throws.
const connect = document.getElementById('connserver');
const leaveButton = document.getElementById('leave');
const shareDesk = document.getElementById('shareDesk');
const local = document.getElementById('local');
const remote = document.getElementById('remote');
const offerText = document.getElementById('offer');
const answerText = document.getElementById('answer');

let state = 'init';
let room;
let socket = null;
let pc = null;
let media = null;

const AUDIO = { echoCancellation: true, noiseSuppression: true, autoGainControl: true };

/** What a phone cannot: share its screen. */
const isPc = () => !/Android|iPhone|SymbianOS|Windows Phone|iPad|iPod/.test(navigator.userAgent);

function say(data) {
  socket.emit('message', room, data);
}

connect.onclick = () => {
  const sharing = shareDesk.checked && isPc();
  if (sharing) {
    // Not awaited: if the microphone comes first, the picture never gets into the call.
    navigator.mediaDevices.getDisplayMedia({ video: true }).then((stream) => {
      media = stream;
    }, (error) => console.error('no screen', error));
  }
  navigator.mediaDevices.getUserMedia({ video: !sharing, audio: AUDIO }).then((stream) => {
    if (media) {
      for (const track of stream.getAudioTracks()) {
        media.addTrack(track);
        stream.removeTrack(track);
      }
    } else {
      media = stream;
    }
    local.srcObject = media;
    join();
  }, (error) => console.error('no camera or microphone', error));
};

function join() {
  socket = io.connect();

  socket.on('joined', () => {
    state = 'joined';
    makeConnection();
    connect.disabled = true;
    leaveButton.disabled = false;
  });

  socket.on('otherjoin', () => {
    if (state === 'joined_unbind') makeConnection();
    state = 'joined_conn';
    pc.createOffer().then((offer) => {
      pc.setLocalDescription(offer);
      offerText.value = offer.sdp;
      say(offer);
    });
  });

  socket.on('full', () => {
    closeConnection();
    closeMedia();
    state = 'leaved';
    alert('the room is full!');
  });

  socket.on('leaved', () => {
    state = 'leaved';
    socket.disconnect();
    connect.disabled = false;
    leaveButton.disabled = true;
  });

  socket.on('bye', () => {
    state = 'joined_unbind';
    closeConnection();
    offerText.value = '';
    answerText.value = '';
  });

  socket.on('disconnect', () => {
    if (state !== 'leaved') {
      closeConnection();
      closeMedia();
    }
    state = 'leaved';
  });

  socket.on('message', (_room, data) => {
    if (data === null || data === undefined) {
      console.error('an empty message');
    } else if (data.type === 'offer') {
      offerText.value = data.sdp;
      pc.setRemoteDescription(new RTCSessionDescription(data));
      pc.createAnswer().then((answer) => {
        pc.setLocalDescription(answer);
        answerText.value = answer.sdp;
        say(answer);
      });
    } else if (data.type === 'answer') {
      answerText.value = data.sdp;
      pc.setRemoteDescription(new RTCSessionDescription(data));
    } else if (data.type === 'candidate') {
      pc.addIceCandidate(new RTCIceCandidate({ sdpMLineIndex: data.label, candidate: data.candidate }));
    }
  });

  room = new URLSearchParams(location.search).get('room');
  socket.emit('join', room);
}

function makeConnection() {
  if (pc) console.warning('there is a connection already');
  pc = new RTCPeerConnection();
  pc.onicecandidate = ({ candidate }) => {
    if (!candidate) return;
    say({ type: 'candidate', label: candidate.sdpMLineIndex, id: candidate.sdpMid, candidate: candidate.candidate });
  };
  pc.ontrack = ({ streams }) => {
    remote.srcObject = streams[0];
  };
  for (const track of media.getTracks()) pc.addTrack(track, media);
}

function closeConnection() {
  pc?.close();
  pc = null;
}

function closeMedia() {
  for (const track of media?.getTracks() ?? []) track.stop();
  media = null;
}

leaveButton.onclick = () => {
  socket?.emit('leave', room);
  closeConnection();
  closeMedia();
  offerText.value = '';
  answerText.value = '';
  connect.disabled = false;
  leaveButton.disabled = true;
};
