import { isIP } from 'node:net';
import { isLoopback } from './loopback';
import { OnegevityError } from '../errors';

/** A proxy as the core http proxy node describes it. */
export interface ProxyOptions {
  url: string;
  username?: string;
  password?: string;
  /** Hosts reached directly. */
  noProxy?: readonly string[];
}

export interface Proxy {
  /** Scheme, host and port, without credentials. */
  url: string;
  /** Value of the Proxy-Authorization header. */
  authorization?: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Finds the proxy on the way to a root.
 * @param chosen what the flow names; without it HTTP_PROXY, HTTPS_PROXY, ALL_PROXY and NO_PROXY hold, in either case
 * @returns undefined where the root is reached directly, as one on this computer is that has no TLS: by a proxy, the
 *   client secret would leave the computer in clear text. Only a proxy that is chosen and on this computer too is used.
 * @throws OnegevityError `proxy` where the address is no http(s) URL; its text never holds the address, which may
 *   carry a password
 */
export function proxyFor(
  root: URL,
  chosen: ProxyOptions | undefined,
  environment: Environment = process.env,
): Proxy | undefined {
  const { url, username, password, noProxy = [] } = chosen ?? fromEnvironment(root, environment);
  if (!url || noProxy.some((entry) => isExempt(root, entry))) return undefined;
  const text = url.includes('://') ? url : `http://${url}`;
  const address = URL.canParse(text) ? new URL(text) : undefined;
  if (!address || !/^https?:$/.test(address.protocol)) throw new OnegevityError('proxy');
  if (root.protocol === 'http:' && isLoopback(root.hostname) && !(chosen && isLoopback(address.hostname)))
    return undefined;
  const user = username || unescaped(address.username);
  const secret = username ? (password ?? '') : unescaped(address.password);
  return {
    url: address.origin,
    ...(user ? { authorization: `Basic ${Buffer.from(`${user}:${secret}`).toString('base64')}` } : {}),
  };
}

function fromEnvironment({ protocol }: URL, environment: Environment): ProxyOptions {
  const value = (name: string) => environment[name] || environment[name.toUpperCase()];
  return {
    url: value(protocol === 'https:' ? 'https_proxy' : 'http_proxy') ?? value('all_proxy') ?? '',
    noProxy: (value('no_proxy') ?? '').split(/[,\s]+/),
  };
}

/** An entry is a host, its subdomains included, with or without a leading dot or `*`, optionally with a port. */
function isExempt(root: URL, entry: string): boolean {
  const text = entry.trim().toLowerCase();
  if (text === '*') return true;
  // An address of version 6 has a port only where brackets tell it from the address.
  const parts = /^\[(.+)\](?::(\d+))?$/.exec(text) ?? /^([^:]+)(?::(\d+))?$/.exec(text) ?? [text, text];
  const [, host = '', port] = parts;
  if (port && port !== (root.port || (root.protocol === 'https:' ? '443' : '80'))) return false;
  const suffix = host.replace(/^\*?\.?/, '');
  const name = root.hostname.replace(/^\[|\]$/g, '');
  return suffix !== '' && (name === suffix || (isIP(name) === 0 && name.endsWith(`.${suffix}`)));
}

function unescaped(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
