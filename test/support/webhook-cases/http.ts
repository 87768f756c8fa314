import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { order, post, raw, signed } from '../webhook';
import type { Stand } from './stand';

export function httpCases(stand: () => Stand): void {
  it('answers other methods with 405 and Allow', async () => {
    const { url } = await stand().fresh();
    for (const method of ['GET', 'PUT', 'DELETE', 'PATCH', 'HEAD']) {
      const answer = await post(url, order, { method });
      const body = method === 'HEAD' ? '' : 'rejected';
      assert.deepEqual([answer.status, answer.headers.allow, answer.body], [405, 'POST', body], method);
    }
    assert.deepEqual(await stand().settled(), []);
  });

  it('gives the same answer to the same path with a slash at the end, in another case, and with a query', async () => {
    const { url } = await stand().fresh();
    const { origin, pathname } = new URL(url);
    const same = [
      `${pathname}/`,
      pathname.toUpperCase(),
      `${pathname}?a=b`,
      `${pathname}/?x=/y#`,
      `${pathname}?`,
    ];
    for (const path of same) {
      for (let time = 0; time < 2; time++) {
        await stand().clear();
        await stand().accepted('order.created', origin + path);
      }
      assert.equal((await post(origin + path, order, { signature: signed('x') })).status, 401);
    }
  });

  it('leaves OPTIONS to Express and to CORS, and takes none for a delivery', async () => {
    const { url } = await stand().fresh();
    const { status, headers } = await post(url, order, { method: 'OPTIONS' });
    const cors = headers['access-control-allow-origin'] !== undefined;
    assert.deepEqual([status, headers.allow], cors ? [204, undefined] : [200, 'POST']);
    assert.deepEqual(await stand().settled(), []);
  });

  it('asks for the body of a client that waits to be asked', async () => {
    const { url } = await stand().fresh();
    const headers = {
      expect: '100-continue',
      'content-length': order.length,
      'x-onegevity-signature': signed(order),
    };
    const sent = request(url, { method: 'POST', agent: false, headers });
    sent.flushHeaders();
    await once(sent, 'continue');
    sent.end(order);
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    response.resume();
    assert.equal(response.statusCode, 200);
  });

  it('takes the absolute form of a request target', async () => {
    const { url } = await stand().fresh();
    const { text } = await raw(stand().nodeRed.port, (write) => {
      write(
        `POST ${url} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX-Onegevity-Signature: ${signed(order)}\r\n` +
          `Content-Length: ${order.length}\r\n\r\n${order}`,
      );
    });
    assert.match(text, /^HTTP\/1.1 200 /);
  });

  it('answers paths that only look alike with a clean 404', async () => {
    const { url } = await stand().fresh();
    const { pathname } = new URL(url);
    const others = [
      pathname.replace('order.created', 'order%2Ecreated'),
      pathname.replace('order.created', 'order.creates'),
      pathname.replace('order.created', 'orderxcreated'),
      `${pathname}/more`,
      `${pathname}//`,
      `${pathname}%2f`,
      `${pathname}%00`,
      `${pathname}/..`,
      pathname.replace('/order', '//order'),
      `/x/..${pathname}`,
      `${pathname};a=b`,
    ];
    for (const path of others) {
      const { text } = await raw(stand().nodeRed.port, (write) => {
        write(
          `POST ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\n` +
            `X-Onegevity-Signature: ${signed(order)}\r\nContent-Length: ${order.length}\r\n\r\n${order}`,
        );
      });
      assert.match(text, /^HTTP\/1.1 404 /, path);
    }
    assert.deepEqual(await stand().settled(), []);
  });

  it('answers early where it may, and only there', async () => {
    const { url } = await stand().fresh();
    const { headers } = await post(url);
    // Set by the admin app, which the request passes on the ordinary way when both roots are `/`.
    const passed = headers['access-control-allow-origin'] === '*';
    const { httpAdminRoot, httpNodeRoot } = stand().setup.settings;
    assert.equal(
      passed,
      !stand().setup.fast && httpAdminRoot === undefined && (httpNodeRoot === undefined || true),
    );
  });

  it('takes requests one after the other on one connection', async () => {
    const { url } = await stand().fresh();
    const bad = `X-Onegevity-Signature: ${signed('x')}`;
    const good = `X-Onegevity-Signature: ${signed(order)}`;
    const one = (header: string, more = ''): string =>
      `POST ${new URL(url).pathname} HTTP/1.1\r\nHost: x\r\n${header}\r\n${more}Content-Length: ${order.length}\r\n\r\n${order}`;
    const { text } = await raw(stand().nodeRed.port, (write) => {
      write(one(good) + one(bad) + one(good, 'Connection: close\r\n'));
    });
    assert.deepEqual(text.match(/HTTP\/1.1 \d+/g), ['HTTP/1.1 200', 'HTTP/1.1 401', 'HTTP/1.1 200']);
    await stand().nodeRed.waitForMessages('order.created', 2);
  });
}
