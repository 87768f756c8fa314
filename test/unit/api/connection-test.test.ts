import assert from 'node:assert/strict';
import { testConnection } from '../../../src/lib/api/connection-test';
import { json, raw, reset, TestServer } from '../../support/http-server';

describe('the test of a connection', () => {
  let server: TestServer;
  beforeEach(async () => {
    server = await TestServer.start();
    server.answers = [json(200, { packages: [] })];
  });
  afterEach(() => server.stop());

  const asked = ['packages_read', 'patients_read'];
  const test = (scopes = asked, clientAuth: 'basic' | 'form' = 'basic') => {
    const limits = { connections: 1, concurrency: 1, rate: 0 };
    const client = { clientId: 'id', clientSecret: 'secret', scopes: () => scopes, clientAuth };
    return testConnection({ baseUrl: server.url, tokenPath: '/oauth/token', ...client, ...limits }, 2000);
  };
  const token = (more: object, headers: Record<string, string> = {}) => {
    server.token = json(200, { access_token: 't', ...more }, headers);
  };

  it('tells what was granted and for how long, and reads one package with it', async () => {
    token({ expires_in: 3600, scope: 'packages_read  other' });
    assert.deepEqual(await test(), {
      scopes: ['packages_read', 'other'],
      notGranted: ['patients_read'],
      expiresIn: 3600,
      clockSkew: undefined,
      readFault: undefined,
    });
    const [first, second] = server.requests;
    assert.deepEqual([first?.method, first?.url], ['POST', '/oauth/token']);
    assert.equal(first?.headers['content-type'], 'application/x-www-form-urlencoded');
    assert.equal(first?.headers.accept, 'application/json');
    assert.match(first?.headers.authorization ?? '', /^Basic /);
    assert.deepEqual([second?.method, second?.url], ['GET', '/api/v1/packages?pageNumber=1&pageSize=1']);
    assert.equal(second?.headers.authorization, 'Bearer t');
    assert.equal(second?.headers.accept, 'application/json');
  });

  it('takes for granted what was asked for, where the server says nothing', async () => {
    token({});
    const { scopes, notGranted, expiresIn } = await test();
    assert.deepEqual(
      { scopes, notGranted, expiresIn },
      { scopes: asked, notGranted: [], expiresIn: undefined },
    );
    token({ expires_in: 'Infinity' });
    await assert.rejects(test(), { code: 'bad_token_response' });
  });

  it('reads nothing without a scope for it', async () => {
    token({ scope: 'patients_read' });
    const { notGranted, readFault } = await test();
    assert.deepEqual([notGranted, readFault], [['packages_read'], undefined]);
    assert.equal(server.apiRequests.length, 0);
  });

  it('tells how far the clock is off, where that matters', async () => {
    for (const [seconds, ahead] of [
      [-3600, 3600],
      [3600, -3600],
      [60, undefined],
    ] as const) {
      token({}, { date: new Date(Date.now() + seconds * 1000).toUTCString() });
      const { clockSkew } = await test();
      if (ahead === undefined) assert.equal(clockSkew, undefined);
      else assert.ok(Math.abs(clockSkew! - ahead) < 30);
    }
    token({}, { date: 'soon' });
    assert.equal((await test()).clockSkew, undefined);
  });

  it('tells why the read failed', async () => {
    token({});
    for (const [answer, code] of [
      [json(403, {}), 'forbidden'],
      [json(300, {}), 'redirected'],
      [reset, 'reset'],
    ] as const) {
      server.answers = [answer];
      const { readFault } = await test();
      assert.equal(readFault?.code, code);
    }
    for (const answer of [raw(200, '<html>'), json(200, {}), json(200, []), raw(200, '')]) {
      server.answers = [answer];
      assert.equal((await test()).readFault?.code, 'bad_response');
    }
    server.answers = [json(204, undefined)];
    assert.equal((await test()).readFault, undefined);
    server.answers = [json(403, {})];
    assert.equal((await test()).readFault?.values.scope, 'packages_read');
  });

  it('fails at once, and says why, where it gets no token', async () => {
    for (const [answer, code] of [
      [json(401, { error: 'invalid_client' }), 'invalid_client'],
      [json(503, {}), 'token_unavailable'],
      [reset, 'reset'],
      [raw(200, '<html>'), 'bad_token_response'],
      [json(200, {}), 'bad_token_response'],
    ] as const) {
      server.tokens = 0;
      server.token = answer;
      await assert.rejects(test(), { code });
      assert.equal(server.tokens, 1);
    }
    assert.equal(server.apiRequests.length, 0);
  });
});
