// @ts-check
/** What the original servers have in common: files, TLS, and a free port whose address is printed. */
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { parseArgs } from 'node:util';
import express from 'express';

/**
 * `--pages DIR` (several times: the first one that has a file gives it), `--cert F --key F`.
 * @returns {{ pages: string[], tls: { cert: Buffer, key: Buffer } | null }}
 */
export function options() {
  const { values } = parseArgs({
    options: { pages: { type: 'string', multiple: true }, cert: { type: 'string' }, key: { type: 'string' } },
  });
  const tls = values.cert && values.key ? { cert: readFileSync(values.cert), key: readFileSync(values.key) } : null;
  return { pages: values.pages ?? [], tls };
}

/**
 * Serves files; `/p2p` finds `p2p.html`.
 * @param {import('express').Express} app
 * @param {string[]} folders
 */
export function publish(app, folders) {
  for (const folder of folders) app.use(express.static(folder, { extensions: ['html'] }));
}

/**
 * An HTTP server, or an HTTPS one.
 * @param {import('express').Express} app
 * @param {ReturnType<typeof options>['tls']} tls
 */
export function server(app, tls) {
  return tls ? createSecureServer(tls, app) : createServer(app);
}

/**
 * Listens on a free port and prints the address, the only line on stdout.
 * @param {import('node:http').Server | import('node:https').Server} http
 * @param {string} [path]
 */
export function listen(http, path = '') {
  http.listen(0, '127.0.0.1', () => announce(http, path));
}

/**
 * Prints the address of a server that listens.
 * @param {import('node:net').Server} http
 * @param {string} [path]
 */
export function announce(http, path = '') {
  const scheme = 'setSecureContext' in http ? 'https' : 'http';
  const { port } = /** @type {import('node:net').AddressInfo} */ (http.address());
  console.log(`${scheme}://127.0.0.1:${port}${path}`);
}
