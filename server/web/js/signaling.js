// @ts-check
/**
 * The `duet` signaling protocol over WebSocket: hello and welcome, numbering and acknowledgement,
 * resume after a lost connection. What the messages mean is not decided here.
 */
import { Backoff, Emitter } from './util.js';

/** The protocol version this page speaks. */
const VERSION = 1;
/** A lone acknowledgement waits this long for a message to ride on, in milliseconds. */
const ACK_DELAY_MS = 200;
/** Longer without an acknowledgement, and the connection counts as dead, in milliseconds. */
const STALLED_MS = 6000;
/** Longer from connecting to `welcome`, and the attempt is given up, in milliseconds. */
const OPEN_TIMEOUT_MS = 8000;
/** Reconnecting starts quickly, for a server that restarts, and settles at a gentle rate. */
const RECONNECT_FIRST_MS = 250;
const RECONNECT_MOST_MS = 5000;
/** Unacknowledged messages kept; a call makes some dozens, so more means that nobody reads them. */
const OUTBOX_MOST = 512;
/** Sent messages remembered so that an error can be traced to what it is about. */
const SENT_MEMORY = 128;
/** These go out even if the session they were sent in is gone: they end something for good. */
const FINAL_TYPES = new Set(['hang-up', 'cancel', 'decline']);

/**
 * @typedef {'idle' | 'connecting' | 'online' | 'reconnecting' | 'closed'} SignalingState
 * @typedef {{ type: string, seq?: number, ack?: number, from?: string, from_device?: string,
 *   to?: string, to_device?: string, except_device?: string, [field: string]: any }} Message
 */

/**
 * One session with the service. Events:
 * - `state` ({@link SignalingState}) whenever it changes;
 * - `message` ({@link Message}) once for each message from the other side, in order;
 * - `error` (`{ code, message, fatal, about?: Message, call? }`) when the service refused something;
 * - `fresh` when the service did not know the session any more, so that rooms must be joined again.
 */
export class Signaling extends Emitter {
  /** @type {SignalingState} */
  state = 'idle';
  /** The name of this device, from the last `welcome`. */
  device = '';
  /** STUN and TURN servers the service offers. @type {RTCIceServer[]} */
  iceServers = [];

  #url;
  #user;
  #token;
  /** @type {WebSocket | null} */
  #socket = null;
  #welcomed = false;
  /** @type {string | null} */
  #session = null;
  #everOnline = false;
  #sent = 0;
  #received = 0;
  #acked = 0;
  /** @type {Message[]} */
  #outbox = [];
  /** @type {Message[]} */
  #memory = [];
  #backoff = new Backoff(RECONNECT_FIRST_MS, RECONNECT_MOST_MS);
  /** @type {Record<'ack' | 'stalled' | 'open' | 'retry', number | undefined>} */
  #timers = { ack: undefined, stalled: undefined, open: undefined, retry: undefined };
  #wake = () => this.#retryNow();

  /**
   * @param {string} url of the WebSocket
   * @param {string} user
   * @param {string | null} token proof of identity, where the service asks for one
   */
  constructor(url, user, token) {
    super();
    this.#url = url;
    this.#user = user;
    this.#token = token;
  }

  /** Starts connecting; keeps at it until {@link close} or a fatal refusal. */
  connect() {
    if (this.state !== 'idle') return;
    addEventListener('online', this.#wake);
    this.#setState('connecting');
    this.#open();
  }

  /**
   * Sends a message, now or as soon as the connection is back.
   * @param {Message} message
   */
  send(message) {
    if (this.state === 'closed') return;
    const numbered = { ...message, seq: ++this.#sent };
    this.#outbox.push(numbered);
    this.#memory.push(numbered);
    if (this.#memory.length > SENT_MEMORY) this.#memory.shift();
    if (this.#outbox.length > OUTBOX_MOST) return this.#drop();
    if (this.#welcomed) this.#write(numbered);
  }

  /** Ends the session. Nothing is emitted afterwards but the state `closed`. */
  close() {
    if (this.state === 'closed') return;
    removeEventListener('online', this.#wake);
    for (const name of /** @type {const} */ (['ack', 'stalled', 'open', 'retry'])) this.#stop(name);
    this.#discard(1000);
    this.#setState('closed');
  }

  #open() {
    const socket = new WebSocket(this.#url);
    this.#socket = socket;
    this.#welcomed = false;
    this.#start('open', OPEN_TIMEOUT_MS, () => this.#drop());
    const mine = (/** @type {(event: any) => void} */ handler) => (/** @type {any} */ event) => {
      if (this.#socket === socket) handler(event);
    };
    socket.onopen = mine(() => socket.send(JSON.stringify(this.#hello())));
    socket.onmessage = mine((event) => this.#onText(event.data));
    socket.onclose = mine(() => this.#drop());
  }

  #hello() {
    return {
      type: 'hello',
      versions: { min: VERSION, max: VERSION },
      user: this.#user,
      capabilities: ['ring', 'room', 'trickle', 'resume', 'media-state'],
      agent: 'duet-web/0.1.0',
      ...(this.#token ? { token: this.#token } : {}),
      ...(this.#session ? { resume: { session: this.#session, received: this.#received, device: this.device } } : {}),
    };
  }

  /** @param {unknown} text */
  #onText(text) {
    /** @type {Message} */
    let message;
    try {
      message = JSON.parse(String(text));
    } catch {
      return console.warn('signaling: not JSON');
    }
    if (!message || typeof message.type !== 'string') return;
    if (typeof message.ack === 'number') this.#onAck(message.ack);
    if (message.type === 'welcome') return this.#onWelcome(message);
    if (message.type === 'error') return this.#onError(message);
    if (message.type === 'ack' || !this.#welcomed) return;
    if (typeof message.seq === 'number') {
      if (message.seq <= this.#received) return this.#ackSoon();
      // A gap cannot happen on one socket; after a botched resume, resuming again fills it.
      if (message.seq !== this.#received + 1) return this.#drop();
      this.#received = message.seq;
      this.#ackSoon();
    }
    this.emit('message', message);
  }

  /** @param {Message} welcome */
  #onWelcome(welcome) {
    const fresh = !welcome.resumed && this.#everOnline;
    this.#everOnline = true;
    this.#stop('open');
    this.#backoff.reset();
    this.#session = welcome.session;
    this.device = welcome.device;
    this.iceServers = welcome.ice_servers ?? [];
    if (!welcome.resumed) {
      this.#received = this.#acked = 0;
      if (fresh) this.#outbox = this.#outbox.filter((message) => FINAL_TYPES.has(message.type));
      this.#sent = 0;
      // Devices are named anew in a new session, so that a device named in the old one is nobody.
      this.#outbox = this.#outbox.map(({ to_device, ...message }) => ({ ...message, seq: ++this.#sent }));
      this.#memory = [...this.#outbox];
    }
    this.#onAck(welcome.received ?? 0);
    this.#welcomed = true;
    for (const message of this.#outbox) this.#write(message);
    this.#setState('online');
    if (fresh) this.emit('fresh');
  }

  /** @param {Message} error */
  #onError(error) {
    const about = this.#memory.find((message) => message.seq === error.about);
    if (error.fatal) {
      // A session that expired or was taken over cannot be resumed; a wrong token stays wrong.
      const hopeless = ['version-unsupported', 'unauthorized', 'replaced'].includes(error.code);
      if (!hopeless) return this.#drop();
      this.close();
    }
    this.emit('error', { ...error, about });
  }

  /** @param {number} ack */
  #onAck(ack) {
    this.#outbox = this.#outbox.filter((message) => (message.seq ?? 0) > ack);
    this.#stop('stalled');
    if (this.#outbox.length > 0) this.#watchStall();
  }

  #watchStall() {
    if (this.#timers.stalled === undefined) this.#start('stalled', STALLED_MS, () => this.#drop());
  }

  #ackSoon() {
    if (this.#timers.ack !== undefined) return;
    this.#start('ack', ACK_DELAY_MS, () => {
      if (this.#welcomed && this.#acked < this.#received) this.#write({ type: 'ack' });
    });
  }

  /** @param {Message} message */
  #write(message) {
    if (this.#socket?.readyState !== WebSocket.OPEN) return;
    this.#acked = this.#received;
    this.#socket.send(JSON.stringify(this.#received > 0 ? { ...message, ack: this.#received } : message));
    if (message.seq) this.#watchStall();
  }

  /** The connection is lost or useless: leave it and come back in a while. */
  #drop() {
    if (this.state === 'closed') return;
    this.#stop('open');
    this.#stop('stalled');
    this.#stop('ack');
    this.#discard(3000);
    if (this.#outbox.length > OUTBOX_MOST) {
      // Messages are missing from here on, so the session cannot be continued.
      this.#outbox = [];
      this.#session = null;
    }
    this.#setState(this.#everOnline ? 'reconnecting' : 'connecting');
    if (this.#timers.retry === undefined) this.#start('retry', this.#backoff.next(), () => this.#open());
  }

  #retryNow() {
    if (this.#timers.retry === undefined) return;
    this.#stop('retry');
    this.#open();
  }

  /** @param {number} code why the socket is closed, as WebSocket knows it */
  #discard(code) {
    const socket = this.#socket;
    this.#socket = null;
    this.#welcomed = false;
    socket?.close(code);
  }

  /** @param {SignalingState} state */
  #setState(state) {
    if (this.state === state) return;
    this.state = state;
    this.emit('state', state);
  }

  /**
   * @param {'ack' | 'stalled' | 'open' | 'retry'} name
   * @param {number} ms
   * @param {() => void} then
   */
  #start(name, ms, then) {
    this.#stop(name);
    this.#timers[name] = window.setTimeout(() => {
      this.#timers[name] = undefined;
      then();
    }, ms);
  }

  /** @param {'ack' | 'stalled' | 'open' | 'retry'} name */
  #stop(name) {
    clearTimeout(this.#timers[name]);
    this.#timers[name] = undefined;
  }
}
