// @ts-check
/** Seed 004's extension: PeerServer, at the path the seed gives it. Pages come from elsewhere. */
import { PeerServer } from 'peer';
import { announce, options } from './serve.js';

const PATH = '/myPeerServer';

const { tls } = options();
const ssl = tls ? { cert: `${tls.cert}`, key: `${tls.key}` } : {};
PeerServer({ port: 0, host: '127.0.0.1', path: PATH, ssl }, (server) => announce(/** @type {any} */ (server), PATH));
