// @ts-check
/** Runs one of the programs in `originals/`. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const FOLDER = fileURLToPath(new URL('./originals/', import.meta.url));

/** A tutorial's own server, on a port of its own. */
export class Original {
  #child;

  /**
   * @param {import('node:child_process').ChildProcess} child
   * @param {string} url
   */
  constructor(child, url) {
    this.#child = child;
    /** What a client is told: `http://127.0.0.1:40000`, with the path where there is one. */
    this.url = url;
  }

  /**
   * @param {string} name of the program
   * @param {string[]} args for it
   * @returns {Promise<Original>}
   */
  static async start(name, args = []) {
    const child = spawn(process.execPath, [`${FOLDER}${name}.js`, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
    const lines = createInterface({ input: child.stdout });
    const failed = once(child, 'exit').then(([code]) => {
      throw new Error(`${name}.js ended with ${code} before it served`);
    });
    failed.catch(() => {});
    const [url] = await Promise.race([once(lines, 'line'), failed]);
    return new Original(child, url);
  }

  async stop() {
    const child = this.#child;
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGTERM');
    await once(child, 'exit');
  }
}
