import assert from 'node:assert/strict';
import sinon from 'sinon';
import { OnegevityError } from '../../../src/lib/errors';
import { TokenManager, type TokenResponse, type TokenSettings } from '../../../src/lib/oauth/token-manager';

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

  it('renews a doubted token, and uses it on while the endpoint gives no other', async () => {
    const endpoint = new Endpoint([ok('t1'), { statusCode: 400, body: {} }, ok('t2')]);
    const tokens = new TokenManager(settings, endpoint);
    const token = await tokens.get();
    tokens.doubt('another');
    assert.equal(await tokens.get(), token);
    tokens.doubt(token);
    assert.deepEqual([await tokens.get(), await tokens.get(), endpoint.requests.length], [token, token, 2]);
    tokens.doubt(token);
    assert.deepEqual([await tokens.get(), await tokens.get(), endpoint.requests.length], ['t2', 't2', 3]);
  });

  it('waits before it tries refused credentials again', async () => {
    const endpoint = new Endpoint([{ statusCode: 401, body: { error: 'invalid_client' } }, ok('t1')]);
    const tokens = new TokenManager(settings, endpoint);
    await assert.rejects(tokens.get(), { code: 'invalid_client' });
    await assert.rejects(tokens.get(), { code: 'invalid_client' });
    assert.equal(endpoint.requests.length, 1);
    endpoint.time = 29_999;
    await assert.rejects(tokens.get(), { code: 'invalid_client' });
    endpoint.time = 30_000;
    assert.equal(await tokens.get(), 't1');
  });

  it('repeats a busy or broken token endpoint, but not for ever', async () => {
    const endpoint = new Endpoint([new OnegevityError('reset'), { statusCode: 503, body: null }, ok('t1')]);
    assert.equal(await new TokenManager(settings, endpoint).get(), 't1');
    assert.equal(endpoint.slept.length, 2);
    assert.ok(endpoint.slept.every((milliseconds) => milliseconds >= 50));
    const dead = new Endpoint([{ statusCode: 503, body: null }]);
    await assert.rejects(new TokenManager(settings, dead).get(), {
      code: 'token_unavailable',
      statusCode: 503,
    });
    assert.equal(dead.requests.length, 3);
  });

  for (const fault of ['reset', 'timeout', 'connection_refused', 'dns', 'network'] as const) {
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

  for (const [name, body] of [
    ['{}', {}],
    ['a list', []],
    ['HTML, or JSON that was cut off', undefined],
    ['a token that is no text', { access_token: 5 }],
    ['an empty token', { access_token: '' }],
  ] as const) {
    it(`asks again after a success with ${name}, three times at most, and not for a code`, async () => {
      const nothing = { statusCode: 200, body };
      assert.equal(await new TokenManager(settings, new Endpoint([nothing, nothing, ok('t1')])).get(), 't1');
      const endpoint = new Endpoint([nothing]);
      const tokens = new TokenManager(settings, endpoint);
      await assert.rejects(tokens.get(), { code: 'bad_token_response' });
      assert.equal(endpoint.requests.length, 3);
      await assert.rejects(tokens.exchange('c', 'r'), { code: 'bad_token_response' });
      assert.equal(endpoint.requests.length, 4);
    });
  }

  it('takes a refusal with status 200 for what it says, and asks once', async () => {
    for (const [error, code] of [
      ['invalid_client', 'invalid_client'],
      ['invalid_scope', 'invalid_scope'],
      ['anything', 'bad_token_response'],
    ] as const) {
      const endpoint = new Endpoint([{ statusCode: 200, body: { error } }]);
      await assert.rejects(new TokenManager(settings, endpoint).get(), { code, statusCode: 200 });
      assert.equal(endpoint.requests.length, 1);
    }
  });

  it('compares a date to wait for with the date of the response', async () => {
    const retryAfter = 'Tue, 24 Nov 2026 10:00:30 GMT';
    const busy = { statusCode: 503, body: null, retryAfter, date: 'Tue, 24 Nov 2026 10:00:00 GMT' };
    const endpoint = new Endpoint([busy, ok('t1')]);
    assert.equal(await new TokenManager(settings, endpoint).get(), 't1');
    assert.deepEqual(endpoint.slept, [30_000]);
  });

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

  it('asks nothing while it rests, and uses the token in hand until that ends', async () => {
    const endpoint = new Endpoint([ok('t1', 3600), { statusCode: 429, body: null, retryAfter: '3600' }]);
    const tokens = new TokenManager(settings, endpoint);
    await tokens.get();
    for (const time of [3_541_000, 3_541_001, 3_599_999]) {
      endpoint.time = time;
      assert.equal(await tokens.get(), 't1');
    }
    endpoint.time = 3_600_000;
    await assert.rejects(tokens.get(), { code: 'token_unavailable' });
    assert.equal(endpoint.requests.length, 2);
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

  it('shares a request that is under way only with who asks for the same scopes', async () => {
    const answers: ((answer: TokenResponse) => void)[] = [];
    const endpoint = new Endpoint([]);
    endpoint.postForm = () => new Promise((resolve) => answers.push(resolve));
    let scopes = ['a'];
    const tokens = new TokenManager({ ...settings, scopes: () => scopes }, endpoint);
    const narrow = tokens.get();
    scopes = ['a', 'b'];
    const wide = tokens.get();
    answers[0]!(ok('narrow'));
    assert.equal(await narrow, 'narrow');
    const again = tokens.get();
    assert.equal(answers.length, 2);
    answers[1]!(ok('wide'));
    assert.deepEqual([await wide, await again], ['wide', 'wide']);
  });

  it('waits as long as a busy token endpoint asks, up to a minute', async () => {
    const busy = { statusCode: 429, body: null, retryAfter: '3600' };
    const endpoint = new Endpoint([busy, ok('t1')]);
    const tokens = new TokenManager(settings, endpoint);
    const failure = { code: 'token_unavailable', retryAfter: 3600 };
    await assert.rejects(tokens.get(), failure);
    endpoint.time = 59_999;
    await assert.rejects(tokens.get(), failure);
    assert.equal(endpoint.requests.length, 1);
    endpoint.time = 60_000;
    assert.equal(await tokens.get(), 't1');
  });

  it('names the scopes that were refused', async () => {
    const endpoint = new Endpoint([{ statusCode: 400, body: { error: 'invalid_scope' } }]);
    const tokens = new TokenManager(settings, endpoint);
    for (let call = 0; call < 2; call++) {
      await assert.rejects(tokens.get(), { code: 'invalid_scope', values: { scope: 'a b' } });
    }
    assert.equal(endpoint.requests.length, 1);
    const none = new TokenManager({ ...settings, scopes: () => [] }, endpoint);
    await assert.rejects(none.get(), { code: 'invalid_scope', values: { scope: '-' } });
  });

  for (const [name, answer, code] of [
    ['no access_token', ok(undefined), 'bad_token_response'],
    ['an empty access_token', ok(''), 'bad_token_response'],
    ['a token that would break a header', ok('a\r\nb'), 'bad_token_response'],
    ['expires_in 0', ok('t', 0), 'bad_token_response'],
    ['a negative expires_in', ok('t', -1), 'bad_token_response'],
    ['expires_in that is no number', ok('t', 'soon'), 'bad_token_response'],
    ['a blank expires_in', ok('t', ' '), 'bad_token_response'],
    ['an endless expires_in', ok('t', 'Infinity'), 'bad_token_response'],
    ['expires_in true', ok('t', true), 'bad_token_response'],
    ['HTML with status 200', { statusCode: 200, body: undefined }, 'bad_token_response'],
    ['null', { statusCode: 200, body: null }, 'bad_token_response'],
    ['a choice', { statusCode: 300, body: undefined }, 'bad_token_response'],
    ['a redirect', { statusCode: 302, body: undefined }, 'bad_token_response'],
    [
      'invalid_client with status 400',
      { statusCode: 400, body: { error: 'invalid_client' } },
      'invalid_client',
    ],
    ['401 without a reason', { statusCode: 401, body: undefined }, 'invalid_client'],
    ['invalid_grant without a code', { statusCode: 400, body: { error: 'invalid_grant' } }, 'token_rejected'],
    ['500', { statusCode: 500, body: undefined }, 'token_unavailable'],
    ['429', { statusCode: 429, body: undefined }, 'token_unavailable'],
    ['invalid_scope', { statusCode: 400, body: { error: 'invalid_scope' } }, 'invalid_scope'],
    ['another refusal', { statusCode: 400, body: { error: 'unauthorized_client' } }, 'token_rejected'],
  ] as const) {
    it(`calls ${name} ${code}`, async () => {
      const { statusCode } = answer;
      await assert.rejects(new TokenManager(settings, new Endpoint([answer])).get(), { code, statusCode });
    });
  }

  for (const [name, expiresIn] of [
    ['no expires_in', undefined],
    ['expires_in null', null],
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

  it('takes 5 minutes for the life of a token that does not tell', async () => {
    const endpoint = new Endpoint([{ statusCode: 200, body: { access_token: 't1' } }, ok('t2')]);
    const tokens = new TokenManager(settings, endpoint);
    await tokens.get();
    endpoint.time = 269_999;
    assert.equal(await tokens.get(), 't1');
    endpoint.time = 270_000;
    assert.equal(await tokens.get(), 't2');
  });

  describe('exchanges an authorization code', () => {
    const refused = (error: string, statusCode = 400): TokenResponse => ({ statusCode, body: { error } });

    for (const scope of [undefined, null, '', ' ', '   ', [], ['a'], ['a', 'b'], 7, true, { a: 'b' }]) {
      it(`for a token of unknown scopes where the answer names ${JSON.stringify(scope)}`, async () => {
        const answer = { statusCode: 200, body: { access_token: 'browser', expires_in: 60, scope } };
        const tokens = new TokenManager(settings, new Endpoint([answer]));
        assert.deepEqual(await tokens.exchange('code', 'https://a.test/r'), {
          value: 'browser',
          expiresIn: 60,
        });
      });
    }

    it('for a token with the scopes that the answer names, and keeps neither', async () => {
      const answer = { statusCode: 200, body: { access_token: 'browser', expires_in: 60, scope: 'a  b ' } };
      const endpoint = new Endpoint([answer, ok('own'), ok('bare')]);
      const tokens = new TokenManager(settings, endpoint);
      const issued = await tokens.exchange('c&1', 'https://a.test/r');
      assert.deepEqual(issued, { value: 'browser', expiresIn: 60, scopes: ['a', 'b'] });
      const form = new URLSearchParams(endpoint.requests[0]?.form);
      assert.deepEqual(Object.fromEntries(form), {
        grant_type: 'authorization_code',
        code: 'c&1',
        redirect_uri: 'https://a.test/r',
      });
      assert.match(endpoint.requests[0]?.headers.authorization ?? '', /^Basic /);
      assert.equal(await tokens.get(), 'own');
      assert.deepEqual(await tokens.exchange('c2', 'r'), { value: 'bare', expiresIn: 3600 });
    });

    it('once, whatever comes back', async () => {
      for (const [answer, code] of [
        [refused('invalid_grant'), 'code_rejected'],
        [refused('server_error', 503), 'token_unavailable'],
        [new OnegevityError('reset'), 'reset'],
      ] as const) {
        const endpoint = new Endpoint([answer]);
        const statusCode = answer instanceof OnegevityError ? undefined : answer.statusCode;
        await assert.rejects(new TokenManager(settings, endpoint).exchange('c', 'r'), { code, statusCode });
        assert.equal(endpoint.requests.length, 1);
        assert.deepEqual(endpoint.slept, []);
      }
    });

    it('not for a while after its client was refused, and flows go on', async () => {
      const endpoint = new Endpoint([refused('invalid_client', 401), ok('own'), ok('browser')]);
      const tokens = new TokenManager(settings, endpoint);
      await assert.rejects(tokens.exchange('c1', 'r'), { code: 'invalid_client' });
      assert.equal(await tokens.get(), 'own');
      endpoint.time = 29_999;
      await assert.rejects(tokens.exchange('c2', 'r'), { code: 'invalid_client' });
      assert.equal(endpoint.requests.length, 2);
      endpoint.time = 30_000;
      assert.equal((await tokens.exchange('c3', 'r')).value, 'browser');
    });

    it('without locking out others where one code was refused with 401', async () => {
      for (const [answer, code] of [
        [refused('invalid_grant', 401), 'code_rejected'],
        [refused('access_denied', 401), 'token_rejected'],
        [{ statusCode: 401, body: undefined }, 'token_rejected'],
        [{ statusCode: 401, body: '<html>' }, 'token_rejected'],
      ] as const) {
        const endpoint = new Endpoint([answer, ok('browser'), ok('own')]);
        const tokens = new TokenManager(settings, endpoint);
        await assert.rejects(tokens.exchange('bad', 'r'), { code, statusCode: 401 });
        assert.equal((await tokens.exchange('good', 'r')).value, 'browser');
        assert.equal(await tokens.get(), 'own');
      }
    });

    it("not either after the client's own credentials were refused", async () => {
      const endpoint = new Endpoint([refused('invalid_client', 401), ok('browser')]);
      const tokens = new TokenManager(settings, endpoint);
      await assert.rejects(tokens.get(), { code: 'invalid_client' });
      await assert.rejects(tokens.exchange('c', 'r'), { code: 'invalid_client' });
      assert.equal(endpoint.requests.length, 1);
    });

    it('whatever else was refused to flows or to other codes', async () => {
      const endpoint = new Endpoint([refused('invalid_scope'), refused('invalid_grant'), ok('browser')]);
      const tokens = new TokenManager(settings, endpoint);
      await assert.rejects(tokens.get(), { code: 'invalid_scope' });
      await assert.rejects(tokens.exchange('used', 'r'), { code: 'code_rejected' });
      assert.equal((await tokens.exchange('new', 'r')).value, 'browser');
    });
  });
});
