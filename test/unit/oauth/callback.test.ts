import assert from 'node:assert/strict';
import { OnegevityError } from '../../../src/lib/errors';
import type { CodeClient } from '../../../src/lib/oauth/authorization-code';
import { handleCallback, type CallbackRequest } from '../../../src/lib/oauth/callback';
import { StateStore } from '../../../src/lib/oauth/state-store';

const frame = { 'sec-fetch-dest': 'iframe', 'sec-fetch-mode': 'navigate' };
const headers = {
  'content-type': 'application/json; charset=utf-8',
  'cache-control': 'no-store',
  pragma: 'no-cache',
  'content-security-policy': "default-src 'none'; frame-ancestors 'self'",
  'x-frame-options': 'SAMEORIGIN',
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
};

describe('the answer to the redirect of a browser', () => {
  const asked: { code: string; redirectUri: string }[] = [];
  let scopes: string[] | undefined;
  let failure: Error | undefined;
  const states = new StateStore({ lifetime: 60_000, capacity: 100, perPatient: 100, now: () => 0 });
  const client: CodeClient = {
    exchangeCode: (code, redirectUri) => {
      asked.push({ code, redirectUri });
      return failure
        ? Promise.reject(failure)
        : Promise.resolve({ value: 'token', expiresIn: 60, ...(scopes && { scopes }) });
    },
    request: () => Promise.resolve({ statusCode: 200, body: { patientIdentifier: 'P1' } }),
  };
  beforeEach(() => {
    asked.length = 0;
    scopes = ['b', 'a'];
    failure = undefined;
  });

  const issued = () => states.issue({ patientIdentifier: 'P1', redirectUri: 'https://a.test/r' });
  const answer = async (query: string, request: Partial<CallbackRequest> = {}) => {
    const url = `/r${query}`;
    const options = { states, client: () => Promise.resolve(client), scopes: ['a', 'b'] };
    const { audit, body, ...rest } = await handleCallback(
      { method: 'GET', url, headers: frame, ...request },
      options,
    );
    if (audit) assert.ok(Math.abs(Date.now() - Date.parse(audit.timestamp)) < 60_000);
    const { timestamp: _timestamp, ...told } = audit ?? {};
    return { ...rest, body: JSON.parse(body) as unknown, audit: audit && told };
  };
  const refused = (reason: string, more: object = {}) => ({
    statusCode: 403,
    headers,
    body: { error: 'access_denied' },
    audit: { event: 'rejected', reason, ...more },
  });

  it('is the token, for the frame of the page that has the state', async () => {
    const given = await answer(`?code=a%20code&state=${issued()}`);
    assert.deepEqual(given, {
      statusCode: 200,
      headers,
      body: { access_token: 'token', token_type: 'Bearer', expires_in: 60 },
      audit: { event: 'issued', patientIdentifier: 'P1', expiresIn: 60, scopes: ['b', 'a'] },
    });
    assert.deepEqual(asked, [{ code: 'a code', redirectUri: 'https://a.test/r' }]);
  });

  it('tells a HEAD or a POST nothing, and uses up nothing', async () => {
    const state = issued();
    for (const method of ['HEAD', 'POST']) {
      assert.deepEqual(await answer(`?code=c&state=${state}`, { method }), {
        statusCode: 405,
        headers: { ...headers, allow: 'GET' },
        body: { error: 'invalid_request' },
        audit: undefined,
      });
    }
    assert.equal((await answer(`?code=c&state=${state}`)).statusCode, 200);
  });

  it('refuses what is not the navigation of a frame, and uses up nothing', async () => {
    const state = issued();
    for (const other of [
      {},
      { 'sec-fetch-dest': 'iframe' },
      { 'sec-fetch-mode': 'navigate' },
      { ...frame, 'sec-fetch-dest': 'document' },
      { ...frame, 'sec-fetch-mode': 'cors' },
    ]) {
      const refusal = await answer(`?code=c&state=${state}`, { headers: other });
      assert.deepEqual(refusal, refused('not_a_frame'));
    }
    assert.equal((await answer(`?code=c&state=${state}`)).statusCode, 200);
  });

  it('refuses what comes twice, and a state that is missing, foreign or used', async () => {
    const state = issued();
    for (const twice of ['code=1&code=2', 'state=x&code=1', 'error=a&error=b']) {
      assert.deepEqual(await answer(`?state=${state}&${twice}`), refused('bad_request'));
    }
    assert.deepEqual(await answer(''), refused('missing_state'));
    assert.deepEqual(await answer('?code=c'), refused('missing_state'));
    assert.deepEqual(await answer('?code=c&state=x'), refused('invalid_state'));
    await answer(`?code=c&state=${state}`);
    assert.deepEqual(await answer(`?code=c&state=${state}`), refused('used_state'));
  });

  it('refuses an error, and a code that is none', async () => {
    const patient = { patientIdentifier: 'P1' };
    assert.deepEqual(await answer(`?error=&state=${issued()}`), refused('denied', patient));
    for (const query of ['', '&code=', '&code=a%0Ab', '&code=%C3%A9', `&code=${'x'.repeat(4097)}`]) {
      assert.deepEqual(await answer(`?state=${issued()}${query}`), refused('bad_request', patient));
    }
    assert.deepEqual(asked, []);
    assert.equal((await answer(`?state=${issued()}&code=${'x'.repeat(4096)}`)).statusCode, 200);
  });

  for (const code of ['code_rejected', 'scope_too_wide', 'wrong_patient'] as const) {
    it(`refuses, by its audit alone, what ends with ${code}`, async () => {
      failure = new OnegevityError(code);
      assert.deepEqual(await answer(`?code=c&state=${issued()}`), refused(code, { patientIdentifier: 'P1' }));
    });
  }

  it('refuses, and says to whoever runs the flow, that the scopes are not stated', async () => {
    failure = new OnegevityError('scope_not_stated');
    const { fault, ...rest } = await answer(`?code=c&state=${issued()}`);
    assert.deepEqual(rest, refused('scope_not_stated', { patientIdentifier: 'P1' }));
    assert.equal(fault?.code, 'scope_not_stated');
  });

  it('says no more than that it cannot tell, where the fault is not the browser’s', async () => {
    for (const [fault, code] of [
      [new OnegevityError('timeout'), 'timeout'],
      [new TypeError('CANARY'), 'internal'],
    ] as const) {
      failure = fault;
      const { fault: told, ...rest } = await answer(`?code=c&state=${issued()}`);
      assert.deepEqual(rest, {
        statusCode: 503,
        headers,
        body: { error: 'temporarily_unavailable' },
        audit: { event: 'rejected', reason: code, patientIdentifier: 'P1' },
      });
      assert.equal(told?.code, code);
    }
  });
});
