/** What a fault of the HTTP client means for a flow. */
import type { ErrorCode } from '../errors';

const neverSent = new Set<ErrorCode>(['dns', 'connection_refused', 'tls', 'proxy']);

/** @returns whether a request that failed so can have reached the server */
export function mayHaveArrived(code: ErrorCode, error: unknown): boolean {
  return !neverSent.has(code) && !causeChain(error).some((fault) => fault.code === 'UND_ERR_CONNECT_TIMEOUT');
}

interface Fault {
  code: string;
  message: string;
}

/** The chain of causes: axios, undici and Node each wrap the fault once. */
function causeChain(error: unknown): Fault[] {
  const faults: Fault[] = [];
  for (let fault = error, depth = 0; fault instanceof Error && depth < 5; fault = fault.cause, depth++) {
    // The parser's errors have a name in place of a code.
    const { code = fault.name } = fault as { code?: unknown };
    if (typeof code === 'string') faults.push({ code, message: fault.message });
  }
  return faults;
}

/**
 * @param error what the HTTP client threw; nothing of it may leave {@link ./http}
 * @param proxied whether a proxy was on the way
 * @returns the public code of a fault on the way to the server
 */
export function networkCode(error: unknown, proxied: boolean): ErrorCode {
  const [code = 'network'] = causeChain(error).flatMap((fault) => codeFor(fault) ?? []);
  // With a proxy in between, it is the proxy that was not found or rejected.
  return proxied && (code === 'dns' || code === 'connection_refused') ? 'proxy' : code;
}

function codeFor({ code, message }: Fault): ErrorCode | undefined {
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return 'dns';
  if (code === 'ECONNREFUSED' || code === 'EHOSTUNREACH' || code === 'ENETUNREACH')
    return 'connection_refused';
  if (code === 'ECONNRESET' || code === 'EPIPE' || code === 'UND_ERR_SOCKET') return 'reset';
  if (code === 'ETIMEDOUT' || /^UND_ERR_(CONNECT|HEADERS|BODY)_TIMEOUT$/.test(code)) return 'timeout';
  if (code === 'UND_ERR_RES_EXCEEDED_MAX_SIZE' || code === 'UND_ERR_HEADERS_OVERFLOW')
    return 'response_too_large';
  if (/CERT|SELF_SIGNED|UNABLE_TO_|HOSTNAME_MISMATCH|^ERR_(TLS|SSL)|^EPROTO$/.test(code)) return 'tls';
  if (/^HPE_|^HTTPParserError$|^UND_ERR_(RES_CONTENT|INFO|INVALID)/.test(code)) return 'bad_response';
  if (/proxy/i.test(message)) return 'proxy';
  return undefined;
}
