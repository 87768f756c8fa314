import assert from 'node:assert/strict';
import type { IncomingMessage } from 'node:http';
import { isCrossOrigin } from '../../src/nodes/admin/cross-origin';

describe("a request to the editor's routes", () => {
  const foreign = (headers: Record<string, string>, method = 'POST'): boolean =>
    isCrossOrigin({ headers, method } as unknown as IncomingMessage);

  for (const [origin, host] of [
    ['http://nodered.test:1880', 'nodered.test:1880'],
    // What nginx sends with `proxy_set_header Host $host:$server_port`.
    ['http://nodered.test', 'nodered.test:80'],
    ['https://nodered.test', 'nodered.test:443'],
    ['http://nodered.test', 'NodeRED.test'],
    ['http://[::1]:1880', '[0:0:0:0:0:0:0:1]:1880'],
  ] as const) {
    it(`of ${origin} that arrives as ${host} is its own`, () =>
      assert.equal(foreign({ origin, host }), false));
  }

  for (const [origin, host] of [
    ['http://nodered.test', 'nodered.test:1880'],
    ['http://nodered.test:443', 'nodered.test'],
    ['https://nodered.test', 'nodered.test:80'],
    ['http://nodered.test', 'other@nodered.test'],
    ['http://nodered.test', 'nodered.test/other'],
    ['http://nodered.test', 'nodered.test#'],
    ['http://nodered.test', ''],
    ['null', 'nodered.test'],
    ['null', 'null'],
    ['', ''],
    ['moz-extension://nodered.test', 'nodered.test.'],
  ] as const) {
    it(`of ${origin || 'no origin'} that arrives as ${host || 'nothing'} is foreign`, () =>
      assert.equal(foreign({ origin, host }), true));
  }

  it('is foreign where the browser says so, whatever the names', () => {
    const names = { origin: 'http://nodered.test', host: 'nodered.test' };
    for (const site of ['cross-site', 'same-site', 'none', ''])
      assert.equal(foreign({ ...names, 'sec-fetch-site': site }), true, site);
  });
});
