// @ts-check
/** Seed 001: every text goes to everybody else. Plain WebSocket with `ws`. */
import express from 'express';
import { WebSocketServer } from 'ws';
import { listen, options, publish, server } from './serve.js';

const { pages, tls } = options();
const app = express();
publish(app, pages);
const http = server(app, tls);
const sockets = new WebSocketServer({ server: http });

sockets.on('connection', (socket) => {
  socket.on('message', (data) => {
    for (const other of sockets.clients) {
      if (other !== socket) other.send(`${data}`);
    }
  });
});

listen(http);
