import assert from 'node:assert/strict';
import sinon from 'sinon';
import { SandboxUnderTest } from '../../support/sandbox';

describe("The sandbox's authorization for the UI-Kit", () => {
  let under: SandboxUnderTest;
  const redirectUri = 'http://127.0.0.1:1880/portal/callback';
  const scope = 'packages_read surveys_read patients_read patients_write';

  beforeEach(async () => {
    under = await SandboxUnderTest.start();
  });
  afterEach(async () => {
    sinon.restore();
    await under.close();
  });

  const authorize = async (change: Record<string, string | undefined> = {}) => {
    const query = {
      client_id: under.sandbox.clientId,
      response_type: 'code',
      redirect_uri: redirectUri,
      scope,
      state: 's t&ate',
      patientIdentifier: 'SB-000001',
      ...change,
    };
    const given = Object.entries(query).filter((entry): entry is [string, string] => entry[1] !== undefined);
    const response = await fetch(`${under.url}/oauth/authorize?${new URLSearchParams(given).toString()}`, {
      redirect: 'manual',
    });
    const location = response.headers.get('location');
    return { response, target: location === null ? undefined : new URL(location) };
  };
  const codeOf = async (change?: Record<string, string | undefined>): Promise<string> =>
    (await authorize(change)).target?.searchParams.get('code') ?? assert.fail('there is no code');
  const exchange = (code: string, change: Record<string, string> = {}) =>
    under.askToken({
      grant_type: 'authorization_code',
      code,
      redirect_uri: redirectUri,
      client_id: under.sandbox.clientId,
      client_secret: under.sandbox.clientSecret,
      ...change,
    });

  it('goes on to the redirect by itself, in a frame too, with a code and the state', async () => {
    const { response, target } = await authorize();
    assert.equal(response.status, 302);
    assert.equal(response.headers.get('x-frame-options'), null);
    assert.equal(response.headers.get('content-security-policy'), null);
    assert.equal(response.headers.get('cache-control'), 'no-store');
    assert.equal(target?.origin + (target?.pathname ?? ''), redirectUri);
    assert.equal(target?.searchParams.get('state'), 's t&ate');
    assert.match(target?.searchParams.get('code') ?? '', /^[\w-]{32}$/);
  });

  it('takes a redirect URI that is not escaped, as the UI-Kit sends it', async () => {
    const query = `client_id=${under.sandbox.clientId}&response_type=code&redirect_uri=${redirectUri}&state=x&patientIdentifier=SB-000001`;
    const response = await fetch(`${under.url}/oauth/authorize?${query}`, { redirect: 'manual' });
    assert.equal(response.status, 302);
  });

  it('exchanges a code once', async () => {
    const code = await codeOf();
    const first = await exchange(code);
    assert.equal(first.status, 200);
    assert.equal(first.body.scope, scope);
    assert.equal(typeof first.body.expires_in, 'number');
    const second = await exchange(code);
    assert.deepEqual([second.status, second.body.error], [400, 'invalid_grant']);
  });

  it('exchanges a code within a minute, for its own redirect URI and with the secret only', async () => {
    const wrongPlace = await codeOf();
    assert.equal((await exchange(wrongPlace, { redirect_uri: 'http://127.0.0.1:1880/other' })).status, 400);
    assert.equal((await exchange(wrongPlace)).status, 400, 'a code that was tried is used up');
    const code = await codeOf();
    assert.equal((await exchange(code, { client_secret: 'wrong' })).status, 401);
    assert.equal((await exchange('unknown')).status, 400);
    const late = await codeOf();
    const now = performance.now();
    sinon.stub(performance, 'now').callsFake(() => now + 61_000);
    assert.equal((await exchange(late)).body.error, 'invalid_grant');
  });

  it("opens one patient, with the scopes that were asked for, and not the account's other data", async () => {
    const { body } = await exchange(await codeOf({ scope: 'packages_read patients_read' }));
    const token = String(body.access_token);
    const status = async (path: string, method = 'GET', sent?: unknown): Promise<number> =>
      (await under.api(method, path, sent, token)).status;
    assert.equal(await status('/patients/SB-000001'), 200);
    assert.equal(await status('/patients/SB-000001/orders'), 200);
    assert.equal(await status('/packages'), 200);
    assert.equal(await status('/patients/agreement-documents'), 200);
    assert.equal(await status('/patients/SB-000002'), 403);
    assert.equal(await status('/patients/SB-000002/reports'), 403);
    assert.equal(await status('/patients'), 403);
    assert.equal(await status('/surveys'), 403);
    assert.equal(await status('/patients/SB-000001', 'PATCH', { lastName: 'X' }), 403);
  });

  it('tells the page behind the redirect what is wrong, where there is one to be trusted', async () => {
    const errors = {
      invalid_scope: { scope: 'everything' },
      access_denied: { patientIdentifier: 'nobody' },
      unsupported_response_type: { response_type: 'token' },
    };
    for (const [error, change] of Object.entries(errors)) {
      const { response, target } = await authorize(change);
      assert.equal(response.status, 302);
      assert.equal(target?.searchParams.get('error'), error);
      assert.equal(target?.searchParams.get('state'), 's t&ate');
      assert.equal(target?.searchParams.get('code'), null);
    }
    const untrusted = [
      { client_id: 'unknown' },
      { client_id: undefined },
      { redirect_uri: undefined },
      { redirect_uri: 'nonsense' },
      { redirect_uri: 'javascript:alert(1)' },
      { redirect_uri: `${redirectUri}#fragment` },
    ];
    for (const change of untrusted) {
      const { response, target } = await authorize(change);
      assert.deepEqual([response.status, target], [400, undefined], JSON.stringify(change));
    }
  });

  it('goes to registered redirect URIs only, where some are registered', async () => {
    await under.close();
    under = await SandboxUnderTest.start({ redirectUris: [redirectUri] });
    assert.equal((await authorize()).response.status, 302);
    assert.equal((await authorize({ redirect_uri: `${redirectUri}/more` })).response.status, 400);
    assert.equal((await authorize({ redirect_uri: 'http://evil.example/' })).response.status, 400);
  });

  it('answers preflights without a token, and lets pages of all origins read the API, errors too', async () => {
    const preflight = await fetch(`${under.url}/api/v1/patients/SB-000001/orders/SB-000001-O1`, {
      method: 'OPTIONS',
      headers: {
        origin: 'http://portal.example',
        'access-control-request-method': 'PATCH',
        'access-control-request-headers': 'authorization,content-type',
      },
    });
    assert.ok(preflight.ok);
    assert.equal(preflight.headers.get('access-control-allow-origin'), '*');
    for (const method of ['GET', 'POST', 'PATCH']) {
      assert.match(preflight.headers.get('access-control-allow-methods') ?? '', new RegExp(method));
    }
    const allowed = preflight.headers.get('access-control-allow-headers') ?? '';
    assert.match(allowed, /authorization/);
    assert.match(allowed, /content-type/);
    for (const path of ['/packages', '/patients/nobody', '/nothing']) {
      const { headers } = await under.api('GET', path);
      assert.equal(headers.get('access-control-allow-origin'), '*', path);
    }
    const { headers, status } = await under.api('GET', '/packages', undefined, 'wrong');
    assert.deepEqual([status, headers.get('access-control-allow-origin')], [401, '*']);
  });
});
