import assert from 'node:assert/strict';
import { request } from 'node:http';
import { isLoopbackAddress } from '../../../src/sandbox/control/foreign';
import { SandboxUnderTest } from '../../support/sandbox';

describe("The sandbox's control routes", () => {
  let under: SandboxUnderTest;

  beforeEach(async () => {
    under = await SandboxUnderTest.start();
  });
  afterEach(() => under.close());

  /** The fetch of Node sets Host by itself, so this takes the lower way. */
  const statusWith = (headers: Record<string, string>, method = 'POST', path = '/sandbox/reset') =>
    new Promise<number>((resolve, reject) => {
      request(under.url + path, { method, headers, agent: false }, (response) => {
        response.resume().on('end', () => resolve(response.statusCode ?? 0));
      })
        .on('error', reject)
        .end();
    });

  it('refuse a foreign Host and a foreign Origin, whatever the method', async () => {
    const { port } = under.sandbox;
    const own = `127.0.0.1:${port}`;
    const foreign = [
      { host: `evil.example:${port}` },
      { host: `127.0.0.1.evil.example:${port}` },
      { host: own, origin: 'http://evil.example' },
      { host: own, origin: 'null' },
      { host: own, origin: `https://${own}` },
      { host: own, origin: `http://127.0.0.1:${port + 1}` },
      { host: `localhost:${port}`, origin: `http://${own}` },
    ];
    for (const headers of foreign) {
      for (const [method, path] of [
        ['POST', '/sandbox/reset'],
        ['GET', '/sandbox/deliveries'],
        ['OPTIONS', '/sandbox/reset'],
      ] as const) {
        assert.equal(await statusWith(headers, method, path), 403, JSON.stringify([method, headers]));
      }
    }
  });

  it('name what to do where a proxy is in between', async () => {
    const headers = { origin: 'http://sandbox.example' };
    const answer = await fetch(`${under.url}/sandbox/reset`, { method: 'POST', headers });
    assert.match(await answer.text(), /If a proxy is in between.*--control-token/);
  });

  it('answer this computer by each of its names, with the own Origin or none', async () => {
    const { port } = under.sandbox;
    for (const host of [`127.0.0.1:${port}`, `localhost:${port}`, `LOCALHOST:${port}`, `[::1]:${port}`]) {
      assert.equal(await statusWith({ host }), 200, host);
    }
    const own = `127.0.0.1:${port}`;
    assert.equal(await statusWith({ host: own, origin: `http://${own}` }), 200);
  });

  it('answer to other names only when told so', async () => {
    const { port } = under.sandbox;
    assert.equal(await statusWith({ host: `sandbox:${port}` }), 403);
    await under.close();
    under = await SandboxUnderTest.start({ allowedHosts: ['Sandbox'] });
    const host = `sandbox:${under.sandbox.port}`;
    assert.equal(await statusWith({ host }), 200);
    assert.equal(await statusWith({ host, origin: `http://${host}` }), 200);
    assert.equal(await statusWith({ host, origin: 'http://sandbox' }), 403);
  });

  it('need the token where other computers can connect, whatever Host is sent', async () => {
    await under.close();
    under = await SandboxUnderTest.start({ host: '0.0.0.0', allowedHosts: ['sandbox'] });
    const { port, controlToken, isOpen } = under.sandbox;
    assert.equal(isOpen, true);
    const names = ['localhost', '127.0.0.1', '[::1]', 'sandbox', '0.0.0.0'];
    for (const name of names) {
      const host = `${name}:${port}`;
      for (const headers of [
        { host },
        { host, origin: `http://${host}` },
        { host, authorization: 'Bearer wrong' },
        { host, authorization: `Bearer ${controlToken}x` },
        { host, authorization: `Basic ${controlToken}` },
        { host, authorization: 'Bearer ' },
      ])
        for (const [method, path] of [
          ['POST', '/sandbox/reset'],
          ['GET', '/sandbox/state'],
          ['GET', '/sandbox/deliveries'],
          ['DELETE', '/sandbox/faults'],
        ] as const)
          assert.equal(await statusWith(headers, method, path), 401, JSON.stringify([method, headers]));
      assert.equal(await statusWith({ host, authorization: `Bearer ${controlToken}` }), 200);
    }
    assert.equal(await statusWith({ host: `localhost:${port}` }, 'GET', '/'), 200, 'the page holds no data');
    assert.equal(await statusWith({ host: 'evil.example' }, 'GET', '/'), 403);
    assert.equal(await statusWith({ host: 'evil.example', authorization: `Bearer ${controlToken}` }), 200);
  });

  it('need the token where a proxy on this computer speaks for somebody else', async () => {
    const host = `localhost:${under.sandbox.port}`;
    for (const name of ['x-forwarded-for', 'X-Forwarded-Host', 'forwarded', 'via', 'x-real-ip']) {
      assert.equal(await statusWith({ host, [name]: '127.0.0.1' }), 401, name);
      const authorization = `Bearer ${under.sandbox.controlToken}`;
      assert.equal(await statusWith({ host, [name]: '127.0.0.1', authorization }), 200, name);
    }
  });

  it('give the page and its files, which hold no data, to this computer only as well', async () => {
    assert.equal(await statusWith({ host: 'evil.example' }, 'GET', '/'), 403);
    assert.equal(await statusWith({ host: '127.0.0.1' }, 'GET', '/'), 200);
    assert.equal(await statusWith({ host: '127.0.0.1' }, 'POST', '/'), 404);
  });

  it('name the way that is open where a method is not', async () => {
    assert.equal((await under.control('DELETE', 'reset')).status, 405);
    assert.equal((await under.control('GET', 'nothing')).status, 404);
    assert.equal((await under.control('GET', 'requests/0')).status, 404);
  });

  it('tell of news as they come, and of what was missed at once', async () => {
    const { body } = await under.control('GET', 'state');
    const news = under.control('GET', `changes?since=${body.version}`);
    await under.api('GET', '/packages');
    assert.ok((await news).body.version > body.version);
    assert.ok((await under.control('GET', 'changes?since=0')).body.version > body.version);
  });

  it('give no other origin leave to read them', async () => {
    const { headers } = await under.control('GET', 'webhooks');
    assert.equal(headers.get('access-control-allow-origin'), null);
  });

  it('reset to the seeded data, and keep endpoints and tokens', async () => {
    under.sandbox.registerWebhook({ url: 'http://127.0.0.1:9/none' });
    await under.order('O-1');
    await under.api('PATCH', '/patients/SB-000001', { lastName: 'Changed' });
    assert.equal((await under.control('POST', 'reset')).status, 200);
    assert.equal((await under.api('GET', '/patients/P-1')).status, 404);
    assert.notEqual((await under.api('GET', '/patients/SB-000001')).body.lastName, 'Changed');
    assert.equal((await under.control('GET', 'webhooks')).body.webhooks.length, 1);
    assert.deepEqual((await under.control('GET', 'deliveries')).body.deliveries, []);
  });

  it('make any move that is possible, and no other', async () => {
    await under.order('O-1', { packageIdentifier: 'STRESS-360' });
    const { moves } = (await under.control('GET', 'orders/O-1')).body as { moves: { name: string }[] };
    assert.deepEqual(
      moves.map(({ name }) => name),
      ['accept shipment', 'requisition lab visit', 'answer survey', 'reject shipment', 'cancel shipment'],
    );
    const move = (name?: unknown, element?: unknown) =>
      under.control('POST', 'orders/O-1/moves', { name, element });
    assert.equal((await move('requisition lab visit', 'STRESS-VISIT')).status, 200);
    assert.equal((await move('requisition lab visit')).status, 409);
    assert.equal((await move('answer survey', 'STRESS-KIT')).status, 409);
    assert.equal((await move()).status, 400);
    const { body } = await under.control('POST', 'orders/O-1/release');
    assert.equal(body.order.completed, true);
    assert.equal((await under.control('POST', 'orders/O-1/release')).status, 409);
    assert.equal((await under.control('POST', 'orders/O-1/cancel')).status, 409);
  });

  it('name the order of a patient where two patients have one of that name', async () => {
    await under.order('O-1', { patientIdentifier: 'P-1' });
    await under.order('O-1', { patientIdentifier: 'P-2' });
    assert.equal((await under.control('GET', 'orders/O-1')).status, 409);
    const one = await under.control('GET', 'orders/O-1?patientIdentifier=P-2');
    assert.equal(one.body.patientIdentifier, 'P-2');
    assert.equal((await under.control('GET', 'orders/O-9')).status, 404);
    assert.equal((await under.control('POST', 'orders/%E0%A4%A/advance')).status, 400);
  });
});

describe('An address to listen on', () => {
  for (const [address, loopback] of [
    ['127.0.0.1', true],
    ['127.9.8.7', true],
    ['::1', true],
    ['::ffff:127.0.0.1', true],
    ['0.0.0.0', false],
    ['::', false],
    ['10.0.0.1', false],
    ['::ffff:10.0.0.1', false],
    ['127.evil.example', false],
    ['fe80::1', false],
  ] as const)
    it(`is ${loopback ? '' : 'not '}reached from this computer alone: ${address}`, () => {
      assert.equal(isLoopbackAddress(address), loopback);
    });
});
