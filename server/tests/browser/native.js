// @ts-check
/** The native engine on the other side: `duet call` and its JSON lines. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { until } from './wait.js';

/** A running `duet call`. */
export class Native {
  /** What it printed so far. @type {any[]} */
  events = [];
  #child;
  #log = '';
  #done;

  /**
   * @param {{ url: string }} server
   * @param {string[]} args beside the address and `--json`
   */
  constructor(server, args) {
    const program = process.env.DUET_BIN;
    assert.ok(program, 'set DUET_BIN to the path of duet');
    this.#child = spawn(program, ['call', server.url, ...args, '--json'], { stdio: ['pipe', 'pipe', 'pipe'] });
    const lines = createInterface({ input: this.#child.stdout });
    lines.on('line', (line) => this.events.push(JSON.parse(line)));
    this.#child.stderr.on('data', (text) => {
      // The end is what tells.
      this.#log = `${this.#log}${text}`.slice(-8000);
    });
    this.#done = Promise.all([once(this.#child, 'exit'), once(lines, 'close')]);
  }

  /**
   * @param {string} name of an event
   * @param {(event: any) => boolean} [wanted]
   * @returns {Promise<any>} the first of that name that is wanted
   */
  event(name, wanted = () => true) {
    return until(`event ${name} of the native side`, () => {
      const found = this.events.find((event) => event.event === name && wanted(event));
      if (!found && this.#child.exitCode !== null) throw new Error(`it ended first: ${this.#story()}`);
      return found;
    });
  }

  /**
   * Types a line, as a person would; done when it is done.
   * @param {string} action a word of `duet call`
   */
  async type(action) {
    const done = () => this.events.filter((event) => event.event === 'did' && event.action === action).length;
    const before = done();
    this.#child.stdin.write(`${action}\n`);
    await until(`${action} of the native side`, () => done() > before);
  }

  /**
   * Waits for its end, and checks that everything went well: the call, its media, the exit code.
   * @param {'local' | 'remote'} by who ended the call, as this side sees it
   * @param {string} [codec] `H264` or `VP8`; without it, whatever they agreed on
   */
  async endedWell(by, codec) {
    await until('the end of the native side', () => this.#child.exitCode !== null || this.#child.signalCode !== null);
    await this.#done;
    const report = this.events.at(-1);
    const story = this.#story();
    assert.equal(report?.event, 'report', story);
    assert.equal(report.ok, true, story);
    assert.equal(report.ended_by, by, story);
    if (codec) assert.equal(report.video.codec?.toUpperCase(), `VIDEO/${codec}`, story);
    for (const [what, value] of Object.entries({
      'video.frames_decoded': report.video.frames_decoded,
      'video.frames_changed': report.video.frames_changed,
      'video.packets_sent': report.video.packets_sent,
      'audio.packets_received': report.audio.packets_received,
      'audio.energy': report.audio.energy,
      'audio.packets_sent': report.audio.packets_sent,
    })) {
      assert.ok(value > 0, `${what} is ${value}; ${story}`);
    }
    assert.equal(this.#child.exitCode, 0, story);
  }

  /** Hangs up, if it still runs, as a person at the terminal does. */
  hangUp() {
    if (this.#child.exitCode === null && this.#child.signalCode === null) this.#child.kill('SIGTERM');
  }

  /** Ends it, if it still runs. */
  async stop() {
    this.hangUp();
    await this.#done;
  }

  #story() {
    return `${this.events.map((event) => JSON.stringify(event)).join('\n')}\n${this.#log}`;
  }
}
