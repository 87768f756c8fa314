import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { isIPv4 } from 'node:net';
import { generalError } from '../http/errors';

const LOOPBACK = ['localhost', '127.0.0.1', '[::1]'];
/** What proxies say of themselves. Behind one, every caller comes from this computer. */
const FORWARDED = ['forwarded', 'via', 'x-forwarded-for', 'x-forwarded-host', 'x-real-ip'];

/** Behind a proxy, that is what somebody sees who is meant to. */
const foreignText =
  'The page and the controls of the sandbox answer to this computer only. If a proxy is in between, let it pass the Host header on, start the sandbox with --allow-host and --control-token, and open the page by the URL that it prints (/#token=…).';

export interface AccessPolicy {
  /** Names by which the sandbox may be called beside those of this computer. */
  hosts: readonly string[];
  /** Opens the control routes to whoever sends it, wherever they are. */
  token: string;
  /** Whether other computers can connect, so that nothing but the token tells who calls. */
  isOpen: () => boolean;
}

/**
 * A page of another origin, open in the same browser, must not drive the sandbox: neither by its own requests
 * (Origin) nor by a name that it lets point to this machine (Host). Whoever is no browser writes into both headers
 * what they like, so where other computers can connect, or a proxy speaks for them, only the token counts.
 * @throws ApiError 401, 403
 */
export function rejectForeign(access: AccessPolicy, req: IncomingMessage): void {
  if (hasToken(access.token, req)) return;
  rejectOtherOrigins(access.hosts, req);
  if (access.isOpen() || FORWARDED.some((name) => req.headers[name] !== undefined)) {
    throw generalError(401, 'Send the control token: Authorization: Bearer …', {
      'www-authenticate': 'Bearer realm="onegevity-sandbox"',
    });
  }
}

/** The same for the page's files, which hold no data. @throws ApiError 403 */
export function rejectOtherOrigins(hosts: readonly string[], req: IncomingMessage): void {
  const named = req.headers.host ?? '';
  const name = /^(\[[^\]]*\]|[^:]*)(:\d+)?$/.exec(named)?.[1]?.toLowerCase() ?? '';
  const { origin } = req.headers;
  if (![...LOOPBACK, ...hosts].includes(name) || (origin !== undefined && origin !== `http://${named}`)) {
    throw generalError(403, foreignText);
  }
}

/** Whether an address to listen on is reached from this computer alone. */
export function isLoopbackAddress(address: string): boolean {
  const plain = address.replace(/^::ffff:/i, '');
  return plain === '::1' || (isIPv4(plain) && plain.startsWith('127.'));
}

function hasToken(token: string, { headers }: IncomingMessage): boolean {
  const given = /^Bearer +(\S+)$/i.exec(headers.authorization ?? '')?.[1];
  return given !== undefined && timingSafeEqual(digest(given), digest(token));
}

/** Of equal length, whatever is compared. */
function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
