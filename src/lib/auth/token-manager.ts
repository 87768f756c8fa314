import { OnegevityError } from '../api/errors';
import { backoff, retryAfterSeconds } from '../api/retry';
import { asObject } from '../api/response';

export type ClientAuth = 'basic' | 'form';

export interface TokenSettings {
  clientId: string;
  clientSecret: string;
  /** Scopes to ask for; none: the `scope` member is left out. */
  scopes: readonly string[];
  /** How the client names itself at the token endpoint: not documented by the vendor. */
  clientAuth: ClientAuth;
}

export interface TokenResponse {
  statusCode: number;
  retryAfter?: string | undefined;
  /** Parsed JSON, or undefined where the body was no JSON. */
  body: unknown;
}

export interface TokenTransport {
  /**
   * Posts a form to the token endpoint; follows no redirect.
   * @throws OnegevityError on any network fault
   */
  postForm(form: string, headers: Record<string, string>): Promise<TokenResponse>;
  /** Milliseconds of a clock that never jumps. */
  now(): number;
  sleep(milliseconds: number): Promise<void>;
}

/** Used when the answer has no `expires_in`, which RFC 6749 only recommends: short, so that little is assumed. */
const assumedLifetime = 300;
const attempts = 3;
/** Refused credentials stay refused: asking again at once for every message could lock an account. */
const cooldown = 30_000;

interface Token {
  value: string;
  renewAt: number;
}

/**
 * Obtains and keeps the access token of one client (OAuth 2 client credentials, RFC 6749 section 4.4).
 * In memory only. However many callers ask, at most one token request is under way.
 */
export class TokenManager {
  #token: Token | undefined;
  #pending: Promise<string> | undefined;
  #refusal: { error: OnegevityError; until: number } | undefined;

  constructor(
    private readonly settings: TokenSettings,
    private readonly transport: TokenTransport,
  ) {}

  /**
   * @returns a token that is good for at least its renewal margin
   * @throws OnegevityError `invalid_client`, `invalid_scope`, `token_refused`, `bad_token_response`, or a network code
   */
  async get(): Promise<string> {
    const now = this.transport.now();
    if (this.#token && now < this.#token.renewAt) return this.#token.value;
    if (this.#refusal && now < this.#refusal.until) throw this.#refusal.error;
    this.#pending ??= this.#renew().finally(() => (this.#pending = undefined));
    return this.#pending;
  }

  /** Forgets `token` because the API refused it; a newer one, got in the meantime, stays. */
  reject(token: string): void {
    if (this.#token?.value === token) this.#token = undefined;
  }

  async #renew(): Promise<string> {
    try {
      const requestedAt = this.transport.now();
      const token = parseToken(await this.#request());
      const lifetime = token.expiresIn * 1000;
      this.#refusal = undefined;
      this.#token = { value: token.value, renewAt: requestedAt + lifetime - Math.min(60_000, lifetime / 10) };
      return token.value;
    } catch (error) {
      if (error instanceof OnegevityError && error.code === 'invalid_client') {
        this.#refusal = { error, until: this.transport.now() + cooldown };
      }
      throw error;
    }
  }

  async #request(): Promise<TokenResponse> {
    const { form, headers } = clientCredentials(this.settings);
    for (let attempt = 1; ; attempt++) {
      const last = attempt === attempts;
      const result = await this.transport.postForm(form, headers).catch((error: unknown) => {
        if (last || !isPassing(error)) throw error;
        return undefined;
      });
      const busy = !result || result.statusCode === 429 || result.statusCode >= 500;
      if (!busy || last) return result!;
      const asked = retryAfterSeconds(result?.retryAfter);
      if (asked !== undefined && asked > 60) return result!;
      await this.transport.sleep(asked === undefined ? backoff(attempt) : Math.max(asked * 1000, 100));
    }
  }
}

function isPassing(error: unknown): boolean {
  return (
    error instanceof OnegevityError && ['reset', 'timeout', 'refused', 'dns', 'network'].includes(error.code)
  );
}

/** Builds the request of RFC 6749 4.4.2; Basic credentials are form-encoded first, as its section 2.3.1 asks. */
function clientCredentials(settings: TokenSettings): { form: string; headers: Record<string, string> } {
  const form = new URLSearchParams({ grant_type: 'client_credentials' });
  const headers: Record<string, string> = {};
  if (settings.scopes.length > 0) form.set('scope', settings.scopes.join(' '));
  if (settings.clientAuth === 'form') {
    form.set('client_id', settings.clientId);
    form.set('client_secret', settings.clientSecret);
  } else {
    const pair = [settings.clientId, settings.clientSecret].map(formEncode).join(':');
    headers.authorization = `Basic ${Buffer.from(pair).toString('base64')}`;
  }
  return { form: form.toString(), headers };
}

function formEncode(text: string): string {
  return new URLSearchParams({ '': text }).toString().slice(1);
}

function parseToken({ statusCode, body, retryAfter }: TokenResponse): { value: string; expiresIn: number } {
  const members = asObject(body);
  if (statusCode < 200 || statusCode >= 300) throw refusal(statusCode, members?.error, retryAfter);
  const value = members?.access_token;
  if (typeof value !== 'string' || !/^[\x21-\x7e]+$/.test(value))
    throw new OnegevityError('bad_token_response', { statusCode });
  return { value, expiresIn: lifetimeOf(members?.expires_in, statusCode) };
}

/** A lifetime may come as a number or a numeric string; anything else that is present is not believed. */
function lifetimeOf(value: unknown, statusCode: number): number {
  if (value === undefined || value === null) return assumedLifetime;
  const seconds = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  if (typeof seconds !== 'number' || !Number.isFinite(seconds) || seconds <= 0) {
    throw new OnegevityError('bad_token_response', { statusCode });
  }
  return seconds;
}

function refusal(statusCode: number, error: unknown, retryAfter: string | undefined): OnegevityError {
  if (error === 'invalid_client' || statusCode === 401)
    return new OnegevityError('invalid_client', { statusCode });
  if (error === 'invalid_scope') return new OnegevityError('invalid_scope', { statusCode });
  if (statusCode >= 300 && statusCode < 400) return new OnegevityError('bad_token_response', { statusCode });
  const seconds = retryAfterSeconds(retryAfter);
  return new OnegevityError(statusCode >= 500 || statusCode === 429 ? 'token_unavailable' : 'token_refused', {
    statusCode,
    ...(seconds === undefined ? {} : { retryAfter: seconds }),
  });
}
