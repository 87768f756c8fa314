import assert from 'node:assert/strict';
import { OnegevityError } from '../../../src/lib/errors';
import { browserToken, isBrowserSafe, redirectUri } from '../../../src/lib/oauth/authorization-code';

describe('redirect URI', () => {
  for (const [publicUrl, loopback, expected] of [
    ['https://portal.example.com', false, 'https://portal.example.com/og/kit'],
    ['https://portal.example.com/', false, 'https://portal.example.com/og/kit'],
    ['https://portal.example.com//', false, 'https://portal.example.com/og/kit'],
    ['http://127.10.0.123:1880', true, 'http://127.10.0.123:1880/og/kit'],
    ['https://portal.example.com/red/', false, 'https://portal.example.com/red/og/kit'],
    ['https://portal.example.com:8443', false, 'https://portal.example.com:8443/og/kit'],
    ['http://localhost:1880', true, 'http://localhost:1880/og/kit'],
    ['http://127.0.0.1:1880', true, 'http://127.0.0.1:1880/og/kit'],
    ['http://[::1]:1880', true, 'http://[::1]:1880/og/kit'],
  ] as const) {
    it(`of ${publicUrl} is ${expected}`, () => {
      assert.equal(redirectUri(publicUrl, '/og/kit', loopback), expected);
    });
  }

  for (const [publicUrl, loopback] of [
    ['', true],
    ['portal.example.com', true],
    ['http://portal.example.com', true],
    ['http://localhost:1880', false],
    ['http://localhost.example.com', true],
    ['http://my-localhost', true],
    ['http://localhost:1880@portal.example.com', true],
    ['http://portal.example.com/http://localhost', true],
    ['http://127.0.0.1.example.com', true],
    ['ftp://localhost', true],
    ['javascript:alert(1)', true],
    ['https://portal.example.com?a=b', true],
    ['https://portal.example.com?', true],
    ['https://portal.example.com#a', true],
    ['https://user:secret@portal.example.com', true],
    ['https://portal.example.com/a%20b', true],
    ['https://portal.example.com/a&b', true],
  ] as const) {
    it(`is refused for ${publicUrl || 'nothing'}${loopback ? ', though loopback will do' : ''}`, () => {
      assert.throws(() => redirectUri(publicUrl, '/og/kit', loopback), { code: 'bad_public_url' });
    });
  }
});

describe('identifiers that the UI-Kit can carry', () => {
  for (const identifier of ['P1', 'PAT 1,é', 'MRN:1-2_3.4', '😀']) {
    it(`include ${identifier}`, () => assert.equal(isBrowserSafe(identifier), true));
  }
  for (const identifier of [
    ...['', '.', '..', ' P1', 'P1\n', 'a&scope=b', 'a#b', 'a+b', 'a%2Fb', '\ud800'],
    ...['P1/orders', '../P2', 'P1\\..\\P2', 'P1?pageSize=1', 'P1;a=b'],
  ]) {
    it(`do not include ${JSON.stringify(identifier)}`, () => assert.equal(isBrowserSafe(identifier), false));
  }
});

describe('token for a browser', () => {
  const request = {
    code: 'c',
    redirectUri: 'https://a.test/r',
    patientIdentifier: 'P 1',
    scopes: ['a', 'b'],
  };
  const client = (scopes: string[] | undefined, answer: unknown) => {
    const paths: string[] = [];
    return {
      paths,
      exchangeCode: () => Promise.resolve({ value: 't', expiresIn: 60, ...(scopes && { scopes }) }),
      request: ({ method, path, token }: { method: string; path: string; token: string }) => {
        paths.push(`${token} ${method} ${path}`);
        return answer instanceof Error
          ? Promise.reject(answer)
          : Promise.resolve({ statusCode: 200, body: answer });
      },
    };
  };

  it('is given once it has opened the patient of the page', async () => {
    const api = client(['a'], { patientIdentifier: 'P 1' });
    assert.deepEqual(await browserToken(api, request), { value: 't', expiresIn: 60, scopes: ['a'] });
    assert.deepEqual(api.paths, ['t GET /patients/P%201']);
  });

  it('is not given where the record that it opens does not say whose it is', async () => {
    const nameless = [
      {},
      undefined,
      [],
      'text',
      null,
      { patientIdentifier: null },
      [{ patientIdentifier: 'P 1' }],
    ];
    for (const answer of [...nameless, { patientIdentifier: ['P 1'] }, { patientIdentifier: 'p 1' }]) {
      await assert.rejects(browserToken(client(['a'], answer), request), { code: 'wrong_patient' });
    }
  });

  it('is not given where the answer does not state its scopes, and no patient is read with it', async () => {
    for (const scopes of [undefined, []]) {
      const api = client(scopes, { patientIdentifier: 'P 1' });
      await assert.rejects(browserToken(api, request), { code: 'scope_not_stated' });
      assert.deepEqual(api.paths, []);
      await browserToken(api, { ...request, scopes: undefined });
    }
  });

  it('is not given with a scope that is an allowed one in part, or but for its case', async () => {
    for (const scope of ['A', 'a,b', 'a\tb', 'a\u00a0b', 'ab', '"a"', '']) {
      const api = client(['a', scope], { patientIdentifier: 'P 1' });
      await assert.rejects(browserToken(api, request), { code: 'scope_too_wide' });
    }
  });

  it('is given with some of the allowed scopes, one of them named twice', async () => {
    const api = client(['b', 'b'], { patientIdentifier: 'P 1' });
    assert.equal((await browserToken(api, request)).value, 't');
  });

  it('is not given with a scope beyond the allowed, and no patient is read with it', async () => {
    const api = client(['a', 'fulfillment'], {});
    await assert.rejects(browserToken(api, request), { code: 'scope_too_wide' });
    assert.deepEqual(api.paths, []);
    const open = client(['a', 'fulfillment'], { patientIdentifier: 'P 1' });
    await browserToken(open, { ...request, scopes: undefined });
  });

  for (const code of ['unauthorized', 'forbidden', 'not_found'] as const) {
    it(`is not given where the patient is ${code} to it`, async () => {
      await assert.rejects(browserToken(client(['a'], new OnegevityError(code)), request), {
        code: 'wrong_patient',
      });
    });
  }

  it('is not given where the answer is about another patient', async () => {
    await assert.rejects(browserToken(client(['a'], { patientIdentifier: 'P 2' }), request), {
      code: 'wrong_patient',
    });
  });

  it('is not given without a patient', async () => {
    const nobody = browserToken(client(['a'], {}), { ...request, patientIdentifier: ' ' });
    await assert.rejects(nobody, { code: 'missing_parameter', values: { name: 'patientIdentifier' } });
  });

  it('is not given where it cannot be told', async () => {
    await assert.rejects(browserToken(client(['a'], new OnegevityError('timeout')), request), {
      code: 'timeout',
    });
  });
});
