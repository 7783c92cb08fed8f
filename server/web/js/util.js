// @ts-check
/** Small helpers without a subject of their own. */

/**
 * A tiny event source: `on` returns the function that ends the subscription.
 */
export class Emitter {
  /** @type {Map<string, Set<(detail: any) => void>>} */
  #handlers = new Map();

  /**
   * @param {string} name
   * @param {(detail: any) => void} handler
   * @returns {() => void}
   */
  on(name, handler) {
    let set = this.#handlers.get(name);
    if (!set) this.#handlers.set(name, (set = new Set()));
    set.add(handler);
    return () => set.delete(handler);
  }

  /**
   * @param {string} name
   * @param {any} [detail]
   */
  emit(name, detail) {
    for (const handler of [...(this.#handlers.get(name) ?? [])]) handler(detail);
  }
}

/**
 * Runs asynchronous jobs one after the other, in the order they were given. A job that throws is
 * reported and does not stop the next one.
 */
export class Chain {
  #tail = Promise.resolve();

  /**
   * @param {() => Promise<void> | void} job
   * @param {(error: unknown) => void} [onError]
   * @returns {Promise<void>} settles, never rejects, when the job is done
   */
  push(job, onError = (error) => console.error(error)) {
    this.#tail = this.#tail.then(job).catch(onError);
    return this.#tail;
  }
}

/**
 * Waiting times between attempts: doubling from `first` to `most` milliseconds, each shortened at
 * random by up to half so that many clients do not come back in the same moment.
 */
export class Backoff {
  #first;
  #most;
  #next;

  /**
   * @param {number} first
   * @param {number} most
   */
  constructor(first, most) {
    this.#first = this.#next = first;
    this.#most = most;
  }

  /** @returns {number} milliseconds to wait before the next attempt */
  next() {
    const full = this.#next;
    this.#next = Math.min(this.#most, full * 2);
    return full * (0.5 + Math.random() / 2);
  }

  /** An attempt succeeded: start from the shortest wait again. */
  reset() {
    this.#next = this.#first;
  }
}

/**
 * @param {unknown} text
 * @returns {any} undefined for what is no JSON text
 */
export function parseJson(text) {
  try {
    return typeof text === 'string' ? JSON.parse(text) : undefined;
  } catch {
    return undefined;
  }
}

/** @returns {string} 32 random hexadecimal digits: a call id */
export function randomId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

/**
 * A room name that is easy to say aloud and hard to guess by accident: two syllable words and
 * three digits (about 2^31 possibilities).
 * @returns {string}
 */
export function randomRoom() {
  const consonants = 'bdfgklmnprstvz';
  const vowels = 'aeiou';
  const dice = crypto.getRandomValues(new Uint32Array(11));
  const pick = (/** @type {string} */ from, /** @type {number} */ i) => from[dice[i] % from.length];
  const word = (/** @type {number} */ i) =>
    pick(consonants, i) + pick(vowels, i + 1) + pick(consonants, i + 2) + pick(vowels, i + 3);
  return `${word(0)}-${word(4)}-${100 + (dice[8] % 900)}`;
}

/**
 * @param {number} ms
 * @returns {string} `m:ss`, or `h:mm:ss` from one hour on
 */
export function formatDuration(ms) {
  const total = Math.max(0, Math.floor(ms / 1000));
  const two = (/** @type {number} */ n) => String(n).padStart(2, '0');
  const hours = Math.floor(total / 3600);
  const minutes = Math.floor(total / 60) % 60;
  return hours > 0 ? `${hours}:${two(minutes)}:${two(total % 60)}` : `${minutes}:${two(total % 60)}`;
}

/**
 * The first letters of up to two words, for the circle shown in place of a picture.
 * @param {string} name
 * @returns {string}
 */
export function initials(name) {
  const words = name.trim().split(/[\s._-]+/).filter(Boolean);
  return words.slice(0, 2).map((word) => [...word][0].toUpperCase()).join('') || '?';
}
