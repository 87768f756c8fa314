import type { IncomingMessage } from 'node:http';

/**
 * What a request that counts as another origin's says of itself. A proxy that rewrites the Host header makes the
 * editor's own pages look like that, so whoever sees the rejection is told both names.
 */
export function namedBy({ headers }: IncomingMessage): { origin: string; host: string } {
  const { origin, referer = '', host = '-' } = headers;
  return { origin: origin ?? (URL.canParse(referer) ? new URL(referer).origin : '-'), host };
}

/**
 * Whether a page of another origin asks. Node-RED lets every origin in (CORS `*`) and leaves protection to the
 * editor's login, which need not be set up.
 */
export function isCrossOrigin({ headers, method }: IncomingMessage): boolean {
  const site = headers['sec-fetch-site'];
  // Scripts cannot set this header; browsers send it to https and to this computer.
  if (site !== undefined) return site !== 'same-origin' && !(site === 'none' && method === 'GET');
  const { origin, host } = headers;
  if (origin === undefined) return false;
  return !isNamedAs(origin, host);
}

/** A proxy may add the port that the origin leaves out, or write the name in another way. */
function isNamedAs(origin: string, host = ''): boolean {
  if (!URL.canParse(origin) || /[^\w.:[\]-]/.test(host)) return false;
  const { protocol, host: name } = new URL(origin);
  const asked = `${protocol}//${host}`;
  return name !== '' && URL.canParse(asked) && new URL(asked).host === name;
}
