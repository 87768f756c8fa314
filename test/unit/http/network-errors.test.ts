import assert from 'node:assert/strict';
import { mayHaveArrived, networkCode } from '../../../src/lib/http/network-errors';

describe('a fault on the way to the API', () => {
  const fault = (code: string, message = 'x', cause?: unknown) =>
    Object.assign(new Error(message, { cause }), { code });

  for (const [code, faults] of [
    ['dns', ['ENOTFOUND', 'EAI_AGAIN']],
    ['connection_refused', ['ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH']],
    ['reset', ['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET']],
    ['timeout', ['ETIMEDOUT', 'UND_ERR_CONNECT_TIMEOUT', 'UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT']],
    ['response_too_large', ['UND_ERR_RES_EXCEEDED_MAX_SIZE']],
    [
      'tls',
      [
        'CERT_HAS_EXPIRED',
        'DEPTH_ZERO_SELF_SIGNED_CERT',
        'SELF_SIGNED_CERT_IN_CHAIN',
        'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
        'HOSTNAME_MISMATCH',
        'ERR_TLS_CERT_ALTNAME_INVALID',
        'ERR_SSL_WRONG_VERSION_NUMBER',
        'EPROTO',
      ],
    ],
    [
      'bad_response',
      ['HPE_INVALID_CONSTANT', 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH', 'UND_ERR_INFO', 'UND_ERR_INVALID_ARG'],
    ],
    [
      'network',
      [
        'EMFILE',
        'XEPROTO',
        'EPROTOTYPE',
        'NO_ERR_TLS',
        'XHPE_',
        'XUND_ERR_INFO',
        'UND_ERR_BODY_TIMEOUTS',
        'XUND_ERR_BODY_TIMEOUT',
      ],
    ],
  ] as const) {
    for (const one of faults) {
      it(`is called ${code} for ${one}, however deep it is`, () => {
        assert.equal(networkCode(fault(one), false), code);
        assert.equal(
          networkCode(fault('ERR_BAD_REQUEST', 'x', new Error('y', { cause: fault(one) })), false),
          code,
        );
      });
    }
  }

  it("is known by the name of the parser's errors, which have no code", () => {
    const named = (name: string) => Object.assign(new Error('x'), { name });
    assert.equal(networkCode(named('HTTPParserError'), false), 'bad_response');
    for (const other of ['XHTTPParserError', 'HTTPParserErrors']) {
      assert.equal(networkCode(named(other), false), 'network');
    }
  });

  it('is the fault of the proxy, where it says so or could not be reached', () => {
    assert.equal(networkCode(fault('UND_ERR_ABORTED', 'Proxy response (403) !== 200'), false), 'proxy');
    for (const unreachable of ['ENOTFOUND', 'ECONNREFUSED']) {
      assert.equal(networkCode(fault(unreachable), true), 'proxy');
    }
    assert.equal(networkCode(fault('ECONNRESET'), true), 'reset');
  });

  it('is called network where nothing is known of it', () => {
    const circle = fault('E1');
    circle.cause = circle;
    for (const unknown of [
      undefined,
      'x',
      {},
      new Error('x'),
      circle,
      Object.assign(new Error('x'), { code: 5 }),
    ]) {
      assert.equal(networkCode(unknown, false), 'network');
    }
  });

  it('leaves a write open unless it surely was not sent', () => {
    for (const code of ['dns', 'connection_refused', 'tls', 'proxy'] as const) {
      assert.equal(mayHaveArrived(code, undefined), false);
    }
    for (const code of ['reset', 'network', 'aborted', 'response_too_large', 'bad_response'] as const) {
      assert.equal(mayHaveArrived(code, fault('ECONNRESET')), true);
    }
    assert.equal(mayHaveArrived('timeout', new Error('x')), true);
    const connecting = fault('ERR_NETWORK', 'x', fault('UND_ERR_CONNECT_TIMEOUT'));
    assert.equal(mayHaveArrived('timeout', connecting), false);
  });
});
