// @ts-check
/** Seed 004: invite and accept; what one says, the whole room hears, the speaker too. Socket.IO 4, any origin. */
import express from 'express';
import { Server } from 'socket.io';
import { listen, options, publish, server } from './serve.js';

const { pages, tls } = options();
const app = express();
publish(app, pages);
const http = server(app, tls);
const io = new Server(http, { cors: { origin: '*' } });

io.on('connection', (socket) => {
  socket.emit('connectionSuccess');
  socket.on('joinRoom', (room) => socket.join(room));
  for (const word of ['callRemote', 'acceptCall', 'hangUp']) {
    socket.on(word, (room) => io.to(room).emit(word));
  }
  socket.on('sendOffer', ({ offer, roomId }) => io.to(roomId).emit('sendOffer', offer));
  socket.on('sendAnswer', ({ answer, roomId }) => io.to(roomId).emit('receiveAnswer', answer));
  socket.on('sendCandidate', ({ candidate, roomId }) => io.to(roomId).emit('receiveCandidate', candidate));
});

listen(http);
