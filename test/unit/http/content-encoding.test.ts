import assert from 'node:assert/strict';
import { brotliCompressSync, createGzip, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { operations } from '../../../src/generated/operations';
import { ApiClient } from '../../../src/lib/api/client';
import { testConnection } from '../../../src/lib/api/connection-test';
import { type Answer, json, TestServer } from '../../support/http-server';

const patient = { patientIdentifier: 'P1', lastName: 'Müller', notes: 'x'.repeat(2000) };
const text = JSON.stringify(patient);

const packed =
  (encoding: string | string[], bytes: Buffer, status = 200): Answer =>
  (_, response) => {
    response.setHeader('content-encoding', encoding).writeHead(status).end(bytes);
  };

describe('Compressed responses', () => {
  let server: TestServer;
  let client: ApiClient;

  const options = () => ({
    baseUrl: server.url,
    connections: 4,
    clientId: 'id',
    clientSecret: 'secret',
    scopes: () => ['packages_read'],
    clientAuth: 'basic' as const,
    tokenPath: '/oauth/token',
    timeout: 5000,
    concurrency: 4,
    rate: 0,
  });
  const read = () => client.call(operations.patientDetails, { patientIdentifier: 'P1' });
  const write = () => client.call(operations.updatePatient, { patientIdentifier: 'P1' }, { lastName: 'X' });

  beforeEach(async () => {
    server = await TestServer.start();
    client = new ApiClient({ ...options(), maxBytes: 100_000 });
  });
  afterEach(async () => {
    await client.close();
    await server.stop();
  });

  it('are asked for, of the token endpoint too', async () => {
    await read();
    for (const { headers } of server.requests) assert.equal(headers['accept-encoding'], 'gzip, deflate, br');
    assert.equal(server.requests.length, 2);
  });

  for (const [encoding, bytes] of [
    ['gzip', gzipSync(text)],
    ['GZIP', gzipSync(text)],
    ['x-gzip', gzipSync(text)],
    ['deflate', deflateSync(text)],
    ['deflate', deflateRawSync(text)],
    ['br', brotliCompressSync(text)],
    ['identity', Buffer.from(text)],
    ['', Buffer.from(text)],
    ['deflate, gzip', gzipSync(deflateSync(text))],
    ['gzip , identity,br', brotliCompressSync(gzipSync(text))],
    [['br', 'gzip'], gzipSync(brotliCompressSync(text))],
    ['gzip', gzipSync(`\ufeff${text}`)],
    ['gzip', Buffer.concat([gzipSync(text.slice(0, 9)), gzipSync(text.slice(9))])],
    ['gzip', Buffer.concat([gzipSync(text), Buffer.alloc(100)])],
    // What others write there: a proxy that has unpacked the body, and servers that mean something else.
    ['gzip', Buffer.from(text)],
    ['br', Buffer.from(text)],
    ['deflate', Buffer.from(text)],
    ['utf-8', Buffer.from(text)],
    ['none', Buffer.from(text)],
    ['gzip, aws-chunked', gzipSync(text)],
  ] as const) {
    it(`are decoded: ${String(encoding)}, ${bytes.length} bytes`, async () => {
      server.answers = [packed(encoding as string | string[], bytes, 201)];
      assert.deepEqual(await read(), { statusCode: 201, body: patient });
      assert.deepEqual((await write()).body, patient);
    });
  }

  const broken: [string, string, Buffer][] = [
    ['cut off', 'gzip', gzipSync(text).subarray(0, 40)],
    ['cut off before the checksum', 'gzip', gzipSync(text).subarray(0, -8)],
    ['cut off', 'br', brotliCompressSync(text).subarray(0, 20)],
    ['cut off', 'deflate', deflateSync(text).subarray(0, 30)],
    ['compressed twice and named once', 'gzip', gzipSync(gzipSync(text))],
    ['damaged', 'gzip', gzipSync(text).fill(0, 20, 30)],
    ['of an unknown encoding', 'zstd', gzipSync(text)],
    ['of an encoding with the name of a member of objects', 'constructor', gzipSync(text)],
    [
      'of more encodings than anybody uses',
      'gzip,gzip,gzip,gzip',
      gzipSync(gzipSync(gzipSync(gzipSync(text)))),
    ],
  ];
  for (const [name, encoding, bytes] of broken) {
    it(`that are ${name} (${encoding}) are bad_response, of a write with an unknown outcome`, async () => {
      server.answers = [packed(encoding, bytes, 201)];
      await assert.rejects(write(), { code: 'bad_response', statusCode: 201, outcome: 'unknown' });
      assert.equal(server.apiRequests.length, 1);
    });
  }

  it('that cannot be decoded leave an error what its status says', async () => {
    for (const [status, code] of [
      [404, 'not_found'],
      [409, 'conflict'],
      [400, 'validation'],
    ] as const) {
      server.answers = [packed('gzip', Buffer.from('no gzip'), status)];
      await assert.rejects(write(), { code, statusCode: status, outcome: 'failed' });
    }
    server.answers = [packed('gzip', gzipSync('{"id":"r7","globalErrors":["g"]}'), 400)];
    await assert.rejects(write(), { code: 'validation', requestId: 'r7', globalErrors: ['g'] });
  });

  it('without a body, as some servers send them with 204, are null', async () => {
    server.answers = [
      (_, response) => {
        response.writeHead(204, { 'content-encoding': 'gzip' }).end();
      },
    ];
    assert.equal((await read()).body, null);
  });

  it('are too_large once they are larger than the limit, be they packed once or twice', async () => {
    const large = Buffer.from(JSON.stringify({ a: 'x'.repeat(100_000) }));
    for (const [encoding, bytes] of [
      ['gzip', gzipSync(large)],
      ['deflate', deflateSync(large)],
      ['br', brotliCompressSync(large)],
      ['gzip, br', brotliCompressSync(gzipSync(large))],
      ['br, gzip', gzipSync(brotliCompressSync(large))],
    ] as const) {
      server.answers = [packed(encoding, bytes)];
      await assert.rejects(
        write(),
        { code: 'response_too_large', statusCode: 200, outcome: 'unknown' },
        encoding,
      );
    }
    assert.equal(server.apiRequests.length, 5);
  });

  it('that would be 10 GB stop at the limit, in memory that does not grow', async () => {
    // As gzip allows, members one after the other are one content.
    const member = await bomb(100 * 1024 * 1024);
    const bytes = Buffer.concat(Array.from({ length: 100 }, () => member));
    server.answers = [packed('gzip', bytes)];
    await client.close();
    client = new ApiClient(options());
    const before = process.memoryUsage.rss();
    let highest = before;
    const timer = setInterval(() => (highest = Math.max(highest, process.memoryUsage.rss())), 5);
    try {
      await assert.rejects(read(), { code: 'response_too_large' });
    } finally {
      clearInterval(timer);
    }
    assert.equal(server.apiRequests.length, 1);
    const grown = (Math.max(highest, process.memoryUsage.rss()) - before) / 1024 / 1024;
    assert.ok(grown < 250, `${Math.round(grown)} MB more`);
  }).timeout(20_000);

  it('of the token endpoint are decoded too, and so when a connection is tested', async () => {
    const token = gzipSync(
      JSON.stringify({ access_token: 'packed', expires_in: 60, scope: 'packages_read' }),
    );
    server.token = packed('gzip', token);
    await read();
    assert.equal(server.apiRequests[0]?.headers.authorization, 'Bearer packed');
    server.answers = [packed('br', brotliCompressSync('{"packages":[]}'))];
    const { readFault, expiresIn } = await testConnection(options(), 2000);
    assert.deepEqual([readFault, expiresIn], [undefined, 60]);
    server.token = packed('gzip', token.subarray(0, 20));
    await assert.rejects(testConnection(options(), 2000), { code: 'bad_token_response' });
    server.token = json(200, { access_token: 't' });
  });
});

/** Zeros, packed without ever being in memory as a whole. */
async function bomb(size: number): Promise<Buffer> {
  const gzip = createGzip({ level: 9 });
  const zeros = Buffer.alloc(1024 * 1024);
  const chunks: Buffer[] = [];
  gzip.on('data', (chunk: Buffer) => chunks.push(chunk));
  const ended = new Promise((resolve) => gzip.once('end', resolve));
  for (let sent = 0; sent < size; sent += zeros.length) {
    if (!gzip.write(zeros)) await new Promise((resolve) => gzip.once('drain', resolve));
  }
  gzip.end();
  await ended;
  return Buffer.concat(chunks);
}
