// @ts-check
/** One call from its first ring to its end: the state machine. */
import { Partner } from './partner.js';
import { Terms } from './terms.js';
import { Emitter, randomId } from './util.js';

/** How long a person is given to answer, in milliseconds. */
export const RING_MS = 45_000;
/** From "both want to talk" to media; slow mobile networks with relays need some seconds. */
const CONNECT_MS = 30_000;
/** How long a broken connection is mended before the call is given up, in milliseconds. */
const RECOVER_MS = 60_000;
/** After the other side closed its connection, its goodbye is given this long to say why. */
const GOODBYE_MS = 1500;

/**
 * @typedef {'joining' | 'waiting' | 'dialing' | 'ringing' | 'incoming' | 'connecting' | 'connected'
 *   | 'reconnecting' | 'ended'} CallState
 * @typedef {{ by: 'local' | 'remote' | 'timeout' | 'system', reason: string, durationMs: number }} Ended
 * @typedef {import('./signaling.js').Message} Message
 */

/**
 * A call. Events: `change` whenever something worth showing changed, `stream` (MediaStream) when the
 * other side's media are there, `video` (`agreed`, `declined`, `withdrawn` or `stopped`) when the two came
 * to terms about pictures, and `ended` ({@link Ended}) once.
 */
export class Call extends Emitter {
  /** @type {CallState} */
  state;
  /** 32 hexadecimal digits; in a room empty until somebody else is there. */
  id = '';
  /** The room, for a call in one. */
  room = '';
  /** What the two settle while they talk. */
  terms;
  /** When media first flowed, by `performance.now`; 0 before. */
  connectedAt = 0;
  /** @type {Ended | null} */
  ended = null;
  /** The other side's media, once there. @type {MediaStream | null} */
  stream = null;

  #context;
  #incoming = false;
  #partner;
  #ringUntil = 0;
  /** What this stay in a room is called: answers to an earlier one may come late. */
  #stay = randomId();
  /** @type {number | undefined} */
  #timer;

  /**
   * @param {import('./lines.js').Context} context
   * @param {CallState} state
   */
  constructor(context, state) {
    super();
    this.#context = context;
    this.state = state;
    this.#partner = new Partner(context, this);
    this.terms = new Terms(context, this.#partner, () => this.isTalk);
    this.#partner.on('state', (state) => this.#onPeerState(state));
    this.#partner.on('stream', (stream) => {
      this.stream = stream;
      this.emit('stream', stream);
    });
    this.#partner.on('hang-up', (word) => this.receive(word));
    this.#partner.on('gone', () => this.#after(GOODBYE_MS, () => this.#end('remote', 'peer-gone')));
    this.#partner.on('failed', () => {
      this.#partner.tell('hang-up');
      this.#end('system', 'negotiation-failed');
    });
    this.terms.on('video', (how) => this.emit('video', how));
    this.terms.on('change', () => this.emit('change'));
  }

  /**
   * Rings a person.
   * @param {import('./lines.js').Context} context
   * @param {string} user
   */
  static ring(context, user) {
    const call = new Call(context, 'dialing');
    call.id = randomId();
    call.#partner.user = user;
    call.#ringUntil = performance.now() + RING_MS;
    call.#invite();
    call.#after(RING_MS, () => {
      call.#partner.tell('cancel');
      const unreachable = context.signaling.state !== 'online';
      call.#end('timeout', unreachable ? 'signaling-lost' : 'ring-timeout');
    });
    return call;
  }

  /**
   * Takes a person's invitation and tells them that it rings.
   * @param {import('./lines.js').Context} context
   * @param {Message} invite
   */
  static incoming(context, invite) {
    const call = new Call(context, 'incoming');
    call.#incoming = true;
    call.terms.video = invite.media?.video !== false;
    call.id = invite.call;
    call.#partner.user = invite.from ?? '';
    call.#partner.device = invite.from_device ?? '';
    call.#partner.tell('ringing');
    call.#after(Math.min(RING_MS, invite.expires_in_ms ?? RING_MS), () => {
      call.#partner.tell('decline', { reason: 'timeout' });
      call.#end('timeout', 'missed');
    });
    return call;
  }

  /**
   * Enters a room of two.
   * @param {import('./lines.js').Context} context
   * @param {string} room
   */
  static join(context, room) {
    const call = new Call(context, 'joining');
    call.room = room;
    call.#join();
    return call;
  }

  /** The other person, once known. */
  get peerUser() {
    return this.#partner.user;
  }

  /** For statistics only. @returns {RTCPeerConnection | null} */
  get connection() {
    return this.#partner.peer?.connection ?? null;
  }

  /** How long media have been flowing, in milliseconds. */
  get durationMs() {
    return this.ended?.durationMs ?? (this.connectedAt ? performance.now() - this.connectedAt : 0);
  }

  /** Whether the call is past ringing, or waits in a room: it has the screen. */
  get isActive() {
    return this.state !== 'incoming' && this.state !== 'ended';
  }

  /** Whether media may flow, or did and are being mended. */
  get isTalk() {
    return this.connectedAt > 0 && this.isActive;
  }

  /**
   * Answers.
   * @param {string[]} [over] own calls to the same person that are over: their invites may come after this
   */
  accept(over) {
    if (this.state !== 'incoming') return;
    this.#partner.tell('accept', { media: { audio: true, video: this.terms.video }, over });
    this.#connect(true);
    this.#partner.negotiateEarly();
  }

  /** Ends the call, whatever it is in the middle of. */
  hangUp() {
    switch (this.state) {
      case 'ended':
        return;
      case 'joining':
      case 'waiting':
        return this.#end('local', 'left');
      case 'dialing':
      case 'ringing':
        this.#partner.tell('cancel');
        return this.#end('local', 'cancelled');
      case 'incoming':
        this.#partner.tell('decline', { reason: 'declined' });
        return this.#end('local', 'declined');
      case 'connecting':
      case 'connected':
      case 'reconnecting':
        this.#partner.tellHangUp();
        return this.#end('local', 'hang-up');
    }
  }

  /** Gives way to the other person's own call to us, which starts at the same moment. */
  yieldToTheirs() {
    this.#partner.tell('cancel');
    this.#end('system', 'glare-lost');
  }

  /** Gives way to a new call of the other person, who must have lost this one. */
  yieldToRecall() {
    if (this.state === 'incoming') this.#partner.tell('decline', { reason: 'busy' });
    else this.#partner.tellHangUp();
    this.#end('remote', 'recalled');
  }

  /**
   * Takes a message about this call or its room.
   * @param {Message} message
   */
  receive(message) {
    if (this.state === 'ended') return;
    if (message.stay && message.stay !== this.#stay) return;
    switch (message.type) {
      case 'ringing':
        return this.#onRinging(message);
      case 'accept':
        return this.#onAccept(message);
      case 'decline':
        return this.#onDecline(message);
      case 'cancel':
        // Also one that crossed the answer.
        return this.#end('remote', 'cancelled');
      case 'hang-up':
        return this.#end('remote', this.state === 'incoming' ? 'cancelled' : 'hang-up');
      case 'description':
      case 'candidate':
        return this.#partner.negotiate(message, this.state === 'connecting');
      case 'anew':
        return this.#onAnew();
      case 'accepted-elsewhere':
      case 'declined-elsewhere':
        // Also for the one that answered a moment too late.
        if (this.#incoming && !this.connectedAt) this.#end('remote', message.type);
        return;
      case 'joined':
        if (message.peer) this.#onRoomPeer(message.peer, false);
        else if (this.state === 'joining') this.#setState('waiting');
        return;
      case 'peer-joined':
        return this.#onRoomPeer(message.peer, true);
      case 'peer-left':
        if (message.call !== this.id) return;
        // Whom the service has lost may be talking all the same; without media they are gone.
        if (!message.gone) this.#end('remote', 'peer-left');
        else if (this.state !== 'connected') this.#end('remote', 'peer-gone');
        return;
      default:
        return this.terms.receive(message);
    }
  }

  /**
   * Takes a refusal by the service.
   * @param {{ code: string, fatal?: boolean, about?: Message }} error
   * @returns {boolean} whether it ended the call
   */
  refused({ code, fatal, about }) {
    // That there is no other device is no trouble.
    if (!fatal && about?.type.endsWith('-elsewhere')) return false;
    const underWay = this.state === 'connected' || this.state === 'reconnecting';
    if (underWay && !fatal) {
      // The device we knew is gone; the person may be back with another one.
      if (code === 'not-found') this.#partner.device = '';
      return false;
    }
    const starts = about === undefined || about.type === 'invite' || about.type === 'join' || about.type === 'accept';
    if (!fatal && !starts) return false;
    this.#end('system', code);
    return true;
  }

  /** The service forgot this session: says again what it must know. */
  onFreshSession() {
    if (this.state === 'ended') return;
    if (this.room) return this.#join();
    if (!this.#incoming || this.state !== 'incoming') this.#partner.device = '';
    if (this.state === 'dialing' || this.state === 'ringing') return this.#invite();
    if (this.state === 'connecting' && this.#incoming) this.#partner.tell('accept', { media: { audio: true, video: this.terms.video } });
    this.#partner.peer?.resend();
    this.terms.sayHowThingsAre();
  }

  #join() {
    this.#context.signaling.send({ type: 'join', room: this.room, stay: this.#stay });
  }

  #invite() {
    const left = Math.max(1, Math.round(this.#ringUntil - performance.now()));
    this.#partner.tell('invite', { media: { audio: true, video: this.terms.video }, expires_in_ms: left });
  }

  /** @param {Message} message */
  #onRinging(message) {
    if (this.#incoming || (this.state !== 'dialing' && this.state !== 'ringing')) return;
    this.#partner.ringing.add(message.from_device ?? '');
    this.#setState('ringing');
  }

  /** @param {Message} message */
  #onAccept(message) {
    if (this.#incoming || this.room) return;
    const device = message.from_device ?? '';
    if (this.state === 'dialing' || this.state === 'ringing') {
      this.#partner.device = device;
      this.#partner.tellOthers('accepted-elsewhere', device);
      if (message.media?.video === false) this.terms.declineVideo();
      this.#connect(false);
    } else {
      this.#partner.answersToo(device);
    }
  }

  /** @param {Message} message */
  #onDecline(message) {
    if (this.#incoming || (this.state !== 'dialing' && this.state !== 'ringing')) return;
    const device = message.from_device ?? '';
    this.#partner.ringing.delete(device);
    // A busy or unattended device does not speak for the person while another one rings.
    const final = message.reason === 'declined' || message.reason === 'glare';
    if (!final && this.#partner.ringing.size > 0) return;
    this.#partner.tellOthers(message.reason === 'declined' ? 'declined-elsewhere' : 'cancel', device);
    if (message.reason === 'glare') return this.#end('system', 'glare-lost');
    this.#end('remote', message.reason === 'timeout' ? 'ring-timeout' : message.reason);
  }

  /** The caller has a connection with another device of ours, and makes a new one with this device. */
  #onAnew() {
    if (!this.#incoming) return;
    this.#partner.close();
    if (this.#partner.peer) this.#connect(true);
  }

  /**
   * @param {{ user: string, device: string, call: string }} other
   * @param {boolean} polite they came to us, and make the offer
   */
  #onRoomPeer(other, polite) {
    if (!this.#partner.peer) {
      this.id = other.call;
      this.#partner.user = other.user;
      this.#partner.device = other.device;
      this.#connect(polite);
    } else if (other.user === this.peerUser) {
      // The same talk under a new name.
      this.id = other.call;
      this.#partner.meetAgain(other.device, polite);
      this.terms.sayHowThingsAre();
    }
  }

  /** @param {boolean} polite the other side makes the offer */
  #connect(polite) {
    const peer = this.#partner.connect(polite);
    peer.pause(this.terms.onHold);
    this.#setState('connecting');
    this.#after(CONNECT_MS, () => this.#giveUp());
    this.terms.sayHowThingsAre();
    if (!polite) peer.offer();
  }

  /** @param {RTCPeerConnectionState} state */
  #onPeerState(state) {
    if (state === 'connected') {
      this.connectedAt ||= performance.now();
      clearTimeout(this.#timer);
      this.#setState('connected');
    } else if ((state === 'disconnected' || state === 'failed') && this.state === 'connected') {
      this.#setState('reconnecting');
      this.#after(RECOVER_MS, () => this.#giveUp());
    }
  }

  #giveUp() {
    this.#partner.tell('hang-up');
    this.#end('timeout', this.connectedAt ? 'connection-lost' : 'ice-failed');
  }

  /**
   * @param {Ended['by']} by
   * @param {string} reason
   */
  #end(by, reason) {
    if (this.state === 'ended') return;
    if (this.room && reason !== 'room-full') this.#context.signaling.send({ type: 'leave', room: this.room });
    const durationMs = this.durationMs;
    clearTimeout(this.#timer);
    this.terms.close();
    this.#partner.close();
    this.ended = { by, reason, durationMs };
    this.#setState('ended');
    this.emit('ended', this.ended);
  }

  /** @param {CallState} state */
  #setState(state) {
    if (this.state === state) return;
    this.state = state;
    this.emit('change');
  }

  /**
   * Sets the one deadline of the state the call is in.
   * @param {number} ms
   * @param {() => void} then
   */
  #after(ms, then) {
    clearTimeout(this.#timer);
    this.#timer = window.setTimeout(then, ms);
  }
}
