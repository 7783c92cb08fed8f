// @ts-check
/** Waiting for what should happen, with a deadline; names that nobody else has. */
import assert from 'node:assert/strict';

/** How long anything may take before a test fails; generous, for a busy machine. */
export const DEADLINE_MS = 30_000;

/**
 * Waits until `probe` gives something truthy, and returns that.
 * @template T
 * @param {string} what for the failure's message
 * @param {() => Promise<T> | T} probe
 * @param {number} [deadlineMs]
 * @returns {Promise<T>}
 */
export async function until(what, probe, deadlineMs = DEADLINE_MS) {
  const end = Date.now() + deadlineMs;
  /** @type {unknown} */
  let last;
  while (Date.now() < end) {
    const value = await probe();
    if (value) return value;
    last = value;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new assert.AssertionError({ message: `not within ${deadlineMs} ms: ${what} (last: ${JSON.stringify(last)})` });
}

let count = 0;

/**
 * A name nobody else in this run has.
 * @param {string} stem
 */
export function unique(stem) {
  count += 1;
  return `${stem}-${count}`;
}
