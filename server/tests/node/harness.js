// @ts-check
/** Servers to test against, and waiting for what they say: for events, with a deadline, never for time. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { io as io4 } from 'socket.io-client';
import io2 from 'socket.io-client-2';
import WebSocket from 'ws';

/** Nothing here takes longer unless it is broken. */
export const DEADLINE_MS = 10_000;

/**
 * @template T
 * @param {string} what is waited for
 * @param {Promise<T>} promise
 * @returns {Promise<T>}
 */
export async function soon(what, promise) {
  /** @type {NodeJS.Timeout | undefined} */
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`waited in vain for ${what}`)), DEADLINE_MS);
  });
  try {
    return await Promise.race([promise, /** @type {Promise<never>} */ (late)]);
  } finally {
    clearTimeout(timer);
  }
}

/** A running server: ours or another's. */
export class Server {
  /** @param {string} url @param {() => Promise<unknown>} stop */
  constructor(url, stop) {
    this.url = url;
    this.stop = stop;
  }

  /** The address for WebSockets. */
  get ws() {
    return this.url.replace(/^http/, 'ws');
  }
}

/** Starts `duet-server` on a free port. @param {string[]} args */
export async function duet(...args) {
  const program = process.env.DUET_SERVER_BIN;
  assert.ok(program, 'set DUET_SERVER_BIN to the path of duet-server');
  const child = spawn(program, ['--listen', '127.0.0.1:0', ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = once(child, 'exit');
  const [line] = await soon('the server', once(createInterface({ input: child.stdout }), 'line'));
  const url = /https?:\/\/\S+/.exec(line)?.[0];
  assert.ok(url, `no address in ${line}`);
  return new Server(url, () => {
    child.kill('SIGTERM');
    return soon('the end of the server', exited);
  });
}

/** Starts `duet-server` with TLS and a certificate of its own. @param {string[]} args */
export async function duetWithTls(...args) {
  const { generate } = await import('selfsigned');
  const pems = await generate([{ name: 'commonName', value: 'localhost' }], { keySize: 2048 });
  const folder = await mkdtemp(join(tmpdir(), 'duet-tls-'));
  const [cert, key] = [join(folder, 'certificate.pem'), join(folder, 'privatekey.pem')];
  await writeFile(cert, pems.cert);
  await writeFile(key, pems.private);
  const server = await duet('--tls-cert', cert, '--tls-key', key, ...args);
  return new Server(server.url, async () => {
    await server.stop();
    await rm(folder, { recursive: true });
  });
}

/** What somebody is told, in order. */
class Ear {
  /** @type {any[]} */
  heard = [];
  #wake = () => {};

  /** @param {any} news */
  hear(news) {
    this.heard.push(news);
    this.#wake();
  }

  /** The next thing that was told. @returns {Promise<any>} */
  async next() {
    const coming = (async () => {
      while (this.heard.length === 0) {
        await new Promise((resolve) => (this.#wake = () => resolve(undefined)));
      }
      return this.heard.shift();
    })();
    return soon('news', coming);
  }
}

/** A client of Socket.IO: what it hears are arrays of an event's name and arguments. */
export class SocketIo extends Ear {
  /** @param {any} socket */
  constructor(socket) {
    super();
    this.socket = socket;
  }

  /** The id of its connection. */
  get id() {
    return this.socket.id;
  }

  /**
   * Connects.
   * @param {Server} server
   * @param {2 | 4} version of the client
   * @param {object} options of the client
   * @param {string[]} events to listen for
   */
  static async connect(server, version, options, events) {
    const all = { forceNew: true, reconnection: false, rejectUnauthorized: false, ...options };
    const socket = version === 4 ? io4(server.url, all) : io2(server.url, all);
    const client = new SocketIo(socket);
    for (const event of events) {
      socket.on(event, (/** @type {any[]} */ ...args) => client.hear([event, ...args]));
    }
    const failed = new Promise((_, reject) => {
      socket.once('connect_error', (/** @type {any} */ error) => reject(new Error(`not connected: ${error}`)));
    });
    await soon('a connection', Promise.race([new Promise((resolve) => socket.once('connect', resolve)), failed]));
    return client;
  }

  /** Until it uses a WebSocket, having polled before. */
  async upgraded() {
    const engine = this.socket.io.engine;
    if (engine.transport.name !== 'websocket') {
      await soon('the upgrade', new Promise((resolve) => engine.once('upgrade', resolve)));
    }
    assert.equal(engine.transport.name, 'websocket');
  }

  /** @param {string} event @param {any[]} args */
  say(event, ...args) {
    this.socket.emit(event, ...args);
  }

  /** Until the server has taken in what was said: a namespace it does not have is refused after that. */
  async fence() {
    const other = this.socket.io.socket('/nowhere');
    await soon('the refusal', new Promise((resolve) => other.once('connect_error', resolve)));
  }

  /** Leaves in good order. */
  close() {
    this.socket.disconnect();
  }

  /** Leaves as a closed tab does: the WebSocket is cut off. */
  vanish() {
    this.socket.io.engine.transport.ws.terminate();
  }
}

/** A client with a plain WebSocket: what it hears are texts, and `{ closed: code }`. */
export class Plain extends Ear {
  /** @param {WebSocket} socket */
  constructor(socket) {
    super();
    this.socket = socket;
    socket.on('message', (data, binary) => this.hear(binary ? data : data.toString()));
    socket.on('close', (closed) => this.hear({ closed }));
  }

  /** @param {string} url @param {object} [headers] */
  static async connect(url, headers = {}) {
    const socket = new WebSocket(url, { rejectUnauthorized: false, headers });
    const client = new Plain(socket);
    await soon('a connection', once(socket, 'open'));
    return client;
  }

  /** @param {string | Buffer} text */
  say(text) {
    this.socket.send(text);
  }

  /** The next text, as JSON. */
  async json() {
    return JSON.parse(await this.next());
  }

  /** Closes, and waits until that is done. */
  async close() {
    const closed = once(this.socket, 'close');
    this.socket.close();
    await soon('the end', closed);
  }
}
