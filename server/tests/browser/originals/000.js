// @ts-check
/** Seed 000: one room, four words relayed to everybody else in it; no limit, no farewell. Socket.IO 4. */
import express from 'express';
import { Server } from 'socket.io';
import { listen, options, publish, server } from './serve.js';

const { pages, tls } = options();
const app = express();
publish(app, pages);
const http = server(app, tls);

new Server(http).on('connection', (socket) => {
  socket.on('conn', (name) => {
    socket.join('room');
    socket.emit('conn', name);
  });
  // Who speaks need not be in the room.
  for (const word of ['signalOffer', 'signalAnswer', 'iceOffer', 'iceAnswer']) {
    socket.on(word, (message) => socket.to('room').emit(word, message));
  }
});

listen(http);
