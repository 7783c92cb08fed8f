// @ts-check
/** What a PeerJS client says to its server, said to ours and to PeerJS's own. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, describe, test } from 'node:test';
import WebSocket from 'ws';
import { Plain, duet, soon } from './harness.js';
import * as originals from './originals.js';

const PATH = '/myPeerServer';

/** @type {[string, () => Promise<import('./harness.js').Server>][]} */
const servers = [['duet', () => duet('--peerjs-path', PATH)], ['PeerServer', () => originals.peer(PATH)]];
for (const [name, start] of servers) {
  describe(`peerjs on ${name}`, () => {
    /** @type {import('./harness.js').Server} */
    let server;
    before(async () => { server = await start(); });
    after(() => server.stop());

    /** @param {string} id @param {string} token @param {string} [key] */
    const connect = (id, token, key = 'peerjs') =>
      Plain.connect(`${server.ws}${PATH}/peerjs?key=${key}&id=${id}&token=${token}&version=1.5.5`);

    /** @param {string} id */
    const open = async (id) => {
      const client = await connect(id, `token-${id}`);
      assert.deepEqual(await client.json(), { type: 'OPEN' });
      return client;
    };

    test('ids are given out, and who is here is not', async () => {
      const headers = { origin: 'http://localhost:5173' };
      const id = await fetch(`${server.url}${PATH}/peerjs/id?ts=1&version=1.5.5`, { headers });
      assert.equal(id.status, 200);
      assert.ok(['*', headers.origin].includes(id.headers.get('access-control-allow-origin') ?? ''));
      assert.match(await id.text(), /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
      assert.equal((await fetch(`${server.url}${PATH}/peerjs/peers`)).status, 401);
      const about = await fetch(`${server.url}${PATH}/`);
      assert.equal(typeof (await about.json()).name, 'string');
    });

    test('offer, answer, candidates and leave reach the other, stamped', async () => {
      const [a, b] = [await open('ann'), await open('ben')];
      a.say(JSON.stringify({ type: 'HEARTBEAT' }));
      for (const type of ['OFFER', 'CANDIDATE']) {
        const payload = { sdp: { type: 'offer', sdp: 'é\u{1f600}'.repeat(3000) }, type: 'media', connectionId: 'mc_1' };
        a.say(JSON.stringify({ type, src: 'forged', dst: 'ben', payload }));
        assert.deepEqual(await b.json(), { type, src: 'ann', dst: 'ben', payload });
      }
      b.say(JSON.stringify({ type: 'ANSWER', dst: 'ann', payload: { connectionId: 'mc_1' } }));
      assert.deepEqual(await a.json(), { type: 'ANSWER', src: 'ben', dst: 'ann', payload: { connectionId: 'mc_1' } });
      b.say(JSON.stringify({ type: 'LEAVE', dst: 'ann' }));
      assert.deepEqual(await a.json(), { type: 'LEAVE', src: 'ben', dst: 'ann' });
      await Promise.all([a.close(), b.close()]);
    });

    test('what is written to one that is not there yet waits for it', async () => {
      const a = await open('early');
      for (const type of ['OFFER', 'CANDIDATE']) a.say(JSON.stringify({ type, dst: 'late', payload: { type } }));
      a.say(JSON.stringify({ type: 'OFFER', dst: 'early', payload: 'fence' }));
      assert.equal((await a.json()).payload, 'fence');
      const b = await open('late');
      for (const type of ['OFFER', 'CANDIDATE']) {
        assert.deepEqual(await b.json(), { type, src: 'early', dst: 'late', payload: { type } });
      }
      await Promise.all([a.close(), b.close()]);
    });

    test('what nobody fetches expires, and its sender is told once', async () => {
      const a = await open('patient');
      for (const type of ['OFFER', 'CANDIDATE']) a.say(JSON.stringify({ type, dst: 'nobody', payload: {} }));
      assert.deepEqual(await a.json(), { type: 'EXPIRE', src: 'nobody', dst: 'patient' });
      a.say(JSON.stringify({ type: 'OFFER', dst: 'patient', payload: 'fence' }));
      assert.equal((await a.json()).payload, 'fence');
      await a.close();
    });

    test('an id is taken for others, and the same client comes back to it', async () => {
      const a = await open('mine');
      const other = await connect('mine', 'another-token');
      assert.deepEqual(await other.json(), { type: 'ID-TAKEN', payload: { msg: 'ID is taken' } });
      assert.ok('closed' in (await other.next()));
      const back = await connect('mine', 'token-mine');
      back.say(JSON.stringify({ type: 'OFFER', dst: 'mine', payload: 'to myself' }));
      assert.equal((await back.json()).payload, 'to myself');
      const closed = once(back.socket, 'close');
      back.socket.terminate();
      await soon('the end', closed);
      a.socket.terminate();
    });

    test('a wrong key, and no id or token, are errors and the end', async () => {
      for (const [query, msg] of [
        ['key=wrong&id=x&token=y', 'Invalid key provided'],
        ['key=peerjs&id=x', 'No id, token, or key supplied to websocket server'],
      ]) {
        const client = await Plain.connect(`${server.ws}${PATH}/peerjs?${query}`);
        assert.deepEqual(await client.json(), { type: 'ERROR', payload: { msg } });
        assert.ok('closed' in (await client.next()));
      }
    });
  });
}

test('PeerJS clients are also served at /peerjs and without a path', async () => {
  const server = await duet();
  for (const [id, path] of [['a', '/peerjs/peerjs'], ['b', '/peerjs']]) {
    assert.equal((await fetch(`${server.url}${path}/id`)).status, 200);
    const client = await Plain.connect(`${server.ws}${path}?key=peerjs&id=${id}&token=t`);
    assert.deepEqual(await client.json(), { type: 'OPEN' });
    await client.close();
  }
  const refused = new WebSocket(`${server.ws}/myPeerServer/peerjs?key=peerjs&id=c&token=t`);
  const [error] = await soon('an answer', once(refused, 'error'));
  assert.match(String(error), /404/);
  await server.stop();
});
