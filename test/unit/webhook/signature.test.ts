import assert from 'node:assert/strict';
import fc from 'fast-check';
import { check, sign, verify } from '../../../src/lib/webhook/signature';
import { signed, vectors } from '../../support/webhook';

describe('the webhook signature', () => {
  for (const { name, secret, body, signature } of vectors) {
    it(`agrees with the vendor's code on "${name}"`, () => {
      assert.equal(sign(body, secret), signature);
      assert.equal(verify(Buffer.from(body), signature, secret), true);
      assert.equal(verify(body, signature, secret), true);
    });
  }

  const body = Buffer.from('{"id":1}');
  const right = signed(body, 's');
  const reasonOf = (signature: unknown, secrets: object = { current: 's' }): string => {
    const result = check(body, signature, secrets);
    return result.ok ? result.secret : result.reason;
  };

  it('says whether a signature is missing, malformed or wrong', () => {
    for (const missing of [undefined, null, '']) assert.equal(reasonOf(missing), 'missing_signature');
    const hex = Buffer.from(right, 'base64').toString('hex');
    const malformed = [
      hex,
      `sha256=${right}`,
      right.slice(0, 43),
      `${right}=`,
      ` ${right}`,
      `${right}\n`,
      right.replace('=', ''),
      `${right}, ${right}`,
      'x'.repeat(2 ** 20),
      '='.repeat(44),
      `-_${right.slice(2)}`,
      7,
      [right],
      { toString: () => right },
      Symbol('x'),
    ];
    for (const value of malformed) assert.equal(reasonOf(value), 'malformed_signature');
    assert.equal(reasonOf(signed(body, 'another')), 'wrong_signature');
    assert.equal(reasonOf(signed('another body', 's')), 'wrong_signature');
  });

  it('refuses other spellings of the right bytes', () => {
    const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
    const last = letters.indexOf(right.charAt(42));
    const respelt = `${right.slice(0, 42)}${letters.charAt(last + 1)}=`;
    assert.deepEqual(Buffer.from(respelt, 'base64'), Buffer.from(right, 'base64'));
    assert.equal(reasonOf(respelt), 'malformed_signature');
  });

  it('accepts the previous secret and says that it was that one', () => {
    assert.equal(reasonOf(right, { current: 'new', previous: 's' }), 'previous');
    assert.equal(reasonOf(right, { current: 's', previous: 'old' }), 'current');
    assert.equal(verify(body, right, ['new', 's']), true);
  });

  it('refuses what neither of two secrets has signed', () => {
    assert.equal(reasonOf(right, { current: 'new', previous: 'old' }), 'wrong_signature');
    assert.equal(reasonOf(right, { previous: 'old' }), 'wrong_signature');
  });

  it('signs nothing without a secret, nor what is neither text nor bytes', () => {
    assert.equal(sign(body, ''), '');
    assert.equal(sign(body, undefined as unknown as string), '');
    assert.equal(sign(42 as unknown as string, 's'), '');
    assert.equal(sign({ length: 3 } as unknown as string, 's'), '');
    assert.equal(sign(body, Buffer.from('s') as unknown as string), '');
    for (const none of [42, null, { length: 3 }]) {
      assert.deepEqual(check(none, right, { current: 's' }), { ok: false, reason: 'wrong_signature' });
    }
  });

  it('accepts nothing without a secret', () => {
    for (const secrets of [{}, { current: '' }, { current: undefined }, { current: 5 }, { previous: 5 }]) {
      assert.equal(reasonOf(right, secrets), 'no_secret');
    }
    assert.equal(check(body, signed(body, ' ').replace(/^./, 'A'), undefined).ok, false);
    assert.equal(verify(body, right, []), false);
    assert.equal(verify(body, right, undefined), false);
  });

  it('never throws, whatever it is given', () => {
    const hostile = {
      get current(): string {
        throw new Error('hostile');
      },
    };
    assert.equal(check(body, right, hostile).ok, false);
    const secrets = new Proxy(['s'], {
      get: () => {
        throw new Error('hostile');
      },
    });
    assert.equal(verify(body, right, secrets), false);
    fc.assert(
      fc.property(fc.anything(), fc.anything(), fc.anything(), (some, signature, secrets) => {
        assert.equal(typeof verify(some, signature, secrets), 'boolean');
        assert.equal(typeof check(some, signature, secrets as object).ok, 'boolean');
        assert.equal(typeof sign(some as string, secrets as string), 'string');
      }),
      { numRuns: 5000 },
    );
  });

  it('accepts exactly when a reference HMAC over the bytes agrees, in 100,000 mutations', function () {
    this.timeout(60_000);
    const flipped = (bytes: Uint8Array, at: number, bit: number): Uint8Array => {
      const copy = Uint8Array.from(bytes);
      if (copy.length > 0) copy[at % copy.length]! ^= 1 << bit;
      return copy;
    };
    let cases = 0;
    const agrees = (bytes: Uint8Array, signature: string, secret: string): void => {
      cases++;
      const expected = secret !== '' && signature === signed(bytes, secret);
      assert.equal(verify(bytes, signature, secret), expected);
    };
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 64 }),
        fc.string({ unit: 'binary', maxLength: 24 }),
        fc.string({ maxLength: 50 }),
        fc.nat(255),
        fc.nat(7),
        (bytes, secret, noise, at, bit) => {
          const valid = signed(bytes, secret);
          const changed = Buffer.from(flipped(Buffer.from(valid), at, bit)).toString('latin1');
          agrees(bytes, valid, secret);
          agrees(flipped(bytes, at, bit), valid, secret);
          agrees(bytes, changed, secret);
          agrees(bytes, noise, secret);
          agrees(bytes, valid, `${secret}${noise}`);
        },
      ),
      { numRuns: 20_000 },
    );
    assert.ok(cases >= 100_000);
  });
});
