// @ts-check
/** Seed 002: every message goes to everybody else, as it came. Plain WebSocket with `express-ws`. */
import express from 'express';
import expressWs from 'express-ws';
import { listen, options, publish, server } from './serve.js';

const { pages, tls } = options();
const app = express();
const http = server(app, tls);
const sockets = expressWs(app, http);

sockets.app.ws('/', (socket) => {
  socket.on('message', (data) => {
    for (const other of sockets.getWss().clients) {
      if (other !== socket) other.send(data);
    }
  });
});
publish(app, pages);

listen(http);
