// @ts-check
/** What the page says about the states of a call and the reasons of its end. */

/**
 * @param {import('./call.js').Call} call
 * @returns {{ title: string, text: string }} for the curtain that hangs while there is no picture
 */
export function describeState(call) {
  const who = call.peerUser || 'the other side';
  switch (call.state) {
    case 'joining':
      return { title: `Room ${call.room}`, text: 'Joining…' };
    case 'waiting':
      return { title: `Room ${call.room}`, text: 'You are the first here. Waiting for the other one…' };
    case 'dialing':
      return { title: who, text: 'Calling…' };
    case 'ringing':
      return { title: who, text: 'Ringing…' };
    case 'connecting':
      return { title: who, text: 'Connecting…' };
    case 'reconnecting':
      return { title: who, text: 'Reconnecting…' };
    default:
      return { title: who, text: 'Camera is off' };
  }
}

/**
 * @param {import('./call.js').Call} call an ended one
 * @returns {{ title: string, text: string }}
 */
export function describeEnd(call) {
  const who = call.peerUser || 'The other side';
  /** @type {Record<string, [title: string, text: string]>} */
  const words = {
    'hang-up': ['Call ended', call.ended?.by === 'remote' ? `${who} hung up.` : 'You hung up.'],
    left: ['You left the room', `Nobody else was in room ${call.room}.`],
    cancelled: ['Call cancelled', call.ended?.by === 'remote' ? `${who} stopped ringing.` : `${who} was not reached.`],
    declined: ['Call declined', `${who} does not want to talk now.`],
    busy: [`${who} is busy`, 'They are in another call. Try again later.'],
    'ring-timeout': ['No answer', `${who} did not answer.`],
    missed: ['Missed call', `${who} tried to reach you.`],
    'accepted-elsewhere': ['Answered elsewhere', 'You took the call on another device.'],
    'declined-elsewhere': ['Declined elsewhere', 'You declined the call on another device.'],
    'glare-lost': ['Call replaced', `${who} was calling you at the same moment.`],
    'room-full': ['The room is full', `Two people are in room ${call.room} already. Take another room.`],
    'not-found': [`${who} is not here`, 'Nobody of that name has this page open. Check the name, or send them a link.'],
    'peer-left': ['Call ended', `${who} left the room.`],
    'peer-gone': ['Call ended', `${who} is gone.`],
    'ice-failed': ['No connection', `No way through the network to ${who} was found.`],
    'connection-lost': ['Connection lost', `The way to ${who} broke and could not be mended.`],
    'negotiation-failed': ['The call did not come about', 'The two sides could not agree on how to talk.'],
    'signaling-lost': ['No connection', 'The service could not be reached. Check your network.'],
    unauthorized: ['Not allowed', 'The service did not accept your token.'],
    'version-unsupported': ['Page out of date', 'Reload this page to get the version the service speaks.'],
    replaced: ['Continued elsewhere', 'Your session was taken over by a newer connection.'],
    'rate-limited': ['Too many attempts', 'Wait a minute, then try again.'],
  };
  const [title, text] = words[call.ended?.reason ?? ''] ?? ['Call ended', 'Something went wrong.'];
  return { title, text };
}

/**
 * @param {import('./signaling.js').SignalingState} state
 * @param {string} user
 * @returns {string}
 */
export function describePresence(state, user) {
  switch (state) {
    case 'idle':
      return 'Not connected';
    case 'connecting':
      return 'Connecting…';
    case 'online':
      return `Online as ${user}`;
    case 'reconnecting':
      return 'Reconnecting…';
    case 'closed':
      return 'Disconnected';
  }
}
