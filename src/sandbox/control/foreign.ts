import type { IncomingMessage } from 'node:http';
import { generalError } from '../errors';

const LOOPBACK = ['localhost', '127.0.0.1', '[::1]'];

/**
 * A page of another origin, open in the same browser, must not drive the sandbox: neither by its own requests
 * (Origin) nor by a name that it lets point to this machine (Host).
 * @param hosts names by which the sandbox may be called beside those of this computer
 * @throws ApiError 403
 */
export function refuseForeign(hosts: readonly string[], req: IncomingMessage): void {
  const named = req.headers.host ?? '';
  const name = /^(\[[^\]]*\]|[^:]*)(:\d+)?$/.exec(named)?.[1]?.toLowerCase() ?? '';
  const { origin } = req.headers;
  if (![...LOOPBACK, ...hosts].includes(name) || (origin !== undefined && origin !== `http://${named}`)) {
    throw generalError(403, 'The controls of the sandbox answer to this computer only.');
  }
}
