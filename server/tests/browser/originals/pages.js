// @ts-check
/** Files alone: where the pages of seed 004 come from, which is not where their servers are. */
import express from 'express';
import { listen, options, publish, server } from './serve.js';

const { pages, tls } = options();
const app = express();
publish(app, pages);

listen(server(app, tls));
