// @ts-check
/** The other side of a call: a person with devices, one of which is talked to, and the connection with it. */
import { Peer } from './peer.js';
import { Emitter } from './util.js';

/** Negotiation messages kept until the person answers. */
const EARLY_MOST = 256;

/**
 * The other side of one call. Events: `state`, `stream`, `gone` and `failed` of the connection ({@link Peer}),
 * and `hang-up` (message) when they hung up over it.
 */
export class Partner extends Emitter {
  /** The person, once known. */
  user = '';
  /** The device that was called with, once one was settled on; '' addresses all of the person's. */
  device = '';
  /** Devices of the person that ring. @type {Set<string>} */
  ringing = new Set();
  /** The connection, once one is made. @type {Peer | null} */
  peer = null;

  #context;
  #call;
  /** @type {import('./signaling.js').Message[]} */
  #early = [];

  /**
   * @param {import('./lines.js').Context} context
   * @param {{ id: string }} call
   */
  constructor(context, call) {
    super();
    this.#context = context;
    this.#call = call;
  }

  /**
   * Sends a message about the call.
   * @param {string} type
   * @param {object} [fields]
   * @param {string} [device]
   */
  tell(type, fields = {}, device = this.device) {
    const to = { to: this.user, ...(device ? { to_device: device } : {}) };
    this.#context.signaling.send({ type, ...to, call: this.#call.id, ...fields });
  }

  /**
   * Sends a message about the call to all devices but one.
   * @param {string} type
   * @param {string} device
   */
  tellOthers(type, device) {
    if (device) this.#context.signaling.send({ type, to: this.user, except_device: device, call: this.#call.id });
  }

  /**
   * A device answers when the call was answered: the second one is told; one that never rang is the first
   * one, renamed.
   * @param {string} device
   */
  answersToo(device) {
    if (device === this.device) return;
    if (this.ringing.has(device)) this.tell('accepted-elsewhere', {}, device);
    else this.device = device;
  }

  /** The service may be gone; the other side hears it over the connection, too. */
  tellHangUp() {
    this.tell('hang-up');
    this.peer?.say({ type: 'hang-up', call: this.#call.id });
  }

  /**
   * Makes a connection, perhaps in the place of another one.
   * @param {boolean} polite the other side makes the offer
   */
  connect(polite) {
    const { signaling, media, codec } = this.#context;
    const peer = new Peer({
      polite,
      codec,
      media,
      iceServers: signaling.iceServers,
      send: (type, fields) => this.tell(type, fields),
    });
    this.peer = peer;
    peer.on('state', (state) => this.emit('state', state));
    peer.on('stream', (stream) => this.emit('stream', stream));
    peer.on('word', (word) => {
      if (peer === this.peer && word?.type === 'hang-up' && word.call === this.#call.id) this.emit('hang-up', word);
    });
    peer.on('gone', () => this.emit('gone'));
    peer.on('failed', () => peer === this.peer && this.emit('failed'));
    return peer;
  }

  /**
   * Takes a `description` or `candidate` message.
   * @param {import('./signaling.js').Message} message
   * @param {boolean} connecting whether only the device that was settled on is heard
   */
  negotiate(message, connecting) {
    if (this.peer) {
      if (!connecting) this.device = message.from_device ?? this.device;
      else if (this.device && message.from_device && message.from_device !== this.device) return;
      this.peer.receive(message);
    } else if (this.#early.length < EARLY_MOST) {
      this.#early.push(message);
    }
  }

  /** Takes what came before there was a connection. */
  negotiateEarly() {
    for (const message of this.#early.splice(0)) this.peer?.receive(message);
  }

  /**
   * Both lost the service and met again in the room. A new path is looked for in any case, which also
   * tells whether the other side still has its connection.
   * @param {string} device
   * @param {boolean} polite they came to us
   */
  meetAgain(device, polite) {
    this.device = device;
    if (!this.peer) return;
    this.peer.polite = polite;
    if (polite) this.peer.resend();
    else if (this.peer.connection.signalingState === 'stable') this.peer.restart();
    else this.peer.resend();
  }

  /** Ends the connection. */
  close() {
    this.peer?.close();
    this.#early = [];
  }
}
