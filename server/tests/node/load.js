// @ts-check
/**
 * How long a message takes through `socketio-relay` here and through a server of Socket.IO 4: from one
 * client to the other and back, the servers in turn. `npm run load [turns]`.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { Server, SocketIo, duet, soon } from './harness.js';
import * as originals from './originals.js';

/** Each pair stays below the burst from which on our server slows clients down. */
const TRIPS = 300;
const WARM_UP = 50;

if (process.argv[2] === 'serve') {
  process.send?.((await originals.relay()).url);
} else {
  await compare(Number(process.argv[2] ?? 30));
}

/** @param {number} turns of each server */
async function compare(turns) {
  const child = fork(import.meta.filename, ['serve']);
  const [url] = await soon('the other server', once(child, 'message'));
  const servers = { duet: await duet(), 'Socket.IO 4': new Server(String(url), async () => child.kill()) };
  /** @type {Record<string, number[]>} */
  const times = {};
  for (let turn = 0; turn < turns; turn++) {
    for (const [name, server] of Object.entries(servers)) {
      const pair = /** @type {[SocketIo, SocketIo]} */ ([await enter(server), await enter(server)]);
      await roundTrips(pair, WARM_UP);
      times[name] = [...(times[name] ?? []), ...(await roundTrips(pair, TRIPS))];
      for (const client of pair) client.close();
    }
  }
  const p = (/** @type {string} */ name, /** @type {number} */ share) => {
    const sorted = times[name].sort((a, b) => a - b);
    return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
  };
  for (const name of Object.keys(servers)) {
    console.log(`${name}: p50 ${p(name, 0.5).toFixed(3)} ms, p99 ${p(name, 0.99).toFixed(3)} ms, n ${times[name].length}`);
  }
  const ratio = (/** @type {number} */ share) => (p('duet', share) / p('Socket.IO 4', share)).toFixed(2);
  console.log(`duet to Socket.IO 4: p50 ${ratio(0.5)}, p99 ${ratio(0.99)}`);
  for (const server of Object.values(servers)) await server.stop();
}

/** @param {Server} server */
async function enter(server) {
  const client = await SocketIo.connect(server, 4, { transports: ['websocket'] }, ['conn', 'iceOffer', 'signalOffer']);
  client.say('conn', 'room');
  await client.next();
  return client;
}

/** @param {[SocketIo, SocketIo]} pair @param {number} count @returns {Promise<number[]>} in ms */
async function roundTrips([a, b], count) {
  const candidate = { candidate: 'candidate:1 1 udp 2113937151 192.0.2.1 50000 typ host', sdpMid: '0', sdpMLineIndex: 0 };
  const times = [];
  for (let n = 0; n < count; n++) {
    const start = performance.now();
    a.say('iceOffer', candidate);
    await b.next();
    b.say('iceOffer', candidate);
    await a.next();
    times.push(performance.now() - start);
  }
  return times;
}
