// @ts-check
/** A soft ring, made of sine tones; no sound file. */

/** Two rising notes for who is called, one low and quiet for who calls (Hz, seconds, loudness). */
const PATTERNS = {
  incoming: { every: 2.4, notes: [[587.3, 0, 0.12], [739.99, 0.22, 0.12], [587.3, 0.7, 0.08], [739.99, 0.92, 0.08]] },
  outgoing: { every: 3.6, notes: [[440, 0, 0.035], [554.4, 0.04, 0.025]] },
};

/** Rings until told to stop. Silent where the browser wants a click first. */
export class RingTone {
  /** @type {AudioContext | null} */
  #context = null;
  /** @type {number | undefined} */
  #timer;

  /** @param {'incoming' | 'outgoing'} kind */
  start(kind) {
    this.stop();
    const { every, notes } = PATTERNS[kind];
    const context = (this.#context = new AudioContext());
    context.resume().catch(() => {});
    const round = () => {
      for (const [pitch, delay, loudness] of notes) ring(context, pitch, context.currentTime + 0.05 + delay, loudness);
    };
    round();
    this.#timer = window.setInterval(round, every * 1000);
  }

  stop() {
    clearInterval(this.#timer);
    this.#context?.close().catch(() => {});
    this.#context = null;
  }
}

/**
 * @param {AudioContext} context
 * @param {number} pitch in Hz
 * @param {number} at when, on the context's clock
 * @param {number} loudness 0 to 1
 */
function ring(context, pitch, at, loudness) {
  const gain = context.createGain();
  gain.gain.setValueAtTime(0, at);
  gain.gain.linearRampToValueAtTime(loudness, at + 0.02);
  gain.gain.exponentialRampToValueAtTime(0.0001, at + 0.9);
  gain.connect(context.destination);
  const tone = context.createOscillator();
  tone.frequency.value = pitch;
  tone.connect(gain);
  tone.start(at);
  tone.stop(at + 1);
}
