import assert from 'node:assert/strict';
import type { IncomingMessage } from 'node:http';
import { createRequire } from 'node:module';
import fc from 'fast-check';
import { normalisePath, pathKey, pathnameOf, pathPattern } from '../../../src/lib/webhook/path';

/** What Express parses URLs with. */
const parseurl = createRequire(require.resolve('node-red/package.json'))('parseurl') as (
  request: IncomingMessage,
) => { pathname?: string | null } | undefined;

const loose = { caseSensitive: false, strict: false };
const strict = { caseSensitive: true, strict: true };

describe("a webhook's path", () => {
  it('begins with one slash and ends with none', () => {
    const spellings: [string, string][] = [
      ['hook', '/hook'],
      ['/hook', '/hook'],
      [' /hook/ ', '/hook'],
      ['//a///b//', '/a/b'],
      ['/', ''],
      ['/a b', '/a%20b'],
      ['/ü', '/%c3%bc'],
      ['/a \u{1f9ea}b', '/a%20%f0%9f%a7%aab'],
      ['/%C3%BC', '/%C3%BC'],
      ["/a-b_c.d~e!$&',;=@f", "/a-b_c.d~e!$&',;=@f"],
    ];
    for (const [path, normal] of spellings) assert.equal(normalisePath(path), normal);
  });

  it('has nothing that a router gives a meaning to', () => {
    for (const path of [
      '',
      ' ',
      ':a',
      '/:a',
      '*',
      '/a*',
      '(a)',
      '/a?',
      '/a+',
      '/a#b',
      '/a?b=c',
      '/%',
      '/%zz',
      '/%aG',
      '..',
      '/a/./b',
      '/a\\b',
      '[a]',
      '{a}',
      'a|b',
      '^',
      '"',
      undefined,
      null,
      7,
    ]) {
      assert.equal(normalisePath(path), undefined, String(path));
    }
  });

  it('never throws, and what it gives is a path of a URL', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const path = normalisePath(text);
        if (path !== undefined) assert.equal(new URL(path, 'http://x').pathname, path || '/');
      }),
      { numRuns: 5000 },
    );
  });

  it('has a key that is the same wherever Express takes paths for the same', () => {
    assert.equal(pathKey('/Hook', loose), '/hook');
    assert.equal(pathKey('/Hook/', loose), '/hook');
    assert.equal(pathKey('/hook//', loose), '/hook/');
    assert.equal(pathKey('/', loose), '/');
    assert.equal(pathKey('/Hook/', strict), '/Hook/');
  });

  it('is found in any URL of a request as Express finds it', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'/aA.#?\\;%2f:@\u00a0 \ufeff\t*') }), (url) => {
        let expected: string | null | undefined;
        try {
          expected = parseurl({ url } as IncomingMessage)?.pathname;
        } catch {
          expected = undefined;
        }
        assert.equal(pathnameOf(url), expected ?? undefined);
      }),
      { numRuns: 5000 },
    );
    assert.equal(pathnameOf('http://host/a/b?c'), '/a/b');
  });

  it('makes a pattern of its own and of its topics, and of nothing else', () => {
    const pattern = pathPattern('/a.b', loose);
    for (const path of ['/a.b', '/A.B/', '/a.b/order.created', '/a.b/ORDER.created/'])
      assert.match(path, pattern);
    for (const path of ['/axb', '/a.b/orderxcreated', '/a.b/x', '/a.b//', '/x/a.b', '/a.b/order.created/x']) {
      assert.doesNotMatch(path, pattern);
    }
    assert.match('/', pathPattern('', loose));
    assert.match('/order.created', pathPattern('', loose));
    assert.match('/', pathPattern('', strict));
    assert.equal(pathPattern('/a', loose).exec('/a/kit.activated')?.[1], 'kit.activated');
    for (const path of ['/a', '/a/order.created']) assert.match(path, pathPattern('/a', strict));
    for (const path of ['/A', '/a/', '/a/Order.created'])
      assert.doesNotMatch(path, pathPattern('/a', strict));
  });
});
