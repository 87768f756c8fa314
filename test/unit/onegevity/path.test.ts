import assert from 'node:assert/strict';
import fc from 'fast-check';
import { identifierFault } from '../../../src/lib/onegevity/identifier';
import { fillPath, pathSegment, queryString } from '../../../src/lib/onegevity/path';

describe('path', () => {
  for (const [value, segment] of [
    ['PO37011', 'PO37011'],
    ['a/b', 'a%2Fb'],
    ['a?b', 'a%3Fb'],
    ['%2e%2e', '%252e%252e'],
    ['😀', '%F0%9F%98%80'],
    [42, '42'],
  ] as const) {
    it(`encodes ${value} as one segment`, () => assert.equal(pathSegment('x', value), segment));
  }

  for (const value of [undefined, null, '', '  ']) {
    it(`calls ${JSON.stringify(value)} missing`, () => {
      assert.throws(() => pathSegment('x', value), { code: 'missing_parameter', values: { name: 'x' } });
    });
  }

  for (const value of [{}, ['a'], Number.NaN, Number.POSITIVE_INFINITY, -1, 1.5, 2 ** 53, true, () => 1]) {
    it(`refuses ${typeof value} ${JSON.stringify(value)}`, () => {
      assert.throws(() => pathSegment('x', value), { code: 'bad_parameter', values: { name: 'x' } });
    });
  }

  for (const value of ['.', '..', '../x', 'a/..', '..\\x', '..;a', 'a\r', 'undefined', '\ud800']) {
    it(`sends nothing for ${JSON.stringify(value)}`, () => {
      assert.throws(() => pathSegment('x', value), { code: 'bad_identifier' });
    });
  }

  it('never lets a value leave its segment', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), (value) => {
        fc.pre(identifierFault(value) === undefined);
        const path = fillPath('/patients/{patientIdentifier}/orders', { patientIdentifier: value });
        const [, first, segment, last, ...more] = path.split('/');
        assert.deepEqual([first, last, more], ['patients', 'orders', []]);
        assert.equal(decodeURIComponent(segment!), value);
        assert.doesNotMatch(segment!, /[?#\\]/);
      }),
      { numRuns: 2000 },
    );
  });

  it('joins arrays with commas and leaves absent query values out', () => {
    assert.equal(
      queryString({ recommendationType: ['diet', 'product'], a: undefined, b: '' }),
      '?recommendationType=diet%2Cproduct',
    );
    assert.equal(
      queryString({ includeArchived: false, pageNumber: 0 }),
      '?includeArchived=false&pageNumber=0',
    );
    assert.equal(queryString({}), '');
  });
});
