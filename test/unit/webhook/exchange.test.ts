import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Exchange } from '../../../src/lib/webhook/exchange';
import { post, raw } from '../../support/webhook';

describe('the answer to a delivery', () => {
  let server: Server;
  let handle: (exchange: Exchange) => void;

  beforeEach(async () => {
    server = createServer((request, response) => handle(new Exchange(request, response)));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  afterEach(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  const port = (): number => (server.address() as AddressInfo).port;

  it('names the allowed method, and when to come again, only where it is told to', async () => {
    const url = `http://127.0.0.1:${port()}`;
    const named = async () => {
      const { status, headers } = await post(url);
      return [status, headers.allow, headers['retry-after']];
    };
    handle = (exchange) => exchange.reject(405, undefined, 'POST');
    assert.deepEqual(await named(), [405, 'POST', undefined]);
    handle = (exchange) => exchange.reject(503, 5);
    assert.deepEqual(await named(), [503, undefined, '5']);
  });

  for (const [status, acknowledged] of [
    [102, false],
    [200, true],
    [299, true],
    [300, false],
  ] as const) {
    it(`is ${acknowledged ? 'an' : 'no'} acknowledgement where the flow ends it with ${status}`, async () => {
      const outcome = new Promise<boolean>((resolve) => {
        handle = (exchange) => {
          exchange.defer(60_000, resolve, () => undefined);
          exchange.guarded().writeHead(status, { connection: 'close' }).end();
        };
      });
      await raw(port(), (write) => void write('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n'));
      assert.equal(await outcome, acknowledged);
    });
  }
});
