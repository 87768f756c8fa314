import assert from 'node:assert/strict';
import sinon from 'sinon';
import { OnegevityError } from '../../../src/lib/api/errors';
import { TokenManager, type TokenResponse, type TokenSettings } from '../../../src/lib/auth/token-manager';

const settings: TokenSettings = {
  clientId: 'id',
  clientSecret: 'secret',
  scopes: () => ['a', 'b'],
  clientAuth: 'basic',
};

/** A token endpoint whose clock stands still unless it is moved. */
class Endpoint {
  time = 0;
  requests: { form: string; headers: Record<string, string> }[] = [];
  slept: number[] = [];

  constructor(private readonly answers: (TokenResponse | OnegevityError)[]) {}

  postForm(form: string, headers: Record<string, string>): Promise<TokenResponse> {
    this.requests.push({ form, headers });
    const answer = this.answers.length > 1 ? this.answers.shift()! : this.answers[0]!;
    return answer instanceof OnegevityError ? Promise.reject(answer) : Promise.resolve(answer);
  }

  now = () => this.time;

  sleep(milliseconds: number): Promise<void> {
    this.slept.push(milliseconds);
    return Promise.resolve();
  }
}

const ok = (access_token: unknown, expires_in: unknown = 3600): TokenResponse => ({
  statusCode: 200,
  body: { access_token, expires_in },
});

describe('token manager', () => {
  it('sends one token request for a thousand callers', async () => {
    const endpoint = new Endpoint([ok('t1')]);
    const tokens = new TokenManager(settings, endpoint);
    const got = await Promise.all(Array.from({ length: 1000 }, () => tokens.get()));
    assert.deepEqual(new Set(got), new Set(['t1']));
    assert.equal(endpoint.requests.length, 1);
  });

  it('fails all waiting callers together and asks again for the next', async () => {
    const endpoint = new Endpoint([{ statusCode: 400, body: { error: 'invalid_request' } }, ok('t2')]);
    const tokens = new TokenManager(settings, endpoint);
    const results = await Promise.allSettled([tokens.get(), tokens.get()]);
    assert.deepEqual(
      results.map(({ status }) => status),
      ['rejected', 'rejected'],
    );
    assert.equal(await tokens.get(), 't2');
  });

  it('renews a token before it expires', async () => {
    const endpoint = new Endpoint([ok('t1', 3600), ok('t2', 3600)]);
    const tokens = new TokenManager(settings, endpoint);
    await tokens.get();
    endpoint.time = 3_539_000;
    assert.equal(await tokens.get(), 't1');
    endpoint.time = 3_541_000;
    assert.equal(await tokens.get(), 't2');
  });

  it('forgets a refused token, but not its successor', async () => {
    const endpoint = new Endpoint([ok('t1'), ok('t2'), ok('t3')]);
    const tokens = new TokenManager(settings, endpoint);
    const old = await tokens.get();
    tokens.reject(old);
    assert.equal(await tokens.get(), 't2');
    tokens.reject(old);
    assert.equal(await tokens.get(), 't2');
  });

  it('waits before it tries refused credentials again', async () => {
    const endpoint = new Endpoint([{ statusCode: 401, body: { error: 'invalid_client' } }, ok('t1')]);
    const tokens = new TokenManager(settings, endpoint);
    await assert.rejects(tokens.get(), { code: 'invalid_client' });
    await assert.rejects(tokens.get(), { code: 'invalid_client' });
    assert.equal(endpoint.requests.length, 1);
    endpoint.time = 30_001;
    assert.equal(await tokens.get(), 't1');
  });

  it('repeats a busy or broken token endpoint, but not for ever', async () => {
    const endpoint = new Endpoint([new OnegevityError('reset'), { statusCode: 503, body: null }, ok('t1')]);
    assert.equal(await new TokenManager(settings, endpoint).get(), 't1');
    assert.equal(endpoint.slept.length, 2);
    const dead = new Endpoint([{ statusCode: 503, body: null }]);
    await assert.rejects(new TokenManager(settings, dead).get(), {
      code: 'token_unavailable',
      statusCode: 503,
    });
    assert.equal(dead.requests.length, 3);
  });

  for (const fault of ['reset', 'timeout', 'refused', 'dns', 'network'] as const) {
    it(`asks again after ${fault}`, async () => {
      const endpoint = new Endpoint([new OnegevityError(fault), ok('t1')]);
      assert.equal(await new TokenManager(settings, endpoint).get(), 't1');
    });
  }

  for (const statusCode of [429, 500, 502, 599]) {
    it(`asks again after ${statusCode}`, async () => {
      const endpoint = new Endpoint([{ statusCode, body: null }, ok('t1')]);
      assert.equal(await new TokenManager(settings, endpoint).get(), 't1');
    });
  }

  it('asks once where another attempt cannot help', async () => {
    for (const answer of [
      new OnegevityError('tls'),
      new OnegevityError('proxy'),
      { statusCode: 400, body: null },
      { statusCode: 499, body: null },
    ]) {
      const endpoint = new Endpoint([answer]);
      await assert.rejects(new TokenManager(settings, endpoint).get());
      assert.equal(endpoint.requests.length, 1);
    }
  });

  it('waits between attempts for as long as it is asked to', async () => {
    const endpoint = new Endpoint([{ statusCode: 503, body: null, retryAfter: '60' }, ok('t1')]);
    assert.equal(await new TokenManager(settings, endpoint).get(), 't1');
    assert.deepEqual(endpoint.slept, [60_000]);
  });

  it('uses the token in hand while it still lives, where its early renewal fails', async () => {
    const endpoint = new Endpoint([ok('t1', 3600), { statusCode: 503, body: null }]);
    const tokens = new TokenManager(settings, endpoint);
    await tokens.get();
    endpoint.time = 3_541_000;
    assert.equal(await tokens.get(), 't1');
    endpoint.time = 3_600_000;
    await assert.rejects(tokens.get(), { code: 'token_unavailable' });
  });

  it('never renews later than a tenth of a short life before its end', async () => {
    const endpoint = new Endpoint([ok('t1', 10), ok('t2', 10)]);
    const tokens = new TokenManager(settings, endpoint);
    await tokens.get();
    endpoint.time = 8_999;
    assert.equal(await tokens.get(), 't1');
    endpoint.time = 9_000;
    assert.equal(await tokens.get(), 't2');
  });

  it('does not look at the wall clock', async () => {
    const endpoint = new Endpoint([ok('t1', 3600), ok('t2', 3600)]);
    const tokens = new TokenManager(settings, endpoint);
    const clock = sinon.useFakeTimers({ now: 0, toFake: ['Date'] });
    try {
      await tokens.get();
      for (const jump of [10 ** 12, -(10 ** 11)]) {
        clock.setSystemTime(jump);
        assert.equal(await tokens.get(), 't1');
      }
    } finally {
      clock.restore();
    }
  });

  it('gets another token where the scopes have changed', async () => {
    const endpoint = new Endpoint([ok('t1'), ok('t2')]);
    let scopes = ['a'];
    const tokens = new TokenManager({ ...settings, scopes: () => scopes }, endpoint);
    assert.equal(await tokens.get(), 't1');
    scopes = ['a', 'b'];
    assert.equal(await tokens.get(), 't2');
    assert.deepEqual(
      endpoint.requests.map(({ form }) => new URLSearchParams(form).get('scope')),
      ['a', 'a b'],
    );
  });

  it('waits as long as a busy token endpoint asks, up to a minute', async () => {
    const busy = { statusCode: 429, body: null, retryAfter: '3600' };
    const endpoint = new Endpoint([busy, ok('t1')]);
    const tokens = new TokenManager(settings, endpoint);
    const failure = { code: 'token_unavailable', retryAfter: 3600 };
    await assert.rejects(tokens.get(), failure);
    await assert.rejects(tokens.get(), failure);
    assert.equal(endpoint.requests.length, 1);
    endpoint.time = 60_001;
    assert.equal(await tokens.get(), 't1');
  });

  it('names the scopes that were refused', async () => {
    const endpoint = new Endpoint([{ statusCode: 400, body: { error: 'invalid_scope' } }]);
    const tokens = new TokenManager(settings, endpoint);
    for (let call = 0; call < 2; call++) {
      await assert.rejects(tokens.get(), { code: 'invalid_scope', values: { scope: 'a b' } });
    }
    assert.equal(endpoint.requests.length, 1);
  });

  for (const [name, answer, code] of [
    ['no access_token', ok(undefined), 'bad_token_response'],
    ['an empty access_token', ok(''), 'bad_token_response'],
    ['a token that would break a header', ok('a\r\nb'), 'bad_token_response'],
    ['expires_in 0', ok('t', 0), 'bad_token_response'],
    ['a negative expires_in', ok('t', -1), 'bad_token_response'],
    ['expires_in that is no number', ok('t', 'soon'), 'bad_token_response'],
    ['HTML with status 200', { statusCode: 200, body: undefined }, 'bad_token_response'],
    ['null', { statusCode: 200, body: null }, 'bad_token_response'],
    ['a redirect', { statusCode: 302, body: undefined }, 'bad_token_response'],
    ['invalid_scope', { statusCode: 400, body: { error: 'invalid_scope' } }, 'invalid_scope'],
    ['another refusal', { statusCode: 400, body: { error: 'unauthorized_client' } }, 'token_refused'],
  ] as const) {
    it(`calls ${name} ${code}`, async () => {
      await assert.rejects(new TokenManager(settings, new Endpoint([answer])).get(), { code });
    });
  }

  for (const [name, expiresIn] of [
    ['no expires_in', undefined],
    ['a numeric string', '3600'],
  ] as const) {
    it(`accepts ${name}`, async () => {
      const answer = { statusCode: 200, body: { access_token: 't', expires_in: expiresIn } };
      assert.equal(await new TokenManager(settings, new Endpoint([answer])).get(), 't');
    });
  }

  it('encodes Basic credentials as RFC 6749 asks and leaves the scope out when there is none', async () => {
    const endpoint = new Endpoint([ok('t')]);
    const odd = { ...settings, clientId: 'a:b', clientSecret: 'c d/é', scopes: () => [] };
    await new TokenManager(odd, endpoint).get();
    const [{ form, headers } = { form: '', headers: {} }] = endpoint.requests;
    assert.equal(form, 'grant_type=client_credentials');
    const sent = Buffer.from(headers.authorization!.slice('Basic '.length), 'base64').toString();
    assert.equal(sent, 'a%3Ab:c+d%2F%C3%A9');
  });

  it('sends id and secret as form fields where that is chosen', async () => {
    const endpoint = new Endpoint([ok('t')]);
    await new TokenManager({ ...settings, clientAuth: 'form' }, endpoint).get();
    const [{ form, headers } = { form: '', headers: {} }] = endpoint.requests;
    assert.equal(form, 'grant_type=client_credentials&scope=a+b&client_id=id&client_secret=secret');
    assert.equal(headers.authorization, undefined);
  });
});
