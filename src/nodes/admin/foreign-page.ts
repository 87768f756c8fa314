import type { IncomingMessage } from 'node:http';

/**
 * Whether a page of another origin asks. Node-RED lets every origin in (CORS `*`) and leaves protection to the
 * editor's login, which need not be set up.
 */
export function isForeign({ headers, method }: IncomingMessage): boolean {
  const site = headers['sec-fetch-site'];
  // Scripts cannot set this header; browsers send it to https and to this computer.
  if (site !== undefined) return site !== 'same-origin' && !(site === 'none' && method === 'GET');
  const { origin, host } = headers;
  if (origin === undefined) return false;
  return !URL.canParse(origin) || new URL(origin).host !== host;
}
