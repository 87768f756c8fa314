import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { DedupWindow } from '../../../src/lib/webhook/dedup';
import { ReceiverServer, type ServerOptions } from '../../support/receiver-server';
import { order, post, type PostOptions, raw, secret, signed } from '../../support/webhook';

/** What a delivery comes to: its event or its refusal, without their times. */
describe('a delivery', () => {
  let server: ReceiverServer;
  const start = async (options: ServerOptions = {}): Promise<void> => {
    server = await ReceiverServer.start(options);
  };
  afterEach(() => server.stop());

  async function eventOf(body: string | Uint8Array = order, options: PostOptions = {}) {
    const { status } = await post(server.url, body, options);
    assert.equal(status, 200);
    const { delivery, ...event } = server.events.pop()!;
    const { receivedAt, ...rest } = delivery;
    assert.ok(Math.abs(Date.now() - Date.parse(receivedAt)) < 60_000);
    return { ...event, delivery: rest };
  }

  async function refusalOf(body: string | Uint8Array = order, options: PostOptions = {}) {
    const answer = await post(server.url, body, options);
    assert.equal(answer.body, 'rejected');
    assert.equal(answer.headers['content-type'], 'text/plain');
    assert.deepEqual(server.events, []);
    const { receivedAt, ...refusal } = server.refusals.pop()!;
    assert.ok(Math.abs(Date.now() - Date.parse(receivedAt)) < 60_000);
    assert.equal(answer.status, refusal.statusCode);
    assert.equal(answer.headers['retry-after'], undefined);
    return refusal;
  }

  const sha256 = (bytes: string | Uint8Array) => createHash('sha256').update(bytes).digest('hex');
  const headers = { 'content-type': 'application/json' };
  const plain = {
    payload: JSON.parse(order) as unknown,
    verified: true,
    delivery: { hash: sha256(order) },
    headers,
  };

  it('makes an event of its payload, topic, hash and some headers', async () => {
    await start();
    const answer = await post(server.url);
    assert.deepEqual([answer.body, answer.headers['content-type']], ['received', 'text/plain']);
    assert.deepEqual(await eventOf(), { ...plain, topic: 'order.created', topicSource: 'url' });
  });

  it('passes on no header that could be secret, least of all the signature', async () => {
    await start({ topicHeader: 'x-topic' });
    const passed = {
      'content-type': 'application/json; charset=utf-8',
      'user-agent': 'vendor/1',
      'x-request-id': 'r1',
      'x-onegevity-delivery': 'd1',
      'x-topic': 'order.created',
    };
    const event = await eventOf(order, {
      headers: { ...passed, authorization: 'Bearer x', cookie: 'a=b', 'x-forwarded-for': '192.0.2.1' },
    });
    assert.deepEqual(event.headers, passed);
  });

  it('says why it has no topic, and which ones it may have', async () => {
    await start({ topic: undefined });
    const candidates = ['order.created', 'order.updated', 'results.released'];
    assert.deepEqual(await eventOf(), { ...plain, reason: 'topic_uncertain', candidates });
  });

  it('has the topic that the header names, or that alone was declared', async () => {
    await start({ topic: undefined, topicHeader: 'x-topic', declared: true });
    const named = await eventOf(order, { headers: { 'x-topic': ' Order.Created ' } });
    assert.deepEqual([named.topic, named.topicSource, named.reason], ['order.created', 'header', undefined]);
    const declared = await eventOf();
    assert.deepEqual(
      [declared.topic, declared.topicSource, declared.reason],
      ['order.created', 'declared', undefined],
    );
    const unknown = await eventOf(order, { headers: { 'x-topic': 'order.lost' } });
    assert.deepEqual([unknown.topic, unknown.reason], [undefined, 'unknown_topic']);
  });

  it('keeps a topic that has no output of its own, and says so', async () => {
    await start({ topic: 'order.updated' });
    assert.deepEqual(await eventOf(), {
      ...plain,
      topic: 'order.updated',
      topicSource: 'url',
      reason: 'not_selected',
    });
  });

  it('has its bytes as payload where they are no JSON, and no topic then', async () => {
    await start();
    const body = 'not JSON';
    const expected = { ...plain, payload: Buffer.from(body), delivery: { hash: sha256(body) } };
    assert.deepEqual(await eventOf(body), { ...expected, reason: 'malformed_json' });
  });

  it('notes what was done to its payload', async () => {
    await start();
    const body = order.replace('"id":1', '"id":12345678901234567890');
    assert.deepEqual((await eventOf(body)).notes, ['big_number']);
  });

  for (const [name, encoded] of [
    ['identity', Buffer.from(order)],
    ['', Buffer.from(order)],
    ['gzip', gzipSync(order)],
    [' X-Gzip ', gzipSync(order)],
    ['br', brotliCompressSync(order)],
    ['deflate', deflateSync(order)],
    ['deflate', deflateRawSync(order)],
  ] as const) {
    it(`is decoded from "${name}", and signed and hashed as it was sent`, async () => {
      await start();
      const { payload, delivery, reason } = await eventOf(encoded, { headers: { 'content-encoding': name } });
      assert.deepEqual(payload, plain.payload);
      assert.equal(delivery.hash, sha256(encoded));
      assert.equal(reason, undefined);
    });
  }

  it('that cannot be decoded has its bytes as payload', async () => {
    await start();
    for (const name of ['gzip', 'br', 'deflate']) {
      const event = await eventOf(order, { headers: { 'content-encoding': name } });
      assert.deepEqual([event.payload, event.reason], [Buffer.from(order), 'bad_encoding']);
    }
  });

  const refusal = (reason: string, statusCode: number) => ({
    reason,
    statusCode,
    topic: 'order.created',
    remoteAddress: '127.0.0.1',
  });

  it('is refused where it is empty, or in an encoding that is not known', async () => {
    await start();
    assert.deepEqual(await refusalOf(''), refusal('empty_body', 400));
    for (const name of ['compress', 'gzip, br', 'constructor']) {
      const unknown = await refusalOf(order, { headers: { 'content-encoding': name } });
      assert.deepEqual(unknown, refusal('unsupported_encoding', 415));
    }
  });

  it('names no topic in its refusal where its URL names none', async () => {
    await start({ topic: undefined });
    const { topic: _, ...expected } = refusal('missing_signature', 401);
    assert.deepEqual(await refusalOf(order, { signature: null }), expected);
  });

  const sized = (size: number) => JSON.stringify('x'.repeat(size - 2));

  it('is refused where it is longer than allowed, as it is sent or decoded', async () => {
    await start();
    assert.equal((await eventOf(sized(1000))).payload, 'x'.repeat(998));
    assert.deepEqual(await refusalOf(sized(1001)), refusal('too_large', 413));
    const gzip = { headers: { 'content-encoding': 'gzip' } };
    assert.equal((await eventOf(gzipSync(sized(1000)), gzip)).payload, 'x'.repeat(998));
    assert.deepEqual(await refusalOf(gzipSync(sized(1001)), gzip), refusal('too_large', 413));
  });

  it('is refused before it is read where it says that it is too long', async () => {
    await start({ bodyTimeout: 60_000 });
    const head = `POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1001\r\n\r\n`;
    const { text } = await raw(server.port, (write) => void write(head));
    assert.match(text, /^HTTP\/1.1 413 /);
    assert.match(text, /\r\nconnection: close\r\n/i);
  });

  it('may come in pieces, and is refused when they are too long together', async () => {
    await start();
    const inPieces = (body: string) =>
      raw(server.port, async (write) => {
        const head = 'POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n';
        write(`${head}X-Onegevity-Signature: ${signed(body)}\r\n\r\n`);
        for (let at = 0; at < body.length; at += 400) {
          const piece = body.slice(at, at + 400);
          write(`${piece.length.toString(16)}\r\n${piece}\r\n`);
          await new Promise((resolve) => setImmediate(resolve));
        }
        write('0\r\n\r\n');
      });
    assert.match((await inPieces(sized(1000))).text, /^HTTP\/1.1 200 /);
    assert.deepEqual(server.events[0]?.payload, 'x'.repeat(998));
    assert.match((await inPieces(sized(1001))).text, /^HTTP\/1.1 413 /);
    assert.equal(server.events.length, 1);
  });

  it('may have been read by others, under the same limits', async () => {
    let body = sized(1000);
    await start({ onRequest: () => Buffer.from(body) });
    const rest = () => ({ signature: signed(body) });
    assert.equal((await eventOf('what is left', rest())).payload, 'x'.repeat(998));
    body = sized(1001);
    assert.deepEqual(await refusalOf('what is left', rest()), refusal('too_large', 413));
  });

  it('leaves its connection open for the next one, where it was read whole', async () => {
    await start();
    const request = (signature: string) =>
      `POST / HTTP/1.1\r\nHost: x\r\nX-Onegevity-Signature: ${signature}\r\nContent-Length: ${order.length}\r\n`;
    const { text } = await raw(server.port, (write) => {
      write(`${request('x')}\r\n${order}`);
      write(`${request(signed(order))}Connection: close\r\n\r\n${order}`);
    });
    assert.deepEqual(text.match(/HTTP\/1.1 \d+/g), ['HTTP/1.1 401', 'HTTP/1.1 200']);
  });

  describe('and its secret', () => {
    it('may be the previous one, which is told', async () => {
      await start();
      server.receiver.setSecrets({ current: 'new', previous: secret });
      assert.equal((await eventOf()).verified, true);
      await eventOf(order, { signature: signed(order, 'new') });
      assert.deepEqual(
        server.log.filter((entry) => entry === 'previous'),
        ['previous'],
      );
    });

    it('is needed', async () => {
      await start();
      server.receiver.setSecrets({});
      assert.deepEqual(await refusalOf(), refusal('no_secret', 401));
      assert.deepEqual(await refusalOf(order, { signature: null }), refusal('missing_signature', 401));
    });

    it('is not needed where unsigned deliveries are accepted, unless one is wrong', async () => {
      await start({ acceptUnsigned: true });
      assert.equal((await eventOf(order, { signature: null })).verified, false);
      assert.equal((await eventOf()).verified, true);
      for (const secrets of [{ current: secret }, { previous: secret }]) {
        server.receiver.setSecrets(secrets);
        const wrong = await refusalOf(order, { signature: signed(order, 'another') });
        assert.deepEqual(wrong, refusal('wrong_signature', 401));
      }
      server.receiver.setSecrets({});
      assert.equal((await eventOf()).verified, false);
    });
  });

  describe('that came before', () => {
    it('is dropped where its topic is certain, and told', async () => {
      await start({ duplicates: new DedupWindow(60_000) });
      for (const attempt of [1, 2]) assert.equal((await post(server.url)).status, 200, `attempt ${attempt}`);
      assert.equal(server.events.length, 1);
      assert.deepEqual(
        server.duplicates.map(({ topic, duplicate }) => [topic, duplicate]),
        [['order.created', true]],
      );
    });

    it('is marked and emitted where its topic was learnt from its shape or not at all', async () => {
      await start({ topic: undefined, selected: ['kit.activated'], duplicates: new DedupWindow(60_000) });
      const kit = '{"id":1,"orderIdentifier":"O1","patientIdentifier":"P1","activationCode":"A1"}';
      for (const body of [order, kit]) {
        assert.equal((await eventOf(body)).duplicate, undefined);
        assert.equal((await eventOf(body)).duplicate, true);
      }
      assert.deepEqual(server.duplicates, []);
    });
  });

  describe('that the flow answers', () => {
    const answeredByFlow = () => true;

    it('has the answer that the flow builds step by step, and only that', async () => {
      await start({
        answeredByFlow,
        flow: (_event, response) => {
          response.statusCode = 202;
          assert.equal(response.setHeader('x-flow', 'yes'), response);
          assert.equal(response.getHeader('x-flow'), 'yes');
          response.writeHead(202).end('first');
          response.statusCode = 500;
          assert.equal(response.statusCode, 202);
          assert.equal(response.end('second'), response);
        },
      });
      const { status, headers, body } = await post(server.url);
      assert.deepEqual([status, headers['x-flow'], body], [202, 'yes', 'first']);
      assert.deepEqual(server.log, ['event order.created', 'answered 202']);
    });

    it('may take longer than the deadline once it has begun', async () => {
      await start({
        answeredByFlow,
        flow: (_event, response) => {
          response.writeHead(200).write('first, ');
          setTimeout(() => response.end('second'), 150);
        },
      });
      const { status, body } = await post(server.url);
      assert.deepEqual([status, body], [200, 'first, second']);
      assert.deepEqual(server.log, ['event order.created', 'answered 200']);
    });

    it('takes a status that is set before the end', async () => {
      await start({
        answeredByFlow,
        flow: (_event, response) => {
          response.statusCode = 204;
          response.end();
        },
      });
      assert.equal((await post(server.url)).status, 204);
    });

    it('is answered at the end of the node where the flow has not done it', async () => {
      let asked: () => void = () => undefined;
      const inFlow = new Promise<void>((resolve) => (asked = resolve));
      await start({ answeredByFlow, responseTimeout: 60_000, flow: () => asked() });
      const answer = post(server.url);
      await inFlow;
      const closing = server.receiver.close();
      const { status, headers } = await answer;
      assert.deepEqual([status, headers['retry-after']], [503, '5']);
      await closing;
      assert.ok(!server.log.includes('late'));
    });
  });

  it('is answered once, and let go, also where the store fails to emit it', async () => {
    await start({
      store: () =>
        Promise.resolve({
          stored: true,
          afterResponse: () => {
            throw new Error('a fault of the store');
          },
        }),
    });
    assert.equal((await post(server.url)).status, 200);
    await server.receiver.close();
  });
});
