import assert from 'node:assert/strict';
import fc from 'fast-check';
import { parseBody } from '../../../src/lib/webhook/parse';

const parse = (text: string) => parseBody(Buffer.from(text));

describe('the payload of a body', () => {
  it('is what JSON.parse makes of it, for any JSON with ordinary numbers', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 5, noUnicodeString: false }), (text) => {
        const expected: unknown = JSON.parse(text);
        const { payload, reason, notes } = parse(text);
        assert.equal(reason, undefined);
        if (!notes) assert.deepEqual(payload, expected);
      }),
      { numRuns: 5000 },
    );
  });

  it('keeps every digit of big numbers, wherever they are, and nothing else changes', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n }), fc.string(), (number, text) => {
        const quoted = JSON.stringify(text);
        const { payload } = parse(
          `{"a":${number}, "${number}":[${quoted},-0.5e1,${number}],"s":"${number}"}`,
        );
        const exact = Number.isSafeInteger(Number(number)) ? Number(number) : String(number);
        assert.deepEqual(payload, {
          a: exact,
          [String(number)]: [text, -5, exact],
          s: String(number),
        });
      }),
      { numRuns: 3000 },
    );
  });

  it('keeps numbers beyond the range of numbers as their text', () => {
    assert.deepEqual(parse('[1e400,-1E+400,1e3,1.5]').payload, ['1e400', '-1E+400', 1000, 1.5]);
    assert.deepEqual(parse('[1e400]').notes, ['big_number']);
  });

  it('is a number up to the biggest that is exact, and its digits beyond', () => {
    assert.deepEqual(parse('9007199254740991').payload, 9007199254740991);
    assert.deepEqual(parse('-9007199254740991').payload, -9007199254740991);
    assert.deepEqual(parse('9007199254740992').payload, '9007199254740992');
    assert.equal(parse('[9007199254740991]').notes, undefined);
  });

  it('may have a byte order mark before it', () => {
    assert.deepEqual(parse('\ufeff{"a":1}'), { payload: { a: 1 } });
  });

  it('is the bytes where they are no JSON, also where they only look like it', () => {
    for (const text of [
      '',
      ' ',
      '{',
      '01',
      '1.',
      'NaN',
      '"\n"',
      '[1,]',
      '{"a":1}{',
      '\u0000',
      '﻿﻿1',
      '12345678901234567890x',
    ]) {
      const body = Buffer.from(text);
      assert.deepEqual(parseBody(body), { payload: body, reason: 'malformed_json' });
    }
    for (const body of [Buffer.from([0x22, 0xff, 0x22]), Buffer.from([0xff, 0xfe, 0x31, 0])]) {
      assert.deepEqual(parseBody(body), { payload: body, reason: 'not_utf8' });
    }
  });

  it('never throws, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        parseBody(Buffer.from(bytes));
      }),
      { numRuns: 5000 },
    );
  });

  it('is nested 64 levels deep at most', () => {
    const nested = (levels: number) => `${'['.repeat(levels)}${']'.repeat(levels)}`;
    assert.equal(parse(nested(64)).reason, undefined);
    assert.equal(parse(nested(65)).reason, 'too_deep');
    assert.equal(parse(nested(200_000)).reason, 'too_deep');
    assert.equal(parse(`{"a":${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}}`).reason, 'too_deep');
  });

  it('has no member that reaches a prototype when it is copied', () => {
    const text =
      '[{"\\u005f_proto__":{"x":1},"constructor":{"prototype":{"x":1}}},{"constructor":"a builder"}]';
    const { payload, notes } = parse(text);
    assert.deepEqual(payload, JSON.parse('[{}, { "constructor": "a builder" }]'));
    assert.deepEqual(notes, ['prototype_key']);
  });
});
