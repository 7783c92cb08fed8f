// @ts-check
/**
 * One RTCPeerConnection and its negotiation: perfect negotiation as the W3C describes it, with one
 * difference: every step takes its turn in a chain, so that "am I in the middle of an offer" is
 * simply the connection's signaling state.
 */
import { Chain, Emitter, parseJson } from './util.js';

/** Label of the channel that is part of every first offer. */
const CONTROL_LABEL = 'duet-control';
/** Enough for a clean 720p picture at 30 fps; more would only crowd out a phone's uplink. */
const MAX_VIDEO_BPS = 2_500_000;
/** A pause this long is more than a hiccup of the radio: the impolite side looks for a new path. */
const RESTART_AFTER_MS = 2000;
/**
 * The polite side steps in only where the other one saw no problem: were both to offer at once, it
 * would have to roll back, after which Chromium (seen in 156) decodes pictures but shows them no more.
 */
const POLITE_RESTART_AFTER_MS = 10_000;
/** Candidates kept until their description is here; a device has some dozens at most. */
const EARLY_CANDIDATES_MOST = 256;

/** What is sent during a pause. */
const NOTHING = { audioTrack: null, videoTrack: null };

/**
 * Events:
 * - `state` (RTCPeerConnectionState) on every change;
 * - `stream` (MediaStream) when the other side's media are there;
 * - `word` (any value) that the other side said over the connection itself;
 * - `gone` when the other side closed its end of the connection;
 * - `failed` when negotiation cannot succeed.
 */
export class Peer extends Emitter {
  /** Gives way when both offer at once. */
  polite;
  /** What the other side sends. */
  stream = new MediaStream();

  #options;
  #chain = new Chain();
  #closed = false;
  #paused = false;
  /** @type {RTCPeerConnection} */
  #connection;
  /** @type {{ audio?: RTCRtpSender, video?: RTCRtpSender }} */
  #senders = {};
  /** @type {(RTCIceCandidateInit | null)[]} */
  #early = [];
  #ignoringOffer = false;
  /** The number of our last offer; random at first, so that answers to an earlier connection do not fit. */
  #exchange = Math.floor(Math.random() * 2 ** 31);
  /** The channel that is part of every first offer. @type {RTCDataChannel | null} */
  #control = null;
  /** @type {number | undefined} */
  #restartTimer;
  #unsubscribe;
  /** The streams the other side is told our tracks belong to: one, so that it plays them in sync. */
  #localStream = new MediaStream();

  /**
   * @param {object} options
   * @param {boolean} options.polite
   * @param {RTCIceServer[]} options.iceServers
   * @param {string | null} options.codec `h264` or `vp8` to prefer it, null for the browser's order
   * @param {import('./media.js').LocalMedia} options.media
   * @param {(type: 'description' | 'candidate', fields: object) => void} options.send
   */
  constructor(options) {
    super();
    this.#options = options;
    this.polite = options.polite;
    this.#connection = this.#build();
    this.#unsubscribe = options.media.on('change', () => this.#chain.push(() => this.#syncTracks()));
  }

  /** For statistics only. */
  get connection() {
    return this.#connection;
  }

  /** @returns {RTCPeerConnectionState} */
  get state() {
    return this.#closed ? 'closed' : this.#connection.connectionState;
  }

  /**
   * Sends nothing while paused. The sources stay as they are, and no new exchange is needed.
   * @param {boolean} on
   */
  pause(on) {
    if (this.#paused === on) return;
    this.#paused = on;
    this.#chain.push(() => this.#syncTracks());
  }

  /** Makes the first offer; the other side waits for it. */
  offer() {
    this.#chain.push(() => this.#prepareOffer(), () => this.emit('failed'));
  }

  /** Looks for a new path with a new offer; media keep flowing on the old one meanwhile. */
  restart() {
    // Without a first exchange there is nothing to restart: its offer is still on its way.
    if (!this.#closed && this.#connection.remoteDescription) this.#connection.restartIce();
  }

  /** Sends an unanswered offer once more, after the service forgot what was on its way. */
  resend() {
    this.#chain.push(() => {
      if (this.#connection.signalingState === 'have-local-offer') this.#sendDescription(this.#exchange);
    });
  }

  /**
   * Takes a `description` or `candidate` message.
   * @param {import('./signaling.js').Message} message
   */
  receive(message) {
    if (message.type === 'candidate') {
      this.#chain.push(() => this.#onCandidate(message.candidate ?? null));
    } else {
      this.#chain.push(
        () => this.#onDescription({ type: message.kind, sdp: message.sdp }, message.exchange),
        (error) => {
          console.error(error);
          if (!this.#closed) this.emit('failed');
        },
      );
    }
  }

  /**
   * Says something over the connection itself, if it stands.
   * @param {object} word
   */
  say(word) {
    if (this.#control?.readyState === 'open') this.#control.send(JSON.stringify(word));
  }

  /** Ends the connection. Nothing is emitted afterwards. */
  close() {
    if (this.#closed) return;
    this.#closed = true;
    this.#unsubscribe();
    this.#retire();
  }

  #build() {
    const connection = new RTCPeerConnection({ iceServers: this.#options.iceServers, bundlePolicy: 'max-bundle' });
    connection.onnegotiationneeded = () => this.#chain.push(() => this.#negotiate(), () => this.emit('failed'));
    connection.onicecandidate = ({ candidate }) =>
      this.#options.send('candidate', { candidate: candidate?.candidate ? candidate.toJSON() : null });
    connection.ontrack = ({ track }) => {
      for (const old of this.stream.getTracks()) if (old.kind === track.kind) this.stream.removeTrack(old);
      this.stream.addTrack(track);
      this.emit('stream', this.stream);
    };
    connection.oniceconnectionstatechange = () => this.#watchPath();
    connection.onconnectionstatechange = () => this.emit('state', connection.connectionState);
    connection.ondatachannel = ({ channel }) => this.#watchControl(channel);
    return connection;
  }

  /** Detaches and closes the connection in use. */
  #retire() {
    clearTimeout(this.#restartTimer);
    const old = this.#connection;
    old.onnegotiationneeded = old.onicecandidate = old.ontrack = null;
    old.oniceconnectionstatechange = old.onconnectionstatechange = old.ondatachannel = null;
    old.close();
  }

  /** Starts over with a new connection: the other side did, too. */
  #rebuild() {
    this.#retire();
    this.#senders = {};
    this.#early = [];
    this.#ignoringOffer = false;
    this.#connection = this.#build();
  }

  async #prepareOffer() {
    if (this.#closed) return;
    const connection = this.#connection;
    this.#watchControl(connection.createDataChannel(CONTROL_LABEL));
    for (const kind of /** @type {const} */ (['audio', 'video'])) {
      // Without a device too: one that comes later is swapped in, and needs no new exchange.
      const transceiver = connection.addTransceiver(kind, { direction: 'sendrecv', streams: [this.#localStream] });
      this.#senders[kind] = transceiver.sender;
      if (kind === 'video') this.#preferCodec(transceiver);
    }
    await this.#syncTracks();
  }

  async #negotiate() {
    if (this.#closed || this.#connection.signalingState !== 'stable') return;
    await this.#connection.setLocalDescription();
    this.#exchange += 1;
    this.#sendDescription(this.#exchange);
  }

  /** @param {number | undefined} exchange an offer's own number; an answer repeats its offer's, if it has one */
  #sendDescription(exchange) {
    const description = this.#connection.localDescription;
    if (!this.#closed && description) {
      const { type: kind, sdp } = description;
      this.#options.send('description', { kind, sdp, ...(exchange === undefined ? {} : { exchange }) });
    }
  }

  /**
   * @param {{ type: RTCSdpType, sdp: string }} description
   * @param {number | undefined} exchange
   */
  async #onDescription(description, exchange) {
    if (this.#closed) return;
    const offered = this.#connection.signalingState === 'have-local-offer';
    if (description.type === 'offer') {
      this.#ignoringOffer = offered && !this.polite;
      if (this.#ignoringOffer) return;
      if (this.#isAnotherPeer(description.sdp)) this.#rebuild();
      else if (offered) await this.#connection.setLocalDescription({ type: 'rollback' });
      await this.#setRemote(description);
      await this.#attach();
      await this.#connection.setLocalDescription();
      this.#sendDescription(exchange);
    } else {
      // An answer to an offer that was taken back.
      if (!offered || (exchange !== undefined && exchange !== this.#exchange)) return;
      if (this.#isAnotherPeer(description.sdp)) {
        this.#rebuild();
        return this.#prepareOffer();
      }
      await this.#setRemote(description);
    }
    await this.#tune();
  }

  /** @param {RTCSessionDescriptionInit} description */
  async #setRemote(description) {
    await this.#connection.setRemoteDescription(description);
    const early = this.#early;
    this.#early = [];
    for (const candidate of early) await this.#addCandidate(candidate);
  }

  /** @param {RTCIceCandidateInit | null} candidate null: there are no more */
  async #onCandidate(candidate) {
    if (this.#closed) return;
    if (this.#connection.remoteDescription) return this.#addCandidate(candidate);
    if (this.#early.length < EARLY_CANDIDATES_MOST) this.#early.push(candidate);
  }

  /** @param {RTCIceCandidateInit | null} candidate */
  async #addCandidate(candidate) {
    try {
      // Some senders leave the section's tag empty and count on its index.
      if (candidate && !candidate.sdpMid) candidate = { ...candidate, sdpMid: null, sdpMLineIndex: candidate.sdpMLineIndex ?? 0 };
      await this.#connection.addIceCandidate(candidate ?? undefined);
    } catch (error) {
      // Candidates of an ignored offer have no home; another bad one costs one path, not the call.
      if (!this.#ignoringOffer) console.warn('candidate refused:', error);
    }
  }

  /** Answers an offer in kind: sends on every section of a kind not sent yet. */
  async #attach() {
    for (const transceiver of this.#connection.getTransceivers()) {
      const kind = /** @type {'audio' | 'video'} */ (transceiver.receiver.track.kind);
      if (this.#senders[kind] || transceiver.currentDirection === 'stopped') continue;
      this.#senders[kind] = transceiver.sender;
      transceiver.direction = 'sendrecv';
      transceiver.sender.setStreams?.(this.#localStream);
      if (kind === 'video') this.#preferCodec(transceiver);
    }
    await this.#syncTracks();
  }

  async #syncTracks() {
    if (this.#closed) return;
    const { audioTrack, videoTrack } = this.#paused ? NOTHING : this.#options.media;
    if (this.#senders.audio?.track !== audioTrack) await this.#senders.audio?.replaceTrack(audioTrack);
    if (this.#senders.video?.track !== videoTrack) await this.#senders.video?.replaceTrack(videoTrack);
  }

  /** @param {RTCRtpTransceiver} transceiver */
  #preferCodec(transceiver) {
    const wanted = this.#options.codec && `video/${this.#options.codec}`.toLowerCase();
    const codecs = RTCRtpReceiver.getCapabilities('video')?.codecs ?? [];
    const first = codecs.filter((codec) => codec.mimeType.toLowerCase() === wanted);
    if (first.length === 0) return;
    transceiver.setCodecPreferences([...first, ...codecs.filter((codec) => !first.includes(codec))]);
  }

  /** Caps the picture's bitrate; what the network carries is found below that. */
  async #tune() {
    const sender = this.#senders.video;
    const parameters = sender?.getParameters();
    if (!sender || !parameters?.encodings?.length || parameters.encodings[0].maxBitrate === MAX_VIDEO_BPS) return;
    parameters.encodings[0].maxBitrate = MAX_VIDEO_BPS;
    parameters.degradationPreference = 'balanced';
    await sender.setParameters(parameters).catch((error) => console.warn('bitrate not set:', error));
  }

  /**
   * Whether a description comes from another connection than the one we talk to: its certificate
   * tells. The other side has then lost its connection and made a new one.
   * @param {string} sdp
   */
  #isAnotherPeer(sdp) {
    const known = this.#connection.remoteDescription?.sdp;
    return known !== undefined && fingerprint(known) !== fingerprint(sdp);
  }

  #watchPath() {
    clearTimeout(this.#restartTimer);
    const state = this.#connection.iceConnectionState;
    if (state !== 'disconnected' && state !== 'failed') return;
    const wait = this.polite ? POLITE_RESTART_AFTER_MS : state === 'failed' ? 0 : RESTART_AFTER_MS;
    this.#restartTimer = window.setTimeout(() => this.restart(), wait);
  }

  /** @param {RTCDataChannel} channel */
  #watchControl(channel) {
    if (channel.label !== CONTROL_LABEL) return;
    const connection = this.#connection;
    this.#control = channel;
    channel.onmessage = ({ data }) => {
      if (!this.#closed && this.#connection === connection) this.emit('word', parseJson(data));
    };
    channel.onclose = () => {
      if (!this.#closed && this.#connection === connection) this.emit('gone');
    };
  }
}

/** @param {string} sdp */
function fingerprint(sdp) {
  return /^a=fingerprint:\S+ (\S+)/m.exec(sdp)?.[1]?.toUpperCase();
}
