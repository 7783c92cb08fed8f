// @ts-check
/** One connection to the other side, in the order of the tutorials: offer, answer, candidates at any time. */
import { Emitter } from '../js/util.js';
import { query, showRemote, status } from './page.js';

/**
 * A connection whose picture and state the page shows.
 * @param {{ candidate: (candidate: RTCIceCandidate) => void, gone: () => void }} hooks
 */
export function connect({ candidate, gone }) {
  const connection = new Connection();
  connection.on('candidate', candidate);
  connection.on('gone', gone);
  connection.on('stream', showRemote);
  connection.on('connected', () => status('connected', 'You are talking.'));
  return connection;
}

/** How long an interruption may last before the other side counts as gone. */
const GONE_MS = 10_000;

/**
 * Events:
 * - `candidate` (RTCIceCandidate) for the other side;
 * - `stream` (MediaStream) of the other side;
 * - `connected`;
 * - `gone` when nothing has come from the other side for {@link GONE_MS}.
 */
export class Connection extends Emitter {
  #peer;
  /** Candidates that came before the description they belong to. @type {RTCIceCandidateInit[]} */
  #early = [];
  #described = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #gone;

  constructor() {
    super();
    const stun = query.get('stun');
    this.#peer = new RTCPeerConnection({ iceServers: stun ? [{ urls: `stun:${stun}` }] : [] });
    this.#peer.onicecandidate = ({ candidate }) => candidate && this.emit('candidate', candidate);
    this.#peer.ontrack = ({ streams }) => streams[0] && this.emit('stream', streams[0]);
    this.#peer.onconnectionstatechange = () => this.#onState();
  }

  /** Whether media flows. */
  get connected() {
    return this.#peer.connectionState === 'connected';
  }

  /** Whether an offer of ours waits for its answer. */
  get offering() {
    return this.#peer.signalingState === 'have-local-offer';
  }

  /**
   * @param {import('../js/media.js').LocalMedia} media
   * @returns {Promise<RTCSessionDescription>}
   */
  async offer(media) {
    const stream = streamOf(media);
    for (const kind of ['audio', 'video']) {
      const track = stream.getTracks().find((one) => one.kind === kind);
      this.#peer.addTransceiver(track ?? kind, { direction: track ? 'sendrecv' : 'recvonly', streams: track ? [stream] : [] });
    }
    await this.#peer.setLocalDescription();
    return /** @type {RTCSessionDescription} */ (this.#peer.localDescription);
  }

  /**
   * @param {RTCSessionDescriptionInit} offer
   * @param {import('../js/media.js').LocalMedia} media
   * @returns {Promise<RTCSessionDescription>}
   */
  async answer(offer, media) {
    const stream = streamOf(media);
    for (const track of stream.getTracks()) this.#peer.addTrack(track, stream);
    await this.#describe(offer);
    await this.#peer.setLocalDescription();
    return /** @type {RTCSessionDescription} */ (this.#peer.localDescription);
  }

  /** @param {RTCSessionDescriptionInit} answer */
  settle(answer) {
    return this.#describe(answer);
  }

  /** @param {RTCIceCandidateInit} candidate of the other side; kept until its description is there */
  async add(candidate) {
    if (!this.#described) {
      this.#early.push(candidate);
      return;
    }
    // One that belongs to a connection given up before is refused, and not missed.
    await this.#peer.addIceCandidate(candidate).catch(() => {});
  }

  close() {
    clearTimeout(this.#gone);
    this.#peer.onconnectionstatechange = null;
    this.#peer.onicecandidate = null;
    this.#peer.ontrack = null;
    this.#peer.close();
  }

  /** @param {RTCSessionDescriptionInit} description */
  async #describe(description) {
    await this.#peer.setRemoteDescription(description);
    this.#described = true;
    for (const candidate of this.#early.splice(0)) await this.add(candidate);
  }

  #onState() {
    const { connectionState } = this.#peer;
    clearTimeout(this.#gone);
    if (connectionState === 'connected') this.emit('connected');
    if (connectionState === 'failed' || connectionState === 'closed') this.emit('gone');
    if (connectionState === 'disconnected') this.#gone = setTimeout(() => this.emit('gone'), GONE_MS);
  }
}

/** @param {import('../js/media.js').LocalMedia} media */
function streamOf(media) {
  return new MediaStream([media.audioTrack, media.videoTrack].filter((track) => track !== null));
}
