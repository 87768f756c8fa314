import assert from 'node:assert/strict';
import { sanitize } from '../../../src/lib/http/sanitize-json';

describe('a value that a flow may copy', () => {
  const made = (text: string) => {
    const value: unknown = JSON.parse(text);
    let removed = 0;
    const safe = sanitize(value, () => removed++);
    return { value, removed, safe };
  };

  it('stays as it is, whatever JSON it is', () => {
    for (const text of ['null', '5', '"x"', '[]', '{}', '{"a":{"b":[1,null,{"c":"d"}]}}']) {
      assert.deepEqual(made(text), { value: JSON.parse(text), removed: 0, safe: true });
    }
  });

  it('loses only members that reach a prototype', () => {
    const text = '{"a":[{"__proto__":1,"b":2}],"constructor":{"prototype":{}}}';
    assert.deepEqual(made(text), { value: { a: [{ b: 2 }] }, removed: 2, safe: true });
    for (const kept of [
      '{"constructor":"a builder"}',
      '{"constructor":null}',
      '{"constructor":{"name":"x"}}',
      '{"prototype":{}}',
      '{"a":{"prototype":{}}}',
    ]) {
      assert.deepEqual(made(kept), { value: JSON.parse(kept), removed: 0, safe: true });
    }
  });

  it('is nested 64 levels deep at most', () => {
    const nested = (levels: number) => `${'[{"a":'.repeat(levels / 2)}1${'}]'.repeat(levels / 2)}`;
    assert.equal(made(nested(64)).safe, true);
    assert.equal(made(nested(66)).safe, false);
    assert.equal(made(`[${nested(64)}]`).safe, false);
  });
});
