import assert from 'node:assert/strict';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import { DedupWindow } from '../../../src/lib/webhook/dedup';
import type { WebhookEvent } from '../../../src/lib/webhook/event';
import type { Receiver, ReceiverOptions, Stored } from '../../../src/lib/webhook/receiver';
import { ReceiverServer } from '../../support/receiver-server';
import { order, post, raw, secret, signed } from '../../support/webhook';

describe('the webhook receiver', () => {
  let server: ReceiverServer;
  let receiver: Receiver;
  let url: string;
  let log: string[];
  let requests: IncomingMessage[];
  let before: number[];
  let flow: (event: WebhookEvent, response: ServerResponse) => void;

  const start = async (options: Partial<ReceiverOptions> = {}, ready = true): Promise<void> => {
    server = await ReceiverServer.start({
      ready,
      flow: (event, response) => flow(event, response),
      onRequest: (request) => {
        before = listeners(request);
        return undefined;
      },
      ...options,
    });
    ({ receiver, url, log, requests } = server);
  };
  afterEach(() => server.stop());
  const port = (): number => server.port;
  const listeners = (request: IncomingMessage): number[] =>
    ['data', 'close', 'error'].map((name) => request.listenerCount(name));
  const tick = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

  it('answers, and then emits', async () => {
    await start();
    assert.equal((await post(url)).status, 200);
    assert.deepEqual(log.sort(), ['answered 200', 'event order.created']);
  });

  it('stores before it answers, and lets the store emit after the answer', async () => {
    let stored: (result: Stored) => void = () => undefined;
    await start({ store: () => new Promise((resolve) => (stored = resolve)) });
    const answer = post(url);
    while (requests.length === 0) await tick();
    await tick();
    assert.deepEqual(log, []);
    let ended = false;
    const release = (): void => {
      // Ended, and not merely begun: what the store emits can no longer overtake the answer.
      ended = requests[0]?.complete === true;
      log.push('released');
    };
    stored({ stored: true, afterResponse: release });
    assert.equal((await answer).status, 200);
    assert.equal(ended, true);
    assert.deepEqual(log.sort(), ['answered 200', 'released']);
  });

  for (const [what, store] of [
    ['cannot store', () => Promise.resolve<Stored>({ stored: false, retryAfter: 30 })],
    ['fails', () => Promise.reject<Stored>(new Error('disk'))],
  ] as const) {
    it(`acknowledges nothing where the store ${what}, and asks to come again`, async () => {
      const duplicates = new DedupWindow(60_000);
      await start({ store, duplicates });
      const answer = await post(url);
      assert.equal(answer.status, 503);
      assert.ok(Number(answer.headers['retry-after']) > 0);
      assert.equal((await post(url)).status, 503, 'not taken for a repeat');
      assert.equal(duplicates.size, 0);
      assert.ok(!log.some((entry) => entry.startsWith('event')));
      assert.equal(log[0], 'refused not_stored');
    });
  }

  it('waits at its end for what is being stored', async () => {
    let stored: (result: Stored) => void = () => undefined;
    await start({ store: () => new Promise((resolve) => (stored = resolve)) });
    const answer = post(url);
    while (requests.length === 0) await tick();
    await tick();
    let closed = false;
    const closing = receiver.close().then(() => (closed = true));
    await tick();
    assert.equal(closed, false);
    stored({ stored: true, afterResponse: () => undefined });
    assert.equal((await answer).status, 200);
    await closing;
  });

  it('waits at its end for all that are being stored, not just for the first', async () => {
    const stored: ((result: Stored) => void)[] = [];
    await start({ store: () => new Promise((resolve) => stored.push(resolve)) });
    const answers = [post(url), post(url)];
    while (stored.length < 2) await tick();
    let closed = false;
    const closing = receiver.close().then(() => (closed = true));
    stored[0]!({ stored: true, afterResponse: () => undefined });
    assert.equal((await Promise.race(answers)).status, 200);
    assert.equal(closed, false);
    stored[1]!({ stored: true, afterResponse: () => undefined });
    for (const answer of answers) assert.equal((await answer).status, 200);
    await closing;
  });

  it('tells at once that it is ready where it is so already', async () => {
    await start();
    let told = false;
    receiver.whenReady(() => (told = true));
    assert.equal(told, true);
  });

  it('emits nothing at its end, and refuses instead what is being inflated', async () => {
    await start();
    const body = gzipSync(order);
    let closing: Promise<void> | undefined;
    const { text } = await raw(port(), async (write) => {
      const head = `POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Encoding: gzip\r\n`;
      write(`${head}X-Onegevity-Signature: ${signed(body)}\r\nContent-Length: ${body.length}\r\n\r\n`);
      while (requests.length === 0) await tick();
      requests[0]!.once('end', () => {
        closing = receiver.close();
      });
      write(body);
    });
    assert.match(text, /^HTTP\/1.1 503 /);
    await closing;
    assert.deepEqual(log, ['answered 503']);
  });

  it('comes to an end also where the client was gone before the flow was asked', async () => {
    flow = () => undefined;
    await start({ answeredByFlow: () => true, duplicates: new DedupWindow(60_000) }, false);
    const socket = connect(port(), '127.0.0.1');
    const head = `POST / HTTP/1.1\r\nHost: x\r\nX-Onegevity-Signature: ${signed(order)}\r\n`;
    socket.write(`${head}Content-Length: ${order.length}\r\n\r\n${order}`);
    while (!requests[0]?.complete) await tick();
    const gone = new Promise((resolve) => requests[0]!.socket.once('close', resolve));
    socket.destroy();
    await gone;
    receiver.setSecrets({ current: secret });
    assert.deepEqual(log, ['event order.created']);
    flow = (_event, response) => response.end('accepted');
    assert.equal((await post(url)).body, 'accepted', 'not taken for a repeat');
    await receiver.close();
  });

  it('does not remember what the flow would have accepted, had the client not gone before', async () => {
    let asked: (response: ServerResponse) => void = () => undefined;
    flow = (_event, response) => asked(response);
    await start({ answeredByFlow: () => true, responseTimeout: 60_000, duplicates: new DedupWindow(60_000) });
    const inFlow = new Promise<ServerResponse>((resolve) => (asked = resolve));
    const socket = connect(port(), '127.0.0.1');
    const head = `POST / HTTP/1.1\r\nHost: x\r\nX-Onegevity-Signature: ${signed(order)}\r\n`;
    socket.write(`${head}Content-Length: ${order.length}\r\n\r\n${order}`);
    const response = await inFlow;
    const gone = new Promise((resolve) => response.once('close', resolve));
    socket.destroy();
    await gone;
    response.end('too late');
    flow = (_event, later) => later.end('accepted');
    assert.equal((await post(url)).body, 'accepted');
    assert.deepEqual(
      log.filter((entry) => !entry.startsWith('answered')),
      ['event order.created', 'event order.created'],
    );
  });

  it('does not let an unsigned delivery pass a signed one off as a repeat', async () => {
    await start({ acceptUnsigned: true, duplicates: new DedupWindow(60_000) });
    for (const signature of [null, null, signed(order), signed(order)]) await post(url, order, { signature });
    assert.deepEqual(
      log.filter((entry) => !entry.startsWith('answered')),
      ['event order.created', 'duplicate', 'event order.created', 'duplicate'],
    );
  });

  it('ignores an answer after the deadline, and a second one, without an exception', async () => {
    let late: ServerResponse | undefined;
    flow = (_event, response) => (late = response);
    await start({ answeredByFlow: () => true });
    assert.equal((await post(url)).status, 503);
    late!.statusCode = 200;
    late!.setHeader('x-late', '1').writeHead(200).end('late');
    assert.equal(late!.headersSent, true);
    flow = (_event, response) => {
      response.writeHead(202).end('first');
      response.writeHead(500).end('second');
    };
    const answer = await post(url);
    assert.deepEqual([answer.status, answer.body], [202, 'first']);
  });

  it('remembers a delivery that the flow answers only where the flow accepted it', async () => {
    const statuses = [500, 300, 200, 200];
    flow = (_event, response) => response.writeHead(statuses.shift() ?? 0).end();
    await start({ answeredByFlow: () => true, duplicates: new DedupWindow(60_000) });
    for (const expected of [500, 300, 200, 200]) assert.equal((await post(url)).status, expected);
    assert.deepEqual(
      log.filter((entry) => !entry.startsWith('answered')),
      ['event order.created', 'event order.created', 'event order.created', 'duplicate'],
    );
  });

  it('leaves no listener and no timer on a request that stopped half-way', async () => {
    await start();
    const { text, closedByServer } = await raw(port(), (write) => {
      write('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf');
    });
    assert.match(text, /^HTTP\/1.1 408 /);
    assert.ok(closedByServer);
    const [request] = requests;
    // The one that drops what still comes.
    const [data = 0, ...others] = before;
    assert.deepEqual(listeners(request!), [data + 1, ...others]);
    assert.deepEqual(log, ['refused too_slow', 'answered 408']);
  });

  it('emits nothing for a client that hangs up half-way', async () => {
    await start();
    const socket = connect(port(), '127.0.0.1');
    socket.write('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf');
    while (requests.length === 0) await tick();
    const closed = new Promise((resolve) => requests[0]!.once('close', resolve));
    socket.destroy();
    await closed;
    await new Promise((resolve) => setTimeout(resolve, 150));
    assert.deepEqual(log, []);
  });

  it('answers 500 for a fault of its own, and Node.js goes on', async () => {
    await start({
      onEvent: () => {
        throw new Error('a bug');
      },
      answeredByFlow: () => {
        throw new Error('another');
      },
    });
    assert.equal((await post(url)).status, 500);
    const gzip = { headers: { 'content-encoding': 'gzip' } };
    assert.equal((await post(url, gzipSync(order), gzip)).status, 500);
    assert.equal((await post(url, order, { signature: null })).status, 401);
  });
});
