// @ts-check
/** Live figures of a call, from `RTCPeerConnection.getStats`. */

/**
 * @typedef {object} Figures
 * @property {number | null} rttMs round trip of the chosen candidate pair
 * @property {number} upKbps sent, all media
 * @property {number} downKbps received, all media
 * @property {number | null} lossIn packets lost of those sent to us, in percent of the last interval
 * @property {number | null} lossOut packets lost of those we sent, in percent, as the other side reports
 * @property {number | null} jitterMs time a video frame waits in the jitter buffer, last interval
 * @property {string | null} pair `host/udp → srflx`
 * @property {VideoFigures} videoIn
 * @property {VideoFigures} videoOut
 * @property {{ energy: number, level: number, packets: number, codec: string | null }} audioIn
 * @property {{ packets: number, codec: string | null }} audioOut
 *
 * @typedef {object} VideoFigures
 * @property {number} fps
 * @property {number} width
 * @property {number} height
 * @property {number} frames decoded or encoded since the call began
 * @property {string | null} codec
 */

/** Turns successive reports into {@link Figures}; rates are over the time between two samples. */
export class StatsSampler {
  /** @type {{ time: number, up: number, down: number, lost: number, received: number, waited: number, emitted: number } | null} */
  #last = null;

  /**
   * @param {RTCPeerConnection} connection
   * @returns {Promise<Figures>}
   */
  async sample(connection) {
    const report = await connection.getStats();
    /** @type {any[]} */
    const all = [...report.values()];
    const rtp = (/** @type {string} */ type, /** @type {string} */ kind) =>
      all.find((entry) => entry.type === type && entry.kind === kind) ?? {};
    const codec = (/** @type {any} */ entry) => report.get(entry.codecId)?.mimeType?.split('/')[1] ?? null;

    const transport = all.find((entry) => entry.type === 'transport');
    const pair = report.get(transport?.selectedCandidatePairId) ??
      all.find((entry) => entry.type === 'candidate-pair' && entry.nominated && entry.state === 'succeeded');
    const videoIn = rtp('inbound-rtp', 'video');
    const videoOut = rtp('outbound-rtp', 'video');
    const audioIn = rtp('inbound-rtp', 'audio');
    const audioOut = rtp('outbound-rtp', 'audio');
    const remote = [rtp('remote-inbound-rtp', 'video'), rtp('remote-inbound-rtp', 'audio')];
    const fractions = remote.map((entry) => entry.fractionLost).filter((value) => typeof value === 'number');

    const now = {
      time: performance.now(),
      up: (videoOut.bytesSent ?? 0) + (audioOut.bytesSent ?? 0),
      down: (videoIn.bytesReceived ?? 0) + (audioIn.bytesReceived ?? 0),
      lost: (videoIn.packetsLost ?? 0) + (audioIn.packetsLost ?? 0),
      received: (videoIn.packetsReceived ?? 0) + (audioIn.packetsReceived ?? 0),
      waited: videoIn.jitterBufferDelay ?? 0,
      emitted: videoIn.jitterBufferEmittedCount ?? 0,
    };
    const last = this.#last ?? now;
    this.#last = now;
    const seconds = (now.time - last.time) / 1000;
    const kbps = (/** @type {number} */ bytes) => (seconds > 0 ? Math.max(0, Math.round((bytes * 8) / 1000 / seconds)) : 0);
    const share = (/** @type {number} */ part, /** @type {number} */ whole) => (whole > 0 ? Math.max(0, part / whole) : null);
    const lost = share(now.lost - last.lost, now.lost - last.lost + now.received - last.received);
    const waited = share(now.waited - last.waited, now.emitted - last.emitted);

    return {
      rttMs: typeof pair?.currentRoundTripTime === 'number' ? pair.currentRoundTripTime * 1000 : null,
      upKbps: kbps(now.up - last.up),
      downKbps: kbps(now.down - last.down),
      lossIn: lost === null ? null : lost * 100,
      lossOut: fractions.length > 0 ? Math.max(...fractions) * 100 : null,
      jitterMs: waited === null ? null : waited * 1000,
      pair: describePair(report, pair),
      videoIn: video(videoIn, videoIn.framesDecoded, codec(videoIn)),
      videoOut: video(videoOut, videoOut.framesEncoded, codec(videoOut)),
      audioIn: {
        energy: audioIn.totalAudioEnergy ?? 0,
        level: audioIn.audioLevel ?? 0,
        packets: audioIn.packetsReceived ?? 0,
        codec: codec(audioIn),
      },
      audioOut: { packets: audioOut.packetsSent ?? 0, codec: codec(audioOut) },
    };
  }
}

/**
 * The figures as rows of the statistics panel.
 * @param {Figures} f
 * @returns {[label: string, value: string][]}
 */
export function rows(f) {
  const number = (/** @type {number | null} */ value, /** @type {string} */ unit, digits = 0) =>
    value === null ? '–' : `${value.toFixed(digits)} ${unit}`;
  const rate = (/** @type {number} */ kbps) => (kbps >= 1000 ? `${(kbps / 1000).toFixed(1)} Mbit/s` : `${kbps} kbit/s`);
  const size = (/** @type {VideoFigures} */ v) => (v.width ? `${v.width}×${v.height}` : '–');
  return [
    ['Round trip', number(f.rttMs, 'ms', f.rttMs !== null && f.rttMs < 10 ? 1 : 0)],
    ['Up / down', `${rate(f.upKbps)} / ${rate(f.downKbps)}`],
    ['Frames out / in', `${Math.round(f.videoOut.fps)} / ${Math.round(f.videoIn.fps)} fps`],
    ['Picture out', size(f.videoOut)],
    ['Picture in', size(f.videoIn)],
    ['Codecs', [f.videoIn.codec ?? f.videoOut.codec, f.audioIn.codec ?? f.audioOut.codec].filter(Boolean).join(', ') || '–'],
    ['Loss out / in', `${number(f.lossOut, '%', 1)} / ${number(f.lossIn, '%', 1)}`],
    ['Jitter buffer', number(f.jitterMs, 'ms')],
    ['Path', f.pair ?? '–'],
  ];
}

/**
 * @param {any} entry
 * @param {number | undefined} frames
 * @param {string | null} codec
 * @returns {VideoFigures}
 */
function video(entry, frames, codec) {
  return {
    fps: entry.framesPerSecond ?? 0,
    width: entry.frameWidth ?? 0,
    height: entry.frameHeight ?? 0,
    frames: frames ?? 0,
    codec,
  };
}

/**
 * @param {RTCStatsReport} report
 * @param {any} pair
 * @returns {string | null}
 */
function describePair(report, pair) {
  const local = report.get(pair?.localCandidateId);
  const remote = report.get(pair?.remoteCandidateId);
  return local && remote ? `${local.candidateType}/${local.protocol} → ${remote.candidateType}` : null;
}
