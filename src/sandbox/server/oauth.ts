import type { IncomingMessage, ServerResponse } from 'node:http';
import { OAuthError, type Auth, type TokenLimits } from '../http/auth';
import type { FullReply } from '../faults/apply';
import { isType, readBody, sendJson } from '../http/http';
import type { Store } from '../domain/store';

const NO_STORE = { 'cache-control': 'no-store', pragma: 'no-cache' };

/**
 * Serves `POST /oauth/token` (RFC 6749, 4.1.3 and 4.4).
 * @param limits of the token, instead of what is set and asked for
 */
export async function serveToken(auth: Auth, req: IncomingMessage, limits: TokenLimits): Promise<FullReply> {
  const body = await readBody(req);
  try {
    if (req.method !== 'POST') throw new OAuthError('invalid_request', 'use POST', 405);
    if (!isType(req, 'application/x-www-form-urlencoded')) {
      throw new OAuthError('invalid_request', 'send application/x-www-form-urlencoded');
    }
    const form = new URLSearchParams(body.toString());
    return { status: 200, body: auth.token(req.headers.authorization, form, limits), headers: NO_STORE };
  } catch (error) {
    if (!(error instanceof OAuthError)) throw error;
    return {
      status: error.status,
      body: { error: error.error, error_description: error.description },
      headers: { ...NO_STORE, ...(error.status === 401 && { 'www-authenticate': 'Basic realm="sandbox"' }) },
    };
  }
}

/**
 * Serves `GET /oauth/authorize`, which the vendor's UI-Kit opens in a hidden frame: it goes on to the redirect at
 * once, with a code or with an error that the page behind it can tell.
 * @param redirectUris the registered ones; undefined: every one is taken
 */
export function serveAuthorize(
  auth: Auth,
  store: Store,
  redirectUris: readonly string[] | undefined,
  query: URLSearchParams,
  res: ServerResponse,
): void {
  const target = redirectTarget(query, redirectUris);
  if (!target || !auth.isClient(query.get('client_id'))) {
    sendJson(res, 400, {
      error: 'invalid_request',
      error_description: 'unknown client_id or bad redirect_uri',
    });
    return;
  }
  const patientIdentifier = query.get('patientIdentifier') ?? undefined;
  try {
    if (patientIdentifier !== undefined && !store.read(patientIdentifier)) {
      throw new OAuthError('access_denied', 'there is no such patient');
    }
    target.searchParams.set('code', auth.authorize(query, patientIdentifier));
  } catch (error) {
    if (!(error instanceof OAuthError)) throw error;
    target.searchParams.set('error', error.error);
    target.searchParams.set('error_description', error.description);
  }
  const state = query.get('state');
  if (state !== null) target.searchParams.set('state', state);
  res.writeHead(302, { location: target.href, ...NO_STORE, 'content-length': 0 }).end();
}

/** @returns where to go on, if it may be gone to: where none are registered, any http(s) URL without a fragment */
function redirectTarget(query: URLSearchParams, registered: readonly string[] | undefined): URL | undefined {
  const text = query.get('redirect_uri') ?? '';
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const fits = (url?.protocol === 'http:' || url?.protocol === 'https:') && !text.includes('#');
  return fits && (registered?.includes(text) ?? true) ? url : undefined;
}
