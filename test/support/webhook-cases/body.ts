import assert from 'node:assert/strict';
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { order, post, raw, signed } from '../webhook';
import type { Stand } from './stand';

export function bodyCases(stand: () => Stand): void {
  const spellings: [string, string][] = [
    ['a number written 1.0', '{"id":1.0,"orderIdentifier":"O1","patientIdentifier":"P1"}'],
    ['escapes', '{"id":1,"orderIdentifier":"\\u00e9\\/1","patientIdentifier":"P1"}'],
    [
      'line ends of Windows and tabs',
      '{\r\n\t"id": 1,\r\n\t"orderIdentifier": "O1",\r\n\t"patientIdentifier": "P1"\r\n}\r\n',
    ],
    ['emoji and Japanese', '{"id":1,"orderIdentifier":"Zoë-日本-😀","patientIdentifier":"P1"}'],
    ['a byte order mark', `\ufeff${order}`],
    ['spaces around', `  ${order}\n`],
  ];
  it('accepts JSON as it was sent and signed, however it is spelt', async () => {
    const { url } = await stand().fresh();
    for (const [, body] of spellings) {
      await stand().clear();
      const msg = await stand().accepted('order.created', url, body);
      assert.deepEqual(msg.payload, JSON.parse(body.replace('\ufeff', '')));
    }
  });

  it('refuses the same JSON serialised anew, with a byte more, and truncated', async () => {
    const { url } = await stand().fresh();
    const pretty = JSON.stringify(JSON.parse(order), undefined, 4);
    for (const body of [pretty, `${order}\n`, `${order} `, order.slice(0, -1)]) {
      const answer = await post(url, body, { signature: signed(order) });
      assert.equal(answer.status, 401);
    }
    assert.equal((await stand().settled()).filter(({ label }) => label !== 'rejected').length, 0);
  });

  it('keeps the digits of numbers beyond 2^53', async () => {
    const { url } = await stand().fresh();
    const body =
      '{"id":9223372036854775807,"orderIdentifier":"O1","patientIdentifier":"P1","n":[-12345678901234567890,7]}';
    const { payload, onegevity } = await stand().accepted('order.created', url, body);
    assert.equal(payload.id, '9223372036854775807');
    assert.deepEqual(payload.n, ['-12345678901234567890', 7]);
    assert.deepEqual(onegevity.notes, ['big_number']);
  });

  it('hands on a signed body that is not UTF-8 as bytes, on other', async () => {
    const { url } = await stand().fresh();
    const latin1 = Buffer.from('{"id":1,"orderIdentifier":"Zoë","patientIdentifier":"P1"}', 'latin1');
    const msg = await stand().accepted('other', url, latin1);
    assert.equal(msg.onegevity.reason, 'not_utf8');
    assert.deepEqual(Buffer.from(msg.payload), latin1);
  });

  it('answers signed JSON that is malformed with 200, on other; unsigned with 401', async () => {
    const { url } = await stand().fresh();
    for (const body of ['{"id":', 'hello', '{"id":1}x', "{'id':1}", '{"id":01}', '{"id":1,}']) {
      await stand().clear();
      const msg = await stand().accepted('other', url, body);
      assert.equal(msg.onegevity.reason, 'malformed_json');
      assert.equal(Buffer.from(msg.payload).toString(), body);
    }
    await stand().clear();
    await stand().refused(url, 401, 'missing_signature', '{"id":', { signature: null });
  });

  it('accepts signed JSON that is no object, on other', async () => {
    const { url } = await stand().fresh('plain', '');
    for (const body of ['null', '[]', '"x"', '42', 'true', '{}', '[{"patientIdentifier":"P1"}]']) {
      await stand().clear();
      const msg = await stand().accepted('other', url, body);
      assert.deepEqual(msg.payload, JSON.parse(body));
      assert.equal(msg.topic, undefined);
    }
  });

  it('refuses an empty body with 400', async () => {
    const { url } = await stand().fresh();
    await stand().refused(url, 400, 'empty_body', '');
    const { text } = await raw(stand().nodeRed.port, (write) => {
      write(
        `POST ${new URL(url).pathname} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n0\r\n\r\n`,
      );
    });
    assert.match(text, /^HTTP\/1.1 400 /);
  });

  it('refuses a body over the limit by its announced length, without reading it', async () => {
    const { url } = await stand().fresh('small');
    const { text, closedByServer } = await raw(stand().nodeRed.port, (write) => {
      write(`POST ${new URL(url).pathname} HTTP/1.1\r\nHost: x\r\nContent-Length: 1001\r\n\r\n`);
    });
    assert.match(text, /^HTTP\/1.1 413 /);
    assert.ok(closedByServer);
    await stand().rejected('too_large');
  });

  it('refuses a chunked body at the limit and closes the connection', async () => {
    const { url } = await stand().fresh('small');
    const chunk = `200\r\n${'x'.repeat(0x200)}\r\n`;
    const { text, closedByServer } = await raw(stand().nodeRed.port, (write) => {
      write(
        `POST ${new URL(url).pathname} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n${chunk}${chunk}`,
      );
    });
    assert.match(text, /^HTTP\/1.1 413 /);
    assert.ok(closedByServer);
    await stand().rejected('too_large');
  });

  it('accepts a body of exactly the limit', async () => {
    const { url } = await stand().fresh('small');
    await stand().accepted('order.created', url, order.padEnd(1000));
  });

  for (const [what, start] of [
    ['stops half-way', '{"id":'],
    ['sends no body', ''],
  ] as const) {
    it(`answers a client that ${what} with 408 and leaves nothing behind`, async () => {
      const { url } = await stand().fresh('small');
      const { text, closedByServer } = await raw(stand().nodeRed.port, (write) => {
        write(`POST ${new URL(url).pathname} HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n${start}`);
      });
      assert.match(text, /^HTTP\/1.1 408 /);
      assert.ok(closedByServer);
      await stand().rejected('too_slow');
    });
  }

  const encodings: [string, (body: string) => Buffer][] = [
    ['gzip', gzipSync],
    ['deflate', deflateSync],
    ['deflate', deflateRawSync],
    ['br', brotliCompressSync],
  ];
  it('undoes gzip, deflate and br, with the signature over the bytes as sent', async () => {
    const { url } = await stand().fresh();
    for (const [encoding, encode] of encodings) {
      const body = encode(order);
      const headers = { 'content-encoding': encoding };
      await stand().clear();
      const msg = await stand().accepted('order.created', url, body, { headers });
      assert.deepEqual(msg.payload, JSON.parse(order));
      const inner = await post(url, body, { headers, signature: signed(order) });
      assert.equal(inner.status, 401);
    }
  });

  it('bounds inflation by the size limit', async () => {
    const { url } = await stand().fresh('small');
    const bomb = gzipSync(Buffer.alloc(100_000, 0x20));
    await stand().refused(url, 413, 'too_large', bomb, { headers: { 'content-encoding': 'gzip' } });
  });

  it('hands on a signed body that is not encoded as it says, as bytes, on other', async () => {
    const { url } = await stand().fresh();
    const msg = await stand().accepted('other', url, order, { headers: { 'content-encoding': 'gzip' } });
    assert.equal(msg.onegevity.reason, 'bad_encoding');
    assert.equal(Buffer.from(msg.payload).toString(), order);
  });

  it('refuses other encodings with 415', async () => {
    const { url } = await stand().fresh();
    for (const encoding of ['zstd', 'gzip, br', 'constructor']) {
      await stand().clear();
      await stand().refused(url, 415, 'unsupported_encoding', order, {
        headers: { 'content-encoding': encoding },
      });
    }
  });

  it('decides by the signature, whatever the Content-Type', async () => {
    const { url } = await stand().fresh();
    const types = [
      '',
      'text/plain',
      'application/x-www-form-urlencoded',
      'multipart/form-data; boundary=x',
      'image/png',
      '///',
      'application/json; charset=latin1',
      ';;=é',
    ];
    for (const type of types) {
      await stand().clear();
      await stand().accepted('order.created', url, order, { headers: { 'content-type': type } });
      const refused = await post(url, order, { signature: signed('x'), headers: { 'content-type': type } });
      assert.equal(refused.status, 401);
    }
  });

  it('takes deep nesting without harm', async () => {
    const { url } = await stand().fresh();
    const deep = `{"id":1,"orderIdentifier":"O1","patientIdentifier":"P1","deep":${'['.repeat(100_000)}${']'.repeat(100_000)}}`;
    const msg = await stand().accepted('other', url, deep);
    assert.equal(msg.onegevity.reason, 'too_deep');
    await stand().clear();
    await stand().accepted('order.created', url);
  });

  it('takes prototype keys without harm', async () => {
    const { url } = await stand().fresh();
    const body =
      '{"id":1,"orderIdentifier":"O1","patientIdentifier":"P1","__proto__":{"polluted":1},"a":{"constructor":{"prototype":{"polluted":1}}}}';
    const { payload, onegevity } = await stand().accepted('order.created', url, body);
    assert.deepEqual(Object.keys(payload as object), ['id', 'orderIdentifier', 'patientIdentifier', 'a']);
    assert.deepEqual(payload.a, {});
    assert.deepEqual(onegevity.notes, ['prototype_key']);
    assert.equal(await stand().nodeRed.evaluate('({}).polluted === undefined'), true);
  });
}
