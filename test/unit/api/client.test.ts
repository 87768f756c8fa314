import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { inspect } from 'node:util';
import sinon from 'sinon';
import { operations } from '../../../src/generated/operations';
import { ApiClient, type ClientOptions } from '../../../src/lib/api/client';
import { OnegevityError } from '../../../src/lib/errors';
import {
  type Answer,
  json,
  raw,
  reset,
  silent,
  TestServer,
  trickling,
  truncated,
} from '../../support/http-server';

const canary = 'CANARY-secret-4711';

describe('API client over real sockets', () => {
  let server: TestServer;
  let client: ApiClient;

  const connect = (more: Partial<ClientOptions> = {}) =>
    new ApiClient({
      baseUrl: server.url,
      connections: 16,
      clientId: 'id',
      clientSecret: canary,
      scopes: () => ['patients_read'],
      clientAuth: 'basic',
      tokenPath: '/oauth/token',
      timeout: 5000,
      concurrency: 16,
      rate: 0,
      ...more,
    });
  const read = (params: Record<string, unknown> = { patientIdentifier: 'P1' }) =>
    client.call(operations.patientDetails, params);
  const write = () =>
    client.call(operations.updatePatient, { patientIdentifier: 'P1' }, { firstName: canary });

  beforeEach(async () => {
    server = await TestServer.start();
    client = connect();
  });
  afterEach(async () => {
    await client.close();
    await server.stop();
  });

  it('sends the bearer token, the body as JSON, and reads the answer', async () => {
    server.answers = [json(201, { ok: true }, { 'x-request-id': 'r1' })];
    assert.deepEqual(await write(), { statusCode: 201, body: { ok: true }, requestId: 'r1' });
    const [request] = server.apiRequests;
    assert.equal(request?.method, 'PATCH');
    assert.equal(request?.url, '/api/v1/patients/P1');
    assert.equal(request?.headers.authorization, 'Bearer token-1');
    assert.equal(request?.headers['content-type'], 'application/json');
    assert.equal(request?.headers.accept, 'application/json');
    assert.deepEqual(JSON.parse(request?.body ?? ''), { firstName: canary });
    const token = server.requests.find(({ url }) => url === '/oauth/token');
    assert.equal(token?.method, 'POST');
    assert.equal(token?.headers['content-type'], 'application/x-www-form-urlencoded');
    assert.equal(token?.headers.accept, 'application/json');
  });

  it('sends no body with a read, and query parameters as they are named', async () => {
    server.answers = [json(200, { orders: [] })];
    const params = { patientIdentifier: 'P 1', pageNumber: 2, pageSize: 50, unknown: 'x' };
    await client.call(operations.listPatientOrders, params);
    const [request] = server.apiRequests;
    assert.equal(request?.url, '/api/v1/patients/P%201/orders?pageNumber=2&pageSize=50');
    assert.equal(request?.headers['content-type'], undefined);
    assert.equal(request?.body, '');
  });

  for (const [identifier, url] of [
    ['a/b', '/api/v1/patients/a%2Fb'],
    ['a?b', '/api/v1/patients/a%3Fb'],
    ['%2e%2e', '/api/v1/patients/%252e%252e'],
    ['😀', '/api/v1/patients/%F0%9F%98%80'],
  ] as const) {
    it(`sends ${identifier} as one path segment`, async () => {
      await read({ patientIdentifier: identifier });
      assert.equal(server.apiRequests[0]?.url, url);
    });
  }

  for (const identifier of ['.', '..', 'SB-000001 ', 'undefined']) {
    it(`sends nothing for ${JSON.stringify(identifier)}`, async () => {
      await assert.rejects(read({ patientIdentifier: identifier }), { code: 'bad_identifier' });
      assert.equal(server.requests.length, 0);
    });
  }

  it('sends nothing for an empty identifier, which would list all patients', async () => {
    await assert.rejects(read({ patientIdentifier: '' }), { code: 'missing_parameter' });
    assert.equal(server.requests.length, 0);
  });

  it('takes members that would reach a prototype out of an answer', async () => {
    const text =
      '{"a":[{"__proto__":{"evil":1},"\\u005f_proto__":2,"constructor":{"prototype":{"evil":1}},"b":1}]}';
    server.answers = [raw(200, text)];
    const { body } = await read();
    assert.deepEqual(Object.getOwnPropertyNames((body as { a: [object] }).a[0]), ['b']);
    assert.equal(({} as { evil?: number }).evil, undefined);
  });

  it('calls an answer that is nested too deeply for a flow bad_response', async () => {
    server.answers = [raw(200, '{"a":'.repeat(10_000) + '1' + '}'.repeat(10_000))];
    await assert.rejects(read(), { code: 'bad_response', outcome: 'failed' });
    await assert.rejects(write(), { code: 'bad_response', outcome: 'unknown' });
  });

  it('shows neither secret nor token to what lists its members', async () => {
    await read();
    for (const text of [JSON.stringify(client), inspect(client, { depth: Infinity, showHidden: true })]) {
      assert.doesNotMatch(text, new RegExp(`${canary}|token-1`));
    }
  });

  it('uses one token for a thousand cold calls', async () => {
    await Promise.all(Array.from({ length: 1000 }, () => read()));
    assert.equal(server.tokens, 1);
  });

  it('gets one new token when ten calls in flight meet a revoked one', async () => {
    await read();
    server.answers = [
      (request, response, socket) =>
        json(request.headers.authorization === 'Bearer token-1' ? 401 : 200, {})(request, response, socket),
    ];
    await Promise.all(Array.from({ length: 10 }, () => read()));
    assert.equal(server.tokens, 2);
  });

  it('stops after the second 401', async () => {
    server.answers = [json(401, {})];
    await assert.rejects(read(), { code: 'unauthorized', statusCode: 401 });
    assert.equal(server.apiRequests.length, 2);
  });

  it('does not blame a new token for a 401 that comes again', async () => {
    server.answers = [json(401, {})];
    for (let call = 0; call < 3; call++) await assert.rejects(read(), { code: 'unauthorized' });
    // One at the start, and one for each call that met a token which had worked for nobody.
    assert.equal(server.tokens, 4);
  });

  it('repeats a write after a 401, which did nothing', async () => {
    server.answers = [json(401, {}), json(200, {})];
    assert.equal((await write()).statusCode, 200);
    assert.equal(server.apiRequests.length, 2);
  });

  it('gets no token for a thousand calls more than once when all of them meet a revoked one', async () => {
    await read();
    server.answers = [
      (request, response, socket) =>
        json(request.headers.authorization === 'Bearer token-1' ? 401 : 200, {})(request, response, socket),
    ];
    await Promise.all(Array.from({ length: 1000 }, () => read()));
    assert.equal(server.tokens, 2);
  });

  it('does not repeat a 403 and names the scope', async () => {
    server.answers = [json(403, {})];
    const error = await read().catch((fault: unknown) => fault as OnegevityError);
    assert.ok(error instanceof OnegevityError);
    assert.equal(error.code, 'forbidden');
    assert.equal(error.values.scope, 'patients_read');
    assert.equal(server.apiRequests.length, 1);
  });

  /** Accepts one token only, as a server does that answers 403 to an expired one. */
  const accepting =
    (token: string): Answer =>
    (request, response, socket) =>
      json(request.headers.authorization === `Bearer ${token}` ? 200 : 403, { patientIdentifier: 'P1' })(
        request,
        response,
        socket,
      );

  it('renews the token once for a 403 to a call that worked before', async () => {
    await read();
    server.answers = [accepting('token-2')];
    assert.equal((await read()).statusCode, 200);
    assert.equal(
      ((await write().catch((error: unknown) => error)) as { statusCode: number }).statusCode,
      200,
    );
    assert.deepEqual([server.tokens, server.apiRequests.length], [2, 4]);
  });

  it('renews the token once for many calls that meet a 403 at a time', async () => {
    await read();
    server.answers = [accepting('token-2')];
    await Promise.all(Array.from({ length: 50 }, () => read()));
    assert.equal(server.tokens, 2);
  });

  it('keeps the token if it cannot be renewed after a 403, which may mean one call only', async () => {
    await read();
    server.token = json(401, { error: 'invalid_client' });
    server.answers = [json(403, {}), json(200, { patientIdentifier: 'P1' })];
    await assert.rejects(read(), { code: 'forbidden' });
    assert.equal((await read()).statusCode, 200);
    assert.equal(server.tokens, 2);
  });

  it('renews no token for a 403 to a call that never worked', async () => {
    await read();
    server.answers = [json(403, {})];
    await assert.rejects(client.call(operations.listPackages, {}), { code: 'forbidden' });
    await assert.rejects(client.request({ method: 'GET', path: '/packages?a=1' }), { code: 'forbidden' });
    assert.deepEqual([server.tokens, server.apiRequests.length], [1, 3]);
  });

  it('renews no more tokens for a while once a new one got a 403 too', async () => {
    await read();
    await client.request({ method: 'GET', path: '/packages?a=1' });
    server.answers = [json(403, {})];
    await assert.rejects(read(), { code: 'forbidden' });
    for (let call = 0; call < 5; call++) await assert.rejects(read(), { code: 'forbidden' });
    await assert.rejects(client.request({ method: 'GET', path: '/packages/P?b=2' }), { code: 'forbidden' });
    assert.deepEqual([server.tokens, server.apiRequests.length], [2, 2 + 2 + 6]);
    const later = performance.now() + 60_000;
    const clock = sinon.stub(performance, 'now').returns(later);
    try {
      server.answers = [accepting('token-3')];
      assert.equal((await client.request({ method: 'GET', path: '/packages/P?b=2' })).statusCode, 200);
      assert.equal(server.tokens, 3);
    } finally {
      clock.restore();
    }
  });

  it('renews no token of its own for the 403 to somebody else’s', async () => {
    const request = { method: 'GET', path: '/patients/P1', token: 'theirs' };
    await client.request(request);
    server.answers = [json(403, {})];
    await assert.rejects(client.request(request), { code: 'forbidden' });
    assert.deepEqual([server.tokens, server.apiRequests.length], [0, 2]);
  });

  it('names no scope for the 403 of a request of which it knows none', async () => {
    server.answers = [json(403, {})];
    await assert.rejects(client.request({ method: 'GET', path: '/packages' }), {
      code: 'forbidden',
      values: { statusCode: 403, scope: '?', seconds: '?' },
    });
  });

  it('repeats a read twice on 503 and a write never', async () => {
    server.answers = [json(503, {}), json(503, {}), json(200, { a: 1 })];
    assert.deepEqual((await read()).body, { a: 1 });
    assert.equal(server.apiRequests.length, 3);
    server.requests.length = 0;
    server.answers = [json(503, {}), json(200, {})];
    await assert.rejects(write(), { code: 'server_error', outcome: 'unknown' });
    assert.equal(server.apiRequests.length, 1);
  });

  describe('without waiting long', () => {
    let random: sinon.SinonStub;
    beforeEach(() => (random = sinon.stub(Math, 'random').returns(0)));
    afterEach(() => random.restore());

    it('repeats a read three times and no more, a HEAD like a GET', async () => {
      server.answers = [json(503, {})];
      for (const method of ['GET', 'HEAD']) {
        server.requests.length = 0;
        await assert.rejects(client.request({ method, path: '/packages' }), { code: 'server_error' });
        assert.equal(server.apiRequests.length, 4);
      }
      server.requests.length = 0;
      await assert.rejects(client.request({ method: 'OPTIONS', path: '/packages' }));
      assert.equal(server.apiRequests.length, 1);
    });

    it('repeats a read whose response is unusable, up to the limit, and a write never', async () => {
      for (const answer of [
        raw(200, '<html>', { 'content-type': 'application/json' }),
        raw(200, '{"patientIdentifier":"P1"'),
        raw(200, ''),
        json(200, []),
        json(200, 'text'),
        json(200, null),
        json(200, { patientIdentifier: 'P2' }),
        raw(200, '{"a":1', { 'content-encoding': 'gzip' }),
        raw(200, '(\xb5/\xfd', { 'content-encoding': 'zstd' }),
      ]) {
        server.requests.length = 0;
        server.answers = [answer, answer, json(200, { patientIdentifier: 'P1' })];
        assert.deepEqual((await read()).body, { patientIdentifier: 'P1' });
        assert.equal(server.apiRequests.length, 3);
        server.requests.length = 0;
        server.answers = [answer];
        const failed = { code: 'bad_response', statusCode: 200, outcome: 'failed', retryable: true };
        await assert.rejects(read(), failed);
        assert.equal(server.apiRequests.length, 4);
        server.requests.length = 0;
        await assert.rejects(write(), { code: 'bad_response', outcome: 'unknown', retryable: false });
        assert.equal(server.apiRequests.length, 1);
      }
    }).timeout(20_000);

    it('repeats nothing once a minute and a half is over, the next pause counted', async () => {
      const real = performance.now.bind(performance);
      for (const [late, requests] of [
        [80_000, 4],
        [89_980, 1],
      ] as const) {
        let offset = 0;
        const clock = sinon.stub(performance, 'now').callsFake(() => real() + offset);
        try {
          server.requests.length = 0;
          server.answers = [
            (request, response, socket) => {
              offset = late;
              json(503, {})(request, response, socket);
            },
          ];
          await assert.rejects(read(), { code: 'server_error' });
          assert.equal(server.apiRequests.length, requests);
        } finally {
          clock.restore();
        }
      }
    });

    it('says that a write failed where it got no token for it', async () => {
      for (const [answer, code] of [
        [reset, 'reset'],
        [json(503, {}), 'token_unavailable'],
        [json(429, {}, { 'retry-after': '3600' }), 'token_unavailable'],
      ] as const) {
        client = connect();
        server.token = answer;
        const error = await write().catch((fault: unknown) => fault as OnegevityError);
        assert.ok(error instanceof OnegevityError);
        assert.deepEqual([error.code, error.outcome], [code, 'failed']);
        await client.close();
      }
      assert.equal(server.apiRequests.length, 0);
    });
  });

  it('pauses before it asks for a token once more', async () => {
    const asked: number[] = [];
    const { token } = server;
    server.token = (...exchange) => {
      asked.push(performance.now());
      (asked.length > 1 ? token : json(503, {}))(...exchange);
    };
    assert.equal((await read()).statusCode, 200);
    assert.equal(asked.length, 2);
    assert.ok(asked[1]! - asked[0]! >= 49, `${asked[1]! - asked[0]!} ms`);
  });

  it('waits for as long as a token endpoint asks', async () => {
    server.token = json(429, {}, { 'retry-after': '3600' });
    await assert.rejects(read(), { code: 'token_unavailable', retryAfter: 3600 });
    assert.equal(server.tokens, 1);
  });

  it('calls nothing once it is closed, and keeps no connection', async () => {
    const connected = once(server.server, 'connection') as Promise<[Socket]>;
    await read();
    const [socket] = await connected;
    const ended = once(socket, 'close');
    await client.close();
    await ended;
    await assert.rejects(read(), { code: 'aborted' });
    assert.equal(server.apiRequests.length, 1);
  }).timeout(3000);

  it('repeats a write that was cleanly refused', async () => {
    server.answers = [
      json(429, {}, { 'retry-after': '0' }),
      json(503, {}, { 'retry-after': '0' }),
      json(200, {}),
    ];
    assert.equal((await write()).statusCode, 200);
    assert.equal(server.apiRequests.length, 3);
  });

  it('fails at once where the server asks for a longer wait than a minute', async () => {
    server.answers = [json(429, {}, { 'retry-after': '86400' })];
    await assert.rejects(read(), { code: 'rate_limited', retryAfter: 86400 });
    assert.equal(server.apiRequests.length, 1);
  });

  it('says that the fate of a write is unknown after a reset or a timeout', async () => {
    server.answers = [reset];
    await assert.rejects(write(), { code: 'reset', outcome: 'unknown' });
    server.answers = [silent];
    client = connect({ timeout: 50 });
    await assert.rejects(write(), { code: 'timeout', outcome: 'unknown' });
    assert.equal(server.apiRequests.length, 2);
  });

  it('says that a write failed where nothing was sent', async () => {
    await server.stop();
    await assert.rejects(write(), { code: 'connection_refused', outcome: 'failed' });
    server = await TestServer.start();
  }).timeout(10_000);

  it('reads the vendor’s validation errors', async () => {
    const body = { id: 'v1', globalErrors: ['g'], fieldErrors: [{ fieldName: 'f', message: 'm' }] };
    server.answers = [json(400, body)];
    const error = await write().catch((fault: unknown) => fault as OnegevityError);
    assert.ok(error instanceof OnegevityError);
    assert.deepEqual(
      [error.code, error.requestId, error.globalErrors, error.fieldErrors, error.outcome],
      ['validation', 'v1', ['g'], [{ fieldName: 'f', message: 'm' }], 'failed'],
    );
  });

  for (const [name, answer, code] of [
    ['a choice', raw(300, ''), 'redirected'],
    ['a redirect', raw(302, '', { location: 'http://example.invalid/' }), 'redirected'],
    ['404', json(404, {}), 'not_found'],
    ['409', json(409, {}), 'conflict'],
    ['418', json(418, {}), 'http_error'],
  ] as const) {
    it(`calls ${name} ${code}`, async () => {
      server.answers = [answer];
      await assert.rejects(read(), { code });
      assert.equal(server.apiRequests.length, 1);
    });
  }

  it('takes 204 and an empty body for null', async () => {
    server.answers = [raw(204, '')];
    assert.deepEqual((await read()).body, null);
  });

  it('repeats a read whose body was cut off', async () => {
    server.answers = [truncated, json(200, { a: 1 })];
    assert.deepEqual((await read()).body, { a: 1 });
  });

  it('does not read a broken answer of a write as a failure', async () => {
    server.answers = [truncated];
    await assert.rejects(write(), { code: 'reset', outcome: 'unknown' });
    server.answers = [raw(200, '<html>')];
    await assert.rejects(write(), { code: 'bad_response', outcome: 'unknown' });
    assert.equal(server.apiRequests.length, 2);
  });

  it('gives up on a body that never ends', async () => {
    server.answers = [trickling];
    client = connect({ timeout: 200 });
    await assert.rejects(write(), { code: 'timeout', outcome: 'unknown' });
  });

  it('takes the time limit of a call before its own, and one beyond what a timer can hold', async () => {
    server.answers = [silent, json(200, {})];
    const patch = (timeout: number) =>
      client.call(operations.updatePatient, { patientIdentifier: 'P1' }, { a: 1 }, { timeout });
    await assert.rejects(patch(50), { code: 'timeout', values: { seconds: 0.05 } });
    assert.equal((await patch(1e12)).statusCode, 200);
  });

  it('reads JSON after a byte order mark', async () => {
    server.answers = [raw(200, '\ufeff{"a":1}', { 'content-type': 'application/json' })];
    assert.deepEqual((await read()).body, { a: 1 });
  });

  it('sends nothing where the body cannot be written as JSON', async () => {
    const loop: Record<string, unknown> = {};
    loop.self = loop;
    for (const body of [loop, { big: 1n }]) {
      const call = client.call(operations.updatePatient, { patientIdentifier: 'P1' }, body);
      await assert.rejects(call, { code: 'bad_body', outcome: 'failed', values: { name: 'JSON?' } });
    }
    assert.equal(server.requests.length, 0);
  });

  for (const [name, header] of [
    ['a date to come', () => new Date(Date.now() + 1500).toUTCString()],
    ['a date in the past', () => new Date(0).toUTCString()],
    ['nonsense', () => 'soon'],
  ] as const) {
    it(`repeats a read after a 429 whose Retry-After is ${name}`, async () => {
      server.answers = [json(429, {}, { 'retry-after': header() }), json(200, { a: 1 })];
      const started = performance.now();
      assert.deepEqual((await read()).body, { a: 1 });
      assert.equal(performance.now() - started >= 49, true);
    });
  }

  it('reads 20 kB of headers, and calls more than 64 kB too_large at once', async () => {
    const cookies = (bytes: number) => ({ 'x-trace': 'x'.repeat(bytes) });
    server.answers = [json(200, { a: 1 }, cookies(20_000))];
    assert.deepEqual((await read()).body, { a: 1 });
    server.answers = [json(200, { a: 1 }, cookies(70_000))];
    server.requests.length = 0;
    await assert.rejects(read(), { code: 'response_too_large', outcome: 'failed' });
    await assert.rejects(write(), { code: 'response_too_large', outcome: 'unknown' });
    assert.equal(server.apiRequests.length, 2);
  });

  it('compares a date in Retry-After with the date of the response, not with its own clock', async () => {
    const theirs = Date.now() + 86_400_000;
    const dates = (seconds: number) => ({
      date: new Date(theirs).toUTCString(),
      'retry-after': new Date(theirs + seconds * 1000).toUTCString(),
    });
    server.answers = [json(429, {}, dates(0)), json(200, { a: 1 })];
    assert.deepEqual((await read()).body, { a: 1 });
    server.answers = [json(429, {}, dates(61))];
    await assert.rejects(read(), { code: 'rate_limited', retryAfter: 61 });
    client = connect();
    server.token = json(503, {}, dates(61));
    await assert.rejects(read(), { code: 'token_unavailable', retryAfter: 61 });
    await client.close();
  });

  it('refuses an answer beyond the size limit', async () => {
    server.answers = [raw(200, JSON.stringify('x'.repeat(5000)))];
    client = connect({ maxBytes: 1000 });
    await assert.rejects(read(), { code: 'response_too_large' });
  });

  it('aborts calls in flight and waiting when it closes', async () => {
    server.answers = [silent];
    client = connect({ concurrency: 1 });
    const calls = [read(), read(), read()].map((call) => assert.rejects(call, { code: 'aborted' }));
    await new Promise((resolve) => server.server.once('request', resolve));
    await client.close();
    await Promise.all(calls);
  });

  it('sends nothing of a call that has only begun when it closes', async () => {
    const call = assert.rejects(write(), { code: 'aborted', outcome: 'failed' });
    await client.close();
    await call;
    assert.equal(server.requests.length, 0);
  });

  for (const [name, end] of [
    ['its owner goes', (owner: object) => client.cancel(owner)],
    ['it closes', () => client.close()],
  ] as const) {
    it(`does not wait out the pause that a server asked for, once ${name}`, async () => {
      server.answers = [json(429, {}, { 'retry-after': '60' })];
      const owner = {};
      const failed: Promise<void>[] = [];
      await new Promise<void>((paused) => {
        const options = { owner, onRetry: () => paused() };
        const call = client.call(operations.updatePatient, { patientIdentifier: 'P1' }, { a: 1 }, options);
        failed.push(assert.rejects(call, { code: 'aborted', outcome: 'failed' }));
      });
      await end(owner);
      await Promise.all(failed);
      assert.equal(server.apiRequests.length, 1);
    }).timeout(3000);
  }

  it('gives up the calls of one owner and no other, whether they wait, run or pause', async () => {
    client = connect({ concurrency: 2 });
    const [mine, theirs] = [{}, {}];
    const answered = { paused: json(503, {}), running: silent };
    let paused: () => void;
    const pausing = new Promise<void>((resolve) => (paused = resolve));
    const call = (id: string, owner: object) =>
      client.call(operations.patientDetails, { patientIdentifier: id }, undefined, {
        owner,
        onRetry: () => paused(),
      });
    server.answers = [
      (request, response, socket) => {
        const kind = request.url.split('/').at(-1) as keyof typeof answered;
        (answered[kind] ?? json(200, {}))(request, response, socket);
      },
    ];
    const gone = ['paused', 'running', 'waiting'].map((id) =>
      assert.rejects(call(id, mine), { code: 'aborted', outcome: 'failed' }),
    );
    const other = call('other', theirs);
    await pausing;
    client.cancel(mine);
    await Promise.all(gone);
    assert.equal((await other).statusCode, 200);
    await assert.rejects(call('late', mine), { code: 'aborted' });
  });

  it('does not touch a call of another owner that is under way', async () => {
    const [mine, theirs] = [{}, {}];
    const waiting: (() => void)[] = [];
    server.answers = [
      (request, response, socket) => waiting.push(() => json(200, {})(request, response, socket)),
    ];
    const call = (owner: object) =>
      client.call(operations.patientDetails, { patientIdentifier: 'P1' }, undefined, { owner });
    const gone = assert.rejects(call(mine), { code: 'aborted' });
    const stays = call(theirs);
    while (waiting.length < 2) await new Promise((resolve) => setImmediate(resolve));
    client.cancel(mine);
    await gone;
    for (const answer of waiting) answer();
    assert.equal((await stays).statusCode, 200);
  });

  it('leaves the fate of a write open that was under way when its owner went', async () => {
    const owner = {};
    server.answers = [silent];
    const call = client.call(operations.updatePatient, { patientIdentifier: 'P1' }, { a: 1 }, { owner });
    const failed = assert.rejects(call, { code: 'aborted', outcome: 'unknown' });
    while (server.apiRequests.length === 0) await new Promise((resolve) => setImmediate(resolve));
    client.cancel(owner);
    await failed;
  });

  it('keeps secret, token and body out of its errors, however deep one looks', async () => {
    for (const answer of [json(401, { secret: canary }), json(500, canary), reset, raw(200, canary)]) {
      server.answers = [answer];
      client = connect({ timeout: 300 });
      const error = await write().catch((fault: unknown) => fault);
      const text = inspect(error, { depth: 10 }) + JSON.stringify(error);
      assert.doesNotMatch(text, new RegExp(`${canary}|token-\\d|Bearer`));
      assert.equal((error as Error).cause, undefined);
      await client.close();
    }
  });
});
