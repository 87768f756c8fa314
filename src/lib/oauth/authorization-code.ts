import { OnegevityError } from '../errors';
import { pathSegment } from '../onegevity/path';
import { asObject } from '../http/response';
import { isLoopback } from '../http/loopback';
import type { IssuedToken } from './token-manager';

/** The calls of the API client that this flow is made of. */
export interface CodeClient {
  exchangeCode(code: string, redirectUri: string): Promise<IssuedToken>;
  request(request: { method: string; path: string; token: string }): Promise<{ body: unknown }>;
}

export interface CodeRequest {
  code: string;
  redirectUri: string;
  /** The patient whom the token must open. */
  patientIdentifier: string;
  /** The most that the token may carry; undefined: anything. */
  scopes: readonly string[] | undefined;
}

/**
 * Exchanges the authorization code that a browser brought (RFC 6749, 4.1.3) and makes sure that the token may be
 * given to that browser. The browser named both scope and patient at the authorize step, so neither is believed:
 * each scope of the token must be allowed, and the token must open the patient the page was made for. A response
 * that states no scope means the scope that was asked for (RFC 6749, 5.1), which only the browser knows.
 * @throws OnegevityError `code_rejected`, `scope_too_wide`, `scope_not_stated`, `wrong_patient`, or what the token
 *   endpoint or the API answered
 */
export async function browserToken(client: CodeClient, request: CodeRequest): Promise<IssuedToken> {
  const token = await client.exchangeCode(request.code, request.redirectUri);
  requireAllowed(token.scopes, request.scopes);
  await requirePatient(client, token.value, request.patientIdentifier);
  return token;
}

function requireAllowed(stated: readonly string[] | undefined, allowed: readonly string[] | undefined): void {
  if (!allowed) return;
  if (!stated || stated.length === 0) throw new OnegevityError('scope_not_stated');
  if (stated.some((scope) => !allowed.includes(scope))) throw new OnegevityError('scope_too_wide');
}

/** A record that does not say whose it is could be anybody's. */
async function requirePatient(client: CodeClient, token: string, patientIdentifier: string): Promise<void> {
  const path = `/patients/${pathSegment('patientIdentifier', patientIdentifier)}`;
  const response = await client.request({ method: 'GET', path, token }).catch((error: unknown) => {
    const rejected =
      error instanceof OnegevityError && ['unauthorized', 'forbidden', 'not_found'].includes(error.code);
    throw rejected ? new OnegevityError('wrong_patient') : error;
  });
  const named = asObject(response.body)?.patientIdentifier;
  if (named !== patientIdentifier) throw new OnegevityError('wrong_patient');
}

/**
 * Whether the vendor's UI-Kit can carry this identifier: it writes it into the authorize URL without encoding it,
 * and into paths where a browser resolves dots, and where slashes and question marks lead to another resource.
 */
export function isBrowserSafe(patientIdentifier: string): boolean {
  return (
    !/[&#+%/\\?;\p{Cc}\p{Cs}]/u.test(patientIdentifier) &&
    patientIdentifier.trim() === patientIdentifier &&
    !['', '.', '..'].includes(patientIdentifier)
  );
}

/**
 * The redirect URI of a page.
 * @param publicUrl root under which browsers reach this server; https, or http on this computer
 * @param path below that root
 * @param loopback whether plain http on this computer will do, as it does for the sandbox
 * @throws OnegevityError `bad_public_url`
 */
export function redirectUri(publicUrl: string, path: string, loopback: boolean): string {
  const url = URL.canParse(publicUrl) ? new URL(publicUrl) : undefined;
  const safe =
    url?.protocol === 'https:' || (loopback && url?.protocol === 'http:' && isLoopback(url.hostname));
  const base = `${url?.origin ?? ''}${url?.pathname.replace(/\/+$/, '') ?? ''}`;
  const plain = !!url && !url.username && !url.password && !/[?#]/.test(publicUrl);
  // The UI-Kit puts the address into a query without encoding it.
  if (!safe || !plain || !/^[\w:/.[\]~-]+$/.test(base + path)) throw new OnegevityError('bad_public_url');
  return base + path;
}
