import assert from 'node:assert/strict';
import { proxyFor } from '../../../src/lib/http/proxy';

describe('the proxy on the way', () => {
  const root = new URL('https://api.example.com');
  const basic = (pair: string) => `Basic ${Buffer.from(pair).toString('base64')}`;

  it('is the one that the flow names, its credentials in a header', () => {
    assert.deepEqual(proxyFor(root, { url: 'http://proxy:8080' }, {}), { url: 'http://proxy:8080' });
    assert.deepEqual(proxyFor(root, { url: 'proxy:8080' }, {}), { url: 'http://proxy:8080' });
    for (const [options, pair] of [
      [{ url: 'http://u:p@proxy' }, 'u:p'],
      [{ url: 'http://us%65r:p%40ss@proxy' }, 'user:p@ss'],
      [{ url: 'http://100%:p@proxy' }, '100%:p'],
      [{ url: 'http://u:p@proxy', username: 'user', password: 'secret' }, 'user:secret'],
      [{ url: 'http://u:p@proxy', username: 'user' }, 'user:'],
    ] as const) {
      assert.deepEqual(proxyFor(root, options, {}), { url: 'http://proxy', authorization: basic(pair) });
    }
  });

  it('is refused where its address is none, and the error does not hold it', () => {
    for (const url of [
      'socks5://proxy',
      'ftp://proxy',
      'xhttp://proxy',
      'httpsx://proxy',
      'http://',
      'a b',
    ]) {
      assert.throws(() => proxyFor(root, { url }, {}), { code: 'proxy', values: {} });
    }
  });

  it('is else that of the environment, in either case', () => {
    for (const [environment, url] of [
      [{ https_proxy: 'http://a' }, 'http://a'],
      [{ HTTPS_PROXY: 'http://a', http_proxy: 'http://b' }, 'http://a'],
      [{ https_proxy: '', ALL_PROXY: 'http://c' }, 'http://c'],
      [{ http_proxy: 'http://b' }, undefined],
      [{}, undefined],
    ] as const) {
      assert.equal(proxyFor(root, undefined, environment)?.url, url);
    }
    const plain = new URL('http://api.example.com');
    assert.equal(
      proxyFor(plain, undefined, { HTTP_PROXY: 'http://b', https_proxy: 'http://a' })?.url,
      'http://b',
    );
    assert.equal(proxyFor(root, { url: 'http://own' }, { https_proxy: 'http://a' })?.url, 'http://own');
  });

  for (const address of [
    'http://localhost:1880',
    'http://127.0.0.1',
    'http://127.1.2.3',
    'http://[::1]:80',
  ]) {
    it(`is not that of the environment for ${address}, and a chosen one only if it is on this computer too`, () => {
      const here = new URL(address);
      const everything = { http_proxy: 'http://127.0.0.1:3128', all_proxy: 'http://proxy:8080' };
      assert.equal(proxyFor(here, undefined, everything), undefined);
      assert.equal(proxyFor(here, { url: 'http://proxy:8080' }, {}), undefined);
      assert.equal(proxyFor(here, { url: 'http://localhost:3128' }, {})?.url, 'http://localhost:3128');
      const secure = new URL(address.replace('http:', 'https:'));
      assert.equal(proxyFor(secure, undefined, everything)?.url, 'http://proxy:8080');
    });
  }

  it('is left aside for the hosts that the flow names', () => {
    for (const entry of [' api.example.com ', '*']) {
      assert.equal(proxyFor(root, { url: 'http://proxy', noProxy: ['other.test', entry] }, {}), undefined);
    }
  });

  for (const [address, entries, direct] of [
    ['https://api.example.com', 'api.example.com', true],
    ['https://api.example.com', ' API.Example.com ', true],
    ['https://api.example.com', 'example.com', true],
    ['https://api.example.com', '.example.com', true],
    ['https://api.example.com', '*.example.com', true],
    ['https://api.example.com', '*example.com', true],
    ['https://api.example.com', '*', true],
    ['https://api.example.com', 'other.test,  example.com', true],
    ['https://api.example.com', 'other.test example.com', true],
    ['https://api.example.com', 'example.com:443', true],
    ['http://api.example.com', 'example.com:80', true],
    ['https://api.example.com:8443', 'example.com:8443', true],
    ['https://api.example.com', 'example.com:80', false],
    ['https://api.example.com', 'example.com:8443', false],
    ['https://api.example.com', 'example.com:', false],
    ['https://api.example.com', 'example.com:443:1', false],
    ['https://api.example.com', 'ample.com', false],
    ['https://api.example.com', 'api.example', false],
    ['https://api.example.com', 'api.*.com', false],
    ['https://api.example.com', '.', false],
    ['https://api.example.com', '', false],
    ['https://api.example.com.', '', false],
    ['https://10.0.0.1', '10.0.0.1', true],
    ['https://10.0.0.1', '0.0.1', false],
    ['https://[::1]:1880', '::1', true],
    ['https://[::1]:1880', '[::1]', true],
    ['https://[::1]:1880', '[::1]:1880', true],
    ['https://[::1]:1880', '[::1]:1', false],
    ['https://[::1]:1880', 'x[::1]', false],
    ['https://[::1]:1880', '[::1]x', false],
  ] as const) {
    it(`${direct ? 'does not hold' : 'holds'} for ${address} with NO_PROXY "${entries}"`, () => {
      const environment = { all_proxy: 'http://proxy', no_proxy: entries };
      assert.equal(proxyFor(new URL(address), undefined, environment) === undefined, direct);
    });
  }
});
