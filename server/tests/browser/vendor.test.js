// @ts-check
/** The client libraries in the server's web folder are the packages' own files. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';

const FILES = {
  'socket.io-4.min.js': 'socket.io-client/dist/socket.io.min.js',
  'socket.io-4.LICENSE.txt': 'socket.io-client/LICENSE',
  'socket.io-2.min.js': 'socket.io-client-2/dist/socket.io.js',
  'socket.io-2.LICENSE.txt': 'socket.io-client-2/LICENSE',
  'peerjs.min.js': 'peerjs/dist/peerjs.min.js',
  'peerjs.LICENSE.txt': 'peerjs/LICENSE',
};

for (const [ours, theirs] of Object.entries(FILES)) {
  test(`${ours} is ${theirs}`, async () => {
    const [vendored, published] = await Promise.all([
      readFile(new URL(`../../web/vendor/${ours}`, import.meta.url)),
      readFile(new URL(`./node_modules/${theirs}`, import.meta.url)),
    ]);
    assert.ok(vendored.equals(published), `copy node_modules/${theirs} to server/web/vendor/${ours}`);
  });
}
