// @ts-check
/**
 * Seed 003: rooms of two, the first one is told about the second. Socket.IO 2. With the seed's bugs: a closed
 * tab says nothing, to speak one need not be in the room, and leaving a room that is not there ends the server.
 */
import express from 'express';
import listenTo from 'socket.io-2';
import { listen, options, publish, server } from './serve.js';

const PLACES = 2;

const { pages, tls } = options();
const app = express();
publish(app, pages);
const http = server(app, tls);
const io = listenTo(http);

/** @param {string} room */
const occupants = (room) => Object.keys(io.sockets.adapter.rooms[room].sockets).length;

io.sockets.on('connection', (socket) => {
  socket.on('message', (room, data) => socket.to(room).emit('message', room, data));

  socket.on('join', (room) => {
    socket.join(room);
    const count = occupants(room);
    if (count > PLACES) {
      socket.emit('full', room, socket.id);
      socket.leave(room);
      return;
    }
    socket.emit('joined', room, socket.id);
    if (count > 1) socket.to(room).emit('otherjoin', room);
  });

  socket.on('leave', (room) => {
    occupants(room);
    socket.to(room).emit('bye', room, socket.id);
    socket.emit('leaved', room, socket.id);
    socket.leave(room);
  });
});

listen(http);
