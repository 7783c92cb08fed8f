// @ts-check
/**
 * Clients of Socket.IO 2 and 4 against our server, with TLS and without, and the same against servers
 * of Socket.IO itself: what passes on both is the same on both.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { SocketIo, duet, duetWithTls } from './harness.js';
import * as originals from './originals.js';

const RELAY = ['conn', 'signalOffer', 'signalAnswer', 'iceOffer', 'iceAnswer', 'full', 'bye', 'refused'];
const ROOM = ['joined', 'otherjoin', 'full', 'leaved', 'bye', 'message', 'refused'];
const INVITE = [
  'connectionSuccess', 'callRemote', 'acceptCall', 'sendOffer', 'receiveAnswer', 'receiveCandidate', 'hangUp',
  'full', 'refused',
];

const POLLING = { transports: ['polling'] };
const WEBSOCKET = { transports: ['websocket'] };

/** As long as what browsers send, and with what is not ASCII. */
const OFFER = { sdp: `v=0\r\n${'a=candidate:é\u{1f600} '.repeat(300)}`, type: 'offer' };

/** @type {[string, () => Promise<import('./harness.js').Server>, (2 | 4)[]][]} */
const relays = [
  ['duet', duet, [2, 4]],
  ['duet with TLS', duetWithTls, [2, 4]],
  ['Socket.IO 4', originals.relay, [2, 4]],
];
for (const [name, start, versions] of relays) {
  describe(`socketio-relay on ${name}`, () => {
    /** @type {import('./harness.js').Server} */
    let server;
    before(async () => { server = await start(); });
    after(() => server.stop());

    for (const version of versions) {
      for (const [how, options] of Object.entries({ default: {}, polling: POLLING, websocket: WEBSOCKET })) {
        test(`client ${version}, ${how}: what one says the other hears, and not oneself`, async () => {
          const a = await SocketIo.connect(server, version, options, RELAY);
          const b = await SocketIo.connect(server, version, options, RELAY);
          if (how === 'default') await Promise.all([a.upgraded(), b.upgraded()]);
          for (const client of [a, b]) {
            client.say('conn', 'room');
            assert.deepEqual(await client.next(), ['conn', 'room']);
          }
          a.say('signalOffer', OFFER);
          assert.deepEqual(await b.next(), ['signalOffer', OFFER]);
          b.say('signalAnswer', { ...OFFER, type: 'answer' });
          assert.deepEqual(await a.next(), ['signalAnswer', { ...OFFER, type: 'answer' }]);
          const candidates = Array.from({ length: 20 }, (_, n) => ({ candidate: `candidate:${n}`, sdpMLineIndex: 0 }));
          for (const candidate of candidates) a.say('iceOffer', candidate);
          for (const candidate of candidates) assert.deepEqual(await b.next(), ['iceOffer', candidate]);
          assert.deepEqual([a.heard, b.heard], [[], []]);
          a.close();
          b.close();
        });
      }
    }

    test('clients of both versions meet', async () => {
      const a = await SocketIo.connect(server, 2, {}, RELAY);
      const b = await SocketIo.connect(server, 4, {}, RELAY);
      for (const client of [a, b]) {
        client.say('conn', 'room');
        await client.next();
      }
      a.say('signalOffer', OFFER);
      assert.deepEqual(await b.next(), ['signalOffer', OFFER]);
      b.say('iceOffer', { candidate: 'x' });
      assert.deepEqual(await a.next(), ['iceOffer', { candidate: 'x' }]);
      a.close();
      b.close();
    });

    test('three who do not ask for more are all in the room', async () => {
      const clients = await Promise.all([1, 2, 3].map(() => SocketIo.connect(server, 4, {}, RELAY)));
      for (const client of clients) {
        client.say('conn', 'room');
        assert.deepEqual(await client.next(), ['conn', 'room']);
      }
      clients[0].say('signalOffer', OFFER);
      for (const client of clients.slice(1)) assert.deepEqual(await client.next(), ['signalOffer', OFFER]);
      for (const client of clients) client.close();
    });
  });
}

/** @type {[string, () => Promise<import('./harness.js').Server>][]} */
const rooms = [['duet', duet], ['duet with TLS', duetWithTls], ['Socket.IO 2', originals.room]];
for (const [name, start] of rooms) {
  describe(`socketio-room on ${name}`, () => {
    /** @type {import('./harness.js').Server} */
    let server;
    before(async () => { server = await start(); });
    after(() => server.stop());

    test('join, message, full, leave, join again', async () => {
      const [a, b, c] = await Promise.all([{}, POLLING, WEBSOCKET].map((o) => SocketIo.connect(server, 2, o, ROOM)));
      a.say('join', 'r');
      assert.deepEqual(await a.next(), ['joined', 'r', a.id]);
      b.say('join', 'r');
      assert.deepEqual(await b.next(), ['joined', 'r', b.id]);
      assert.deepEqual(await a.next(), ['otherjoin', 'r']);
      a.say('message', 'r', OFFER);
      assert.deepEqual(await b.next(), ['message', 'r', OFFER]);
      c.say('join', 'r');
      assert.deepEqual(await c.next(), ['full', 'r', c.id]);
      b.say('leave', 'r');
      assert.deepEqual(await b.next(), ['leaved', 'r', b.id]);
      assert.deepEqual(await a.next(), ['bye', 'r', b.id]);
      b.say('join', 'r');
      assert.deepEqual(await b.next(), ['joined', 'r', b.id]);
      assert.deepEqual(await a.next(), ['otherjoin', 'r']);
      assert.deepEqual([a.heard, b.heard, c.heard], [[], [], []]);
      for (const client of [a, b, c]) client.close();
    });

    test('of two who join at once, one is told that the other came', async () => {
      const [a, b] = await Promise.all([{}, {}].map((o) => SocketIo.connect(server, 2, o, ROOM)));
      a.say('join', 'glare');
      b.say('join', 'glare');
      const first = [await a.next(), await b.next()];
      assert.deepEqual(first, [['joined', 'glare', a.id], ['joined', 'glare', b.id]]);
      for (const client of [a, b]) client.say('message', 'glare', 'fence');
      const told = [await a.next(), await b.next()].map(([event]) => event);
      assert.deepEqual(told.sort(), ['message', 'otherjoin']);
      a.close();
      b.close();
    });
  });
}

describe('socketio-room on duet alone', () => {
  /** @type {import('./harness.js').Server} */
  let server;
  before(async () => { server = await duet(); });
  after(() => server.stop());

  for (const version of /** @type {const} */ ([2, 4])) {
    test(`client ${version}: a closed tab says bye and makes room`, async () => {
      const room = `tab-${version}`;
      const a = await SocketIo.connect(server, version, {}, ROOM);
      const b = await SocketIo.connect(server, version, WEBSOCKET, ROOM);
      a.say('join', room);
      await a.next();
      b.say('join', room);
      assert.deepEqual(await b.next(), ['joined', room, b.id]);
      assert.deepEqual(await a.next(), ['otherjoin', room]);
      const { id } = b;
      b.vanish();
      assert.deepEqual(await a.next(), ['bye', room, id]);
      const c = await SocketIo.connect(server, version, {}, ROOM);
      c.say('join', room);
      assert.deepEqual(await c.next(), ['joined', room, c.id]);
      a.close();
      c.close();
    });
  }

  test('to leave an unknown room harms nobody', async () => {
    const a = await SocketIo.connect(server, 2, {}, ROOM);
    a.say('leave', 'never-was');
    assert.deepEqual(await a.next(), ['leaved', 'never-was', a.id]);
    a.close();
  });

  test('who is not in a room is not heard there', async () => {
    const [a, b, c] = await Promise.all([{}, {}, {}].map((o) => SocketIo.connect(server, 2, o, ROOM)));
    for (const client of [a, b]) {
      client.say('join', 'private');
      assert.equal((await client.next())[0], 'joined');
    }
    assert.deepEqual(await a.next(), ['otherjoin', 'private']);
    c.say('join', 'private');
    assert.equal((await c.next())[0], 'full');
    c.say('message', 'private', { type: 'offer', sdp: 'intruder' });
    assert.deepEqual((await c.next())[1].code, 'not-in-room');
    c.say('leave', 'private');
    assert.equal((await c.next())[0], 'leaved');
    a.say('message', 'private', 'fence');
    assert.deepEqual(await b.next(), ['message', 'private', 'fence']);
    assert.deepEqual(a.heard, []);
    for (const client of [a, b, c]) client.close();
  });
});

/** @type {[string, () => Promise<import('./harness.js').Server>][]} */
const invites = [['duet', duet], ['duet with TLS', duetWithTls], ['Socket.IO 4', originals.invite]];
for (const [name, start] of invites) {
  describe(`socketio-invite on ${name}`, () => {
    /** @type {import('./harness.js').Server} */
    let server;
    before(async () => { server = await start(); });
    after(() => server.stop());

    test('a whole call, and another after it', async () => {
      const a = await SocketIo.connect(server, 4, {}, INVITE);
      const b = await SocketIo.connect(server, 4, { extraHeaders: { origin: 'http://localhost:5173' } }, INVITE);
      for (const client of [a, b]) {
        assert.deepEqual(await client.next(), ['connectionSuccess']);
        client.say('joinRoom', '001');
      }
      // Joining has no answer.
      for (const client of [a, b]) {
        await client.upgraded();
        await client.fence();
      }
      for (let call = 0; call < 2; call++) {
        a.say('callRemote', '001');
        assert.deepEqual(await b.next(), ['callRemote']);
        b.say('acceptCall', '001');
        assert.deepEqual(await a.next(), ['acceptCall']);
        a.say('sendOffer', { offer: OFFER, roomId: '001' });
        assert.deepEqual(await b.next(), ['sendOffer', OFFER]);
        b.say('sendAnswer', { roomId: '001', answer: { ...OFFER, type: 'answer' } });
        assert.deepEqual(await a.next(), ['receiveAnswer', { ...OFFER, type: 'answer' }]);
        a.say('sendCandidate', { roomId: '001', candidate: { candidate: 'x', sdpMid: '0' } });
        assert.deepEqual(await b.next(), ['receiveCandidate', { candidate: 'x', sdpMid: '0' }]);
        b.say('hangUp', '001');
        assert.deepEqual(await a.next(), ['hangUp']);
        assert.deepEqual([a.heard, b.heard], [[], []]);
      }
      a.close();
      b.close();
    });
  });
}

describe('what our server adds', () => {
  /** @type {import('./harness.js').Server} */
  let server;
  before(async () => { server = await duet(); });
  after(() => server.stop());

  test('in an exclusive room of socketio-relay the third is told full, and who stays is told bye', async () => {
    const options = { query: { exclusive: 1, room: 'tea' } };
    const [a, b, c] = await Promise.all([1, 2, 3].map(() => SocketIo.connect(server, 4, options, RELAY)));
    for (const client of [a, b]) {
      client.say('conn', 'me');
      assert.deepEqual(await client.next(), ['conn', 'me']);
    }
    c.say('conn', 'me');
    assert.deepEqual(await c.next(), ['full', 'me']);
    b.close();
    assert.deepEqual(await a.next(), ['bye']);
    c.say('conn', 'me');
    assert.deepEqual(await c.next(), ['conn', 'me']);
    a.close();
    c.close();
  });

  test('who reconnects is greeted again, which is when its page joins again', async () => {
    const options = { ...WEBSOCKET, reconnection: true, reconnectionDelay: 1 };
    const a = await SocketIo.connect(server, 4, options, INVITE);
    assert.deepEqual(await a.next(), ['connectionSuccess']);
    a.vanish();
    assert.deepEqual(await a.next(), ['connectionSuccess']);
    a.close();
  });

  test('a closed tab hangs up for who was in the call, and not for who only was in the room', async () => {
    const [a, b, c] = await Promise.all([1, 2, 3].map(() => SocketIo.connect(server, 4, WEBSOCKET, INVITE)));
    for (const client of [a, b, c]) {
      assert.deepEqual(await client.next(), ['connectionSuccess']);
      client.say('joinRoom', 'tab');
      // One after the other: the answer to a call shows that both are in.
      client.say('joinRoom', '');
      assert.equal((await client.next())[1].code, 'malformed');
    }
    a.say('callRemote', 'tab');
    for (const client of [b, c]) assert.deepEqual(await client.next(), ['callRemote']);
    b.say('acceptCall', 'tab');
    for (const client of [a, c]) assert.deepEqual(await client.next(), ['acceptCall']);
    c.vanish();
    b.vanish();
    assert.deepEqual(await a.next(), ['hangUp']);
    assert.deepEqual(a.heard, []);
    a.close();
  });
});
