// @ts-check
/** One call from its first ring to its end: the state machine, and what it tells the other side. */
import { Peer } from './peer.js';
import { Emitter, randomId } from './util.js';

/** How long a person is given to answer, in milliseconds. */
export const RING_MS = 45_000;
/** From "both want to talk" to media; slow mobile networks with relays need some seconds. */
const CONNECT_MS = 30_000;
/** How long a broken connection is mended before the call is given up, in milliseconds. */
const RECOVER_MS = 60_000;
/** After the other side closed its connection, its goodbye is given this long to say why. */
const GOODBYE_MS = 1500;
/** How long a person is given to say whether they want to be seen, in milliseconds. */
const ASK_MS = 30_000;
/** Negotiation messages kept until the person answers. */
const EARLY_MOST = 256;

/**
 * @typedef {'joining' | 'waiting' | 'dialing' | 'ringing' | 'incoming' | 'connecting' | 'connected'
 *   | 'reconnecting' | 'ended'} CallState
 * @typedef {{ by: 'local' | 'remote' | 'timeout' | 'system', reason: string, durationMs: number }} Ended
 * @typedef {import('./signaling.js').Message} Message
 *
 * @typedef {object} Context what every call of this page shares
 * @property {import('./signaling.js').Signaling} signaling
 * @property {import('./media.js').LocalMedia} media
 * @property {string} user this person
 * @property {string | null} codec video codec to prefer
 * @property {boolean} video whether calls begin with pictures
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
  /** The other person, once known. */
  peerUser = '';
  /** The room, for a call in one. */
  room = '';
  /** What the other side says it sends. */
  remoteMedia = { audio: true, video: true, screen: false };
  /** Whether the two agreed on pictures; without, the camera stays closed. */
  video;
  /** Who would like pictures and waits for the other one's answer. @type {'' | 'local' | 'remote'} */
  asking = '';
  /** Who pauses: nothing is sent either way, and nothing heard. */
  held = { local: false, remote: false };
  /** When media first flowed, by `performance.now`; 0 before. */
  connectedAt = 0;
  /** @type {Ended | null} */
  ended = null;
  /** The other side's media, once there. @type {MediaStream | null} */
  stream = null;

  #context;
  #incoming = false;
  /** The device that was called with, once one was settled on; '' addresses all of the person's. */
  #peerDevice = '';
  /** Devices of the other person that ring. @type {Set<string>} */
  #ringing = new Set();
  /** @type {Peer | null} */
  #peer = null;
  /** @type {Message[]} */
  #early = [];
  #ringUntil = 0;
  /** What this stay in a room is called: answers to an earlier one may come late. */
  #stay = randomId();
  /** @type {number | undefined} */
  #timer;
  /** @type {number | undefined} */
  #askTimer;
  #unsubscribe;

  /**
   * @param {Context} context
   * @param {CallState} state
   */
  constructor(context, state) {
    super();
    this.#context = context;
    this.state = state;
    this.video = context.video;
    this.#unsubscribe = context.media.on('change', () => this.#sendMediaState());
  }

  /**
   * Rings a person.
   * @param {Context} context
   * @param {string} user
   */
  static ring(context, user) {
    const call = new Call(context, 'dialing');
    call.id = randomId();
    call.peerUser = user;
    call.#ringUntil = performance.now() + RING_MS;
    call.#invite();
    call.#after(RING_MS, () => {
      call.#tell('cancel');
      const unreachable = context.signaling.state !== 'online';
      call.#end('timeout', unreachable ? 'signaling-lost' : 'ring-timeout');
    });
    return call;
  }

  /**
   * Takes a person's invitation and tells them that it rings.
   * @param {Context} context
   * @param {Message} invite
   */
  static incoming(context, invite) {
    const call = new Call(context, 'incoming');
    call.#incoming = true;
    call.video = invite.media?.video !== false;
    call.id = invite.call;
    call.peerUser = invite.from ?? '';
    call.#peerDevice = invite.from_device ?? '';
    call.#tell('ringing');
    call.#after(Math.min(RING_MS, invite.expires_in_ms ?? RING_MS), () => {
      call.#tell('decline', { reason: 'timeout' });
      call.#end('timeout', 'missed');
    });
    return call;
  }

  /**
   * Enters a room of two.
   * @param {Context} context
   * @param {string} room
   */
  static join(context, room) {
    const call = new Call(context, 'joining');
    call.room = room;
    call.#join();
    return call;
  }

  /** For statistics only. @returns {RTCPeerConnection | null} */
  get connection() {
    return this.#peer?.connection ?? null;
  }

  /** How long media have been flowing, in milliseconds. */
  get durationMs() {
    return this.ended?.durationMs ?? (this.connectedAt ? performance.now() - this.connectedAt : 0);
  }

  /** Whether the call is past ringing, or waits in a room: it has the screen. */
  get isActive() {
    return this.state !== 'incoming' && this.state !== 'ended';
  }

  /**
   * Answers.
   * @param {string[]} [over] own calls to the same person that are over: their invites may come after this
   */
  accept(over) {
    if (this.state !== 'incoming') return;
    this.#tell('accept', { media: { audio: true, video: this.video }, over });
    this.#connect(true);
    for (const message of this.#early.splice(0)) this.#peer?.receive(message);
  }

  /** Whether media may flow, or did and are being mended. */
  get isTalk() {
    return this.connectedAt > 0 && this.isActive;
  }

  /** Whether either side pauses. */
  get onHold() {
    return this.held.local || this.held.remote;
  }

  /**
   * Pauses the call, or goes on with it.
   * @param {boolean} on
   */
  hold(on) {
    if (!this.isTalk || on === this.held.local) return;
    this.held.local = on;
    this.#tell(on ? 'hold' : 'resume');
    this.#pause();
  }

  /** Asks the other side for pictures both ways; once more takes the question back. */
  askVideo() {
    if (!this.isTalk || this.video) return;
    if (this.asking === 'remote') return this.answerVideo(true);
    if (this.asking === 'local') return this.#noVideo(true);
    this.#tell('ask-video');
    this.#ask('local');
  }

  /**
   * Answers the other side's question for pictures.
   * @param {boolean} yes
   */
  answerVideo(yes) {
    if (this.asking !== 'remote') return;
    if (!yes) return this.#noVideo(true);
    this.#tell('accept-video');
    this.#agreeOnVideo();
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
        this.#tell('cancel');
        return this.#end('local', 'cancelled');
      case 'incoming':
        this.#tell('decline', { reason: 'declined' });
        return this.#end('local', 'declined');
      case 'connecting':
      case 'connected':
      case 'reconnecting':
        this.#sayHangUp();
        return this.#end('local', 'hang-up');
    }
  }

  /** Gives way to the other person's own call to us, which starts at the same moment. */
  yieldToTheirs() {
    this.#tell('cancel');
    this.#end('system', 'glare-lost');
  }

  /** Gives way to a new call of the other person, who must have lost this one. */
  yieldToRecall() {
    if (this.state === 'incoming') this.#tell('decline', { reason: 'busy' });
    else this.#sayHangUp();
    this.#end('remote', 'recalled');
  }

  /**
   * Begins as the call left off whose place it takes: with or without pictures, and on hold.
   * @param {Call} old
   */
  inherit(old) {
    this.video &&= old.video;
    this.held.local = old.held.local;
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
        return this.#onNegotiation(message);
      case 'media-state':
        this.remoteMedia = { audio: message.audio, video: message.video, screen: message.screen ?? false };
        return this.emit('change');
      case 'anew':
        return this.#onAnew();
      case 'accepted-elsewhere':
      case 'declined-elsewhere':
        // Also for the one that answered a moment too late.
        if (this.#incoming && !this.connectedAt) this.#end('remote', message.type);
        return;
      case 'hold':
      case 'resume':
        this.held.remote = message.type === 'hold';
        return this.#pause();
      case 'ask-video':
        return this.#onAskVideo();
      case 'accept-video':
        // Possibly to a question that was taken back meanwhile.
        if (this.asking === 'local') this.#agreeOnVideo();
        else if (!this.video) this.#tell('stop-video');
        return;
      case 'stop-video':
        return this.#noVideo(false);
      case 'joined':
        return message.peer ? this.#onRoomPeer(message.peer, false) : this.#onRoomEmpty();
      case 'peer-joined':
        return this.#onRoomPeer(message.peer, true);
      case 'peer-left':
        if (message.call !== this.id) return;
        // Whom the service has lost may be talking all the same; without media they are gone.
        if (!message.gone) this.#end('remote', 'peer-left');
        else if (this.state !== 'connected') this.#end('remote', 'peer-gone');
        return;
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
      if (code === 'not-found') this.#peerDevice = '';
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
    if (!this.#incoming || this.state !== 'incoming') this.#peerDevice = '';
    if (this.state === 'dialing' || this.state === 'ringing') return this.#invite();
    if (this.state === 'connecting' && this.#incoming) this.#tell('accept', { media: { audio: true, video: this.video } });
    this.#peer?.resend();
    this.#sayHowThingsAre();
  }

  #join() {
    this.#context.signaling.send({ type: 'join', room: this.room, stay: this.#stay });
  }

  #invite() {
    const left = Math.max(1, Math.round(this.#ringUntil - performance.now()));
    this.#tell('invite', { media: { audio: true, video: this.video }, expires_in_ms: left });
  }

  /** @param {Message} message */
  #onRinging(message) {
    if (this.#incoming || (this.state !== 'dialing' && this.state !== 'ringing')) return;
    this.#ringing.add(message.from_device ?? '');
    this.#setState('ringing');
  }

  /** @param {Message} message */
  #onAccept(message) {
    if (this.#incoming || this.room) return;
    const device = message.from_device ?? '';
    if (this.state === 'dialing' || this.state === 'ringing') {
      this.#peerDevice = device;
      this.#tellOthers('accepted-elsewhere', device);
      if (message.media?.video === false) this.#setVideo(false, 'declined');
      this.#connect(false);
    } else if (device !== this.#peerDevice) {
      // The second to answer is told; a device that never rang is the first one, renamed.
      if (this.#ringing.has(device)) this.#tell('accepted-elsewhere', {}, device);
      else this.#peerDevice = device;
    }
  }

  /** @param {Message} message */
  #onDecline(message) {
    if (this.#incoming || (this.state !== 'dialing' && this.state !== 'ringing')) return;
    const device = message.from_device ?? '';
    this.#ringing.delete(device);
    // A busy or unattended device does not speak for the person while another one rings.
    const final = message.reason === 'declined' || message.reason === 'glare';
    if (!final && this.#ringing.size > 0) return;
    this.#tellOthers(message.reason === 'declined' ? 'declined-elsewhere' : 'cancel', device);
    if (message.reason === 'glare') return this.#end('system', 'glare-lost');
    this.#end('remote', message.reason === 'timeout' ? 'ring-timeout' : message.reason);
  }

  /** The caller has a connection with another device of ours, and makes a new one with this device. */
  #onAnew() {
    if (!this.#incoming) return;
    this.#early = [];
    if (!this.#peer) return;
    this.#peer.close();
    this.#connect(true);
  }

  #onAskVideo() {
    if (!this.#peer || this.asking === 'remote') return;
    if (this.asking === 'local' || (this.video && this.#context.media.state.video)) {
      // Both want it, or there are pictures already.
      this.#tell('accept-video');
      if (this.asking) this.#agreeOnVideo();
    } else {
      this.#ask('remote');
    }
  }

  /** @param {'local' | 'remote'} who */
  #ask(who) {
    this.asking = who;
    this.#askTimer = window.setTimeout(() => this.#noVideo(true), ASK_MS);
    this.emit('change');
  }

  #agreeOnVideo() {
    this.asking = '';
    this.#setVideo(true, 'agreed');
  }

  /**
   * No pictures: an answer, a question taken back, or the end of those there were.
   * @param {boolean} tell whether the other side has to hear of it
   */
  #noVideo(tell) {
    const { asking } = this;
    if (!asking && !this.video) return;
    this.asking = '';
    if (tell) this.#tell('stop-video');
    this.#setVideo(false, !asking ? 'stopped' : asking === 'local' && !tell ? 'declined' : 'withdrawn');
  }

  /**
   * @param {boolean} on
   * @param {'agreed' | 'declined' | 'withdrawn' | 'stopped'} how
   */
  #setVideo(on, how) {
    clearTimeout(this.#askTimer);
    this.video = on;
    this.emit('video', how);
    this.emit('change');
  }

  #pause() {
    this.#peer?.pause(this.onHold);
    this.emit('change');
  }

  /** @param {Message} message */
  #onNegotiation(message) {
    if (this.#peer) {
      if (this.state !== 'connecting') this.#peerDevice = message.from_device ?? this.#peerDevice;
      else if (this.#peerDevice && message.from_device && message.from_device !== this.#peerDevice) return;
      this.#peer.receive(message);
    } else if (this.#early.length < EARLY_MOST) {
      this.#early.push(message);
    }
  }

  #onRoomEmpty() {
    if (this.state === 'joining') this.#setState('waiting');
  }

  /**
   * @param {{ user: string, device: string, call: string }} other
   * @param {boolean} polite they came to us, and make the offer
   */
  #onRoomPeer(other, polite) {
    if (!this.#peer) {
      this.id = other.call;
      this.peerUser = other.user;
      this.#peerDevice = other.device;
      this.#connect(polite);
    } else if (other.user === this.peerUser) {
      // Both lost the service and met again in the room: the same talk under a new name. A new path
      // is looked for in any case, which also tells whether the other side still has its connection.
      this.id = other.call;
      this.#peerDevice = other.device;
      this.#peer.polite = polite;
      if (polite) this.#peer.resend();
      else if (this.#peer.connection.signalingState === 'stable') this.#peer.restart();
      else this.#peer.resend();
      this.#sayHowThingsAre();
    }
  }

  /** @param {boolean} polite the other side makes the offer */
  #connect(polite) {
    const { signaling, media, codec } = this.#context;
    const peer = new Peer({
      polite,
      codec,
      media,
      iceServers: signaling.iceServers,
      send: (type, fields) => this.#tell(type, fields),
    });
    this.#peer = peer;
    peer.pause(this.onHold);
    peer.on('state', (state) => this.#onPeerState(state));
    peer.on('stream', (stream) => {
      this.stream = stream;
      this.emit('stream', stream);
    });
    peer.on('word', (word) => {
      if (peer === this.#peer && word?.type === 'hang-up' && word.call === this.id) this.receive(word);
    });
    peer.on('gone', () => this.#after(GOODBYE_MS, () => this.#end('remote', 'peer-gone')));
    peer.on('failed', () => {
      if (peer !== this.#peer) return;
      this.#tell('hang-up');
      this.#end('system', 'negotiation-failed');
    });
    this.#setState('connecting');
    this.#after(CONNECT_MS, () => this.#giveUp());
    this.#sayHowThingsAre();
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
    this.#tell('hang-up');
    this.#end('timeout', this.connectedAt ? 'connection-lost' : 'ice-failed');
  }

  /** The service may be gone; the other side hears it over the connection, too. */
  #sayHangUp() {
    this.#tell('hang-up');
    this.#peer?.say({ type: 'hang-up', call: this.id });
  }

  #sendMediaState() {
    if (this.#peer) this.#tell('media-state', this.#context.media.state);
  }

  /** At the beginning, and after either side lost the service: what it cannot know or may have missed. */
  #sayHowThingsAre() {
    this.#sendMediaState();
    if (this.#peer && this.held.local) this.#tell('hold');
  }

  /**
   * Sends a message about this call to all devices of the other person but one.
   * @param {string} type
   * @param {string} device
   */
  #tellOthers(type, device) {
    if (device) this.#context.signaling.send({ type, to: this.peerUser, except_device: device, call: this.id });
  }

  /**
   * Sends a message about this call to the other side.
   * @param {string} type
   * @param {object} [fields]
   * @param {string} [device]
   */
  #tell(type, fields = {}, device = this.#peerDevice) {
    const to = { to: this.peerUser, ...(device ? { to_device: device } : {}) };
    this.#context.signaling.send({ type, ...to, call: this.id, ...fields });
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
    clearTimeout(this.#askTimer);
    this.#unsubscribe();
    this.#peer?.close();
    this.#early = [];
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
