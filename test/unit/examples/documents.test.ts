import assert from 'node:assert/strict';
import { exampleFunction } from '../../support/example-function';

interface Outcome {
  url?: string;
  filename: string;
  payload: { failed?: string; retryable?: boolean };
  [member: string]: unknown;
}

const hosts = 'files.example.com, Other.example.com:8443';
const isAllowed = exampleFunction('05 - Results to a report message', 'is it allowed?', {
  DOCUMENT_HOSTS: hosts,
});

function run(downloadUrl: unknown, environment = 'production', more: object = {}): [Outcome | null, Outcome | null] {
  const msg = { payload: { name: 'Report', downloadUrl }, onegevity: { environment }, ...more };
  return isAllowed(msg) as [Outcome | null, Outcome | null];
}

describe('The example "Results to a report message"', () => {
  for (const url of [
    'https://files.example.com/a.pdf?token=1',
    'https://FILES.example.com/a.pdf',
    'https://files.example.com:443/a.pdf',
    'https://other.example.com:8443/a.pdf',
  ]) {
    it(`fetches ${url}, without redirects and without settings of the message before`, () => {
      const leftovers = {
        headers: { authorization: 'Bearer secret' },
        cookies: { a: 'b' },
        method: 'POST',
        rejectUnauthorized: false,
        followRedirects: true,
      };
      const [msg] = run(url, 'production', leftovers);
      assert.equal(msg?.url, new URL(url).href);
      assert.equal(msg?.followRedirects, false);
      for (const name of ['headers', 'cookies', 'method', 'rejectUnauthorized']) assert.ok(!(name in msg), name);
    });
  }

  for (const url of [
    'http://files.example.com/a.pdf',
    'https://files.example.com:8443/a.pdf',
    'https://other.example.com/a.pdf',
    'https://files.example.com.evil.example/a.pdf',
    'https://files.example.com./a.pdf',
    'https://evil.example/?files.example.com',
    'https://files.example.com@evil.example/a.pdf',
    'https://user:word@files.example.com/a.pdf',
    'https://evil.example\\@files.example.com/a.pdf',
    '//files.example.com/a.pdf',
    'files.example.com/a.pdf',
    'file:///etc/passwd',
    'ftp://files.example.com/a.pdf',
    'https://169.254.169.254/latest/meta-data',
    'http://127.0.0.1:1880/reports/1.pdf',
    'https://',
    '',
    undefined,
    null,
    42,
    {},
  ]) {
    it(`does not fetch ${JSON.stringify(url)}, and dead-letters the event`, () => {
      const [msg, failed] = run(url);
      assert.equal(msg, null);
      assert.match(failed?.payload.failed ?? '', /^document host not allowed: /);
      assert.equal(failed?.payload.retryable, false);
    });
  }

  it('does not fetch what is no document', () => {
    for (const payload of [null, 'x', 5, []])
      assert.equal(isAllowed({ payload, onegevity: { environment: 'custom' } })[0], null);
  });

  it('fetches on the sandbox its own documents and nothing else of the computer', () => {
    const own = 'http://127.0.0.1:40123/reports/17.pdf';
    assert.equal(run(own, 'sandbox')[0]?.url, own);
    for (const other of [
      'http://127.0.0.1:1880/flows',
      'http://127.0.0.1:1880/reports/../flows',
      'http://localhost:1880/reports/17.pdf',
      'http://127.0.0.1.evil.example:1/reports/17.pdf',
    ]) {
      assert.equal(run(other, 'sandbox')[0], null, other);
    }
  });

  it('fetches nothing if no host is listed', () => {
    for (const variables of [{}, { DOCUMENT_HOSTS: '' }, { DOCUMENT_HOSTS: ' , ' }]) {
      const check = exampleFunction('05 - Results to a report message', 'is it allowed?', variables);
      const msg = { payload: { name: 'a', downloadUrl: 'https://files.example.com/a.pdf' } };
      const onegevity = { environment: 'custom' };
      assert.equal(check({ ...msg, onegevity })[0], null);
    }
  });

  it('gives an attachment a name that is no path', () => {
    const msg = { payload: { name: '../a/b:c\r\n', downloadUrl: '' }, onegevity: {} };
    assert.equal((isAllowed(msg)[1] as Outcome).filename, '.._a_b_c__.pdf');
  });
});
