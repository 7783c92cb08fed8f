// @ts-check
/** Servers made with the packages the other systems use, each as small as its system allows. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { Server as SocketIo4 } from 'socket.io';
import { WebSocketServer } from 'ws';
import { Server, soon } from './harness.js';

const require = createRequire(import.meta.url);

/** @param {(http: import('node:http').Server) => { close(): unknown }} serve returns what to close with it */
async function listen(serve) {
  const http = createServer();
  const served = serve(http);
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  const { port } = /** @type {import('node:net').AddressInfo} */ (http.address());
  return new Server(`http://127.0.0.1:${port}`, async () => {
    served.close();
    http.closeAllConnections();
    http.close();
  });
}

/** One room; what is said there goes to the others. Socket.IO 4. */
export function relay() {
  return listen((http) => {
    const io = new SocketIo4(http, { allowEIO3: true });
    io.on('connection', (socket) => {
      socket.on('conn', (name) => {
        socket.join('room');
        socket.emit('conn', name);
      });
      for (const event of ['signalOffer', 'signalAnswer', 'iceOffer', 'iceAnswer']) {
        socket.on(event, (message) => socket.to('room').emit(event, message));
      }
    });
    return io;
  });
}

/** Rooms of two. Socket.IO 2. */
export function room() {
  return listen((http) => {
    const io = require('socket.io-2')(http);
    io.on('connection', (/** @type {any} */ socket) => {
      socket.on('message', (/** @type {any} */ room, /** @type {any} */ data) => {
        socket.to(room).emit('message', room, data);
      });
      socket.on('join', (/** @type {any} */ room) => {
        socket.join(room);
        const users = io.sockets.adapter.rooms[room].length;
        if (users > 2) {
          socket.emit('full', room, socket.id);
          socket.leave(room);
          return;
        }
        socket.emit('joined', room, socket.id);
        if (users > 1) socket.to(room).emit('otherjoin', room);
      });
      socket.on('leave', (/** @type {any} */ room) => {
        socket.to(room).emit('bye', room, socket.id);
        socket.emit('leaved', room, socket.id);
        socket.leave(room);
      });
    });
    return io;
  });
}

/** Somebody calls, somebody accepts. Socket.IO 4. Passes on to the others only: see the rules' notes. */
export function invite() {
  return listen((http) => {
    const io = new SocketIo4(http, { cors: { origin: '*' } });
    io.on('connection', (socket) => {
      socket.emit('connectionSuccess');
      socket.on('joinRoom', (room) => socket.join(room));
      for (const event of ['callRemote', 'acceptCall', 'hangUp']) {
        socket.on(event, (room) => socket.to(room).emit(event));
      }
      socket.on('sendOffer', ({ offer, roomId }) => socket.to(roomId).emit('sendOffer', offer));
      socket.on('sendAnswer', ({ answer, roomId }) => socket.to(roomId).emit('receiveAnswer', answer));
      socket.on('sendCandidate', ({ candidate, roomId }) => socket.to(roomId).emit('receiveCandidate', candidate));
    });
    return io;
  });
}

/** Every text to everybody else. */
export function broadcast() {
  return listen((http) => {
    const server = new WebSocketServer({ server: http });
    server.on('connection', (socket) => {
      socket.on('message', (data) => {
        for (const other of server.clients) if (other !== socket) other.send(data.toString());
      });
    });
    return server;
  });
}

/**
 * PeerJS's own server. In a process of its own, which its timers would keep alive.
 * @param {string} path below which clients are served
 */
export async function peer(path) {
  const child = fork(import.meta.filename, ['peer', path]);
  const [url] = await soon('the other server', once(child, 'message'));
  return new Server(String(url), async () => child.kill());
}

if (process.argv[2] === 'peer') {
  const { PeerServer } = require('peer');
  PeerServer({ port: 0, host: '127.0.0.1', path: process.argv[3] }, (/** @type {import('node:http').Server} */ http) => {
    const { port } = /** @type {import('node:net').AddressInfo} */ (http.address());
    process.send?.(`http://127.0.0.1:${port}`);
  });
}
