// @ts-check
/** What the page says about the states of a call and the reasons of its end. */

/**
 * @param {import('./call.js').Call} call
 * @returns {{ title: string, text: string }} for the curtain that hangs while there is no picture
 */
export function describeState(call) {
  const who = call.peerUser || 'the other side';
  if (call.state === 'connected' && call.terms.onHold) return { title: who, text: describeHold(call.terms) };
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

/** @param {import('./terms.js').Terms} terms of a call on hold */
function describeHold({ held }) {
  if (held.local && held.remote) return 'You both put the call on hold';
  return held.local ? 'On hold' : 'Put you on hold';
}

/**
 * What becomes of a wish for pictures, as far as it is not seen anyway.
 * @param {import('./call.js').Call} call
 * @param {'agreed' | 'declined' | 'withdrawn' | 'stopped'} how
 * @returns {string} empty when there is nothing to say
 */
export function describeVideo(call, how) {
  if (how === 'declined') return `${call.peerUser} goes on without pictures.`;
  return how === 'stopped' ? `${call.peerUser} ended the pictures.` : '';
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
    'accepted-elsewhere': ['Answered on another device', `You talk with ${who} there.`],
    'declined-elsewhere': ['Declined on another device', `${who} knows that you do not want to talk now.`],
    'glare-lost': ['Call replaced', `${who} was calling you at the same moment.`],
    recalled: ['Call replaced', `${who} rang anew.`],
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
