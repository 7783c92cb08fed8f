// @ts-check
/** Plain WebSockets at `/` against our server, and against `ws` itself. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Plain, duet, duetWithTls } from './harness.js';
import * as originals from './originals.js';

const OFFER = JSON.stringify({ type: 'offer', sdp: 'v=0\r\né\u{1f600}'.repeat(500) });

/** @type {[string, () => Promise<import('./harness.js').Server>][]} */
const servers = [['duet', duet], ['duet with TLS', duetWithTls], ['ws', originals.broadcast]];
for (const [name, start] of servers) {
  describe(`ws-broadcast on ${name}`, () => {
    /** @type {import('./harness.js').Server} */
    let server;
    before(async () => { server = await start(); });
    after(() => server.stop());

    test('every text goes to all others as it is, and to nobody else', async () => {
      const [a, b, c] = await Promise.all([1, 2, 3].map(() => Plain.connect(server.ws)));
      a.say(OFFER);
      for (const client of [b, c]) assert.equal(await client.next(), OFFER);
      for (let n = 0; n < 30; n++) b.say(`{"type":"answer_ice","n":${n}}`);
      for (let n = 0; n < 30; n++) {
        for (const client of [a, c]) assert.equal(await client.next(), `{"type":"answer_ice","n":${n}}`);
      }
      assert.deepEqual([a.heard, b.heard, c.heard], [[], [], []]);
      await Promise.all([a, b, c].map((client) => client.close()));
    });
  });
}
