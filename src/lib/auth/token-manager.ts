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

/** A token as the endpoint issued it. */
export interface IssuedToken {
  value: string;
  /** Seconds. */
  expiresIn: number;
  /** Undefined where the answer does not say: then it is what was asked for (RFC 6749, 5.1). */
  scopes?: readonly string[];
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
    if (this.#token && this.transport.now() < this.#token.renewAt) return this.#token.value;
    this.#respectRefusal();
    this.#pending ??= this.#renew().finally(() => (this.#pending = undefined));
    return this.#pending;
  }

  /** Forgets `token` because the API refused it; a newer one, got in the meantime, stays. */
  reject(token: string): void {
    if (this.#token?.value === token) this.#token = undefined;
  }

  /**
   * Exchanges an authorization code for a token that is handed on and not kept. One attempt: a code can be used
   * once, and a second use may revoke what the first one gave (RFC 6749, 4.1.2).
   * @throws OnegevityError `code_refused` and all that {@link get} throws
   */
  async exchange(code: string, redirectUri: string): Promise<IssuedToken> {
    this.#respectRefusal();
    const { form, headers } = tokenRequest(this.settings, {
      grant_type: 'authorization_code',
      code,
      redirect_uri: redirectUri,
    });
    return this.#parsed(await this.transport.postForm(form, headers));
  }

  async #renew(): Promise<string> {
    const requestedAt = this.transport.now();
    const token = this.#parsed(await this.#request());
    const lifetime = token.expiresIn * 1000;
    this.#token = { value: token.value, renewAt: requestedAt + lifetime - Math.min(60_000, lifetime / 10) };
    return token.value;
  }

  /** @throws OnegevityError */
  #parsed(response: TokenResponse): IssuedToken {
    try {
      const token = parseToken(response);
      this.#refusal = undefined;
      return token;
    } catch (error) {
      if (error instanceof OnegevityError && error.code === 'invalid_client') {
        this.#refusal = { error, until: this.transport.now() + cooldown };
      }
      throw error;
    }
  }

  #respectRefusal(): void {
    if (this.#refusal && this.transport.now() < this.#refusal.until) throw this.#refusal.error;
  }

  async #request(): Promise<TokenResponse> {
    const { scopes } = this.settings;
    const { form, headers } = tokenRequest(this.settings, {
      grant_type: 'client_credentials',
      ...(scopes.length > 0 && { scope: scopes.join(' ') }),
    });
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

/** Adds the client to a token request; Basic credentials are form-encoded first, as RFC 6749 2.3.1 asks. */
function tokenRequest(
  settings: TokenSettings,
  grant: Record<string, string>,
): { form: string; headers: Record<string, string> } {
  const form = new URLSearchParams(grant);
  const headers: Record<string, string> = {};
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

function parseToken({ statusCode, body, retryAfter }: TokenResponse): IssuedToken {
  const members = asObject(body);
  if (statusCode < 200 || statusCode >= 300) throw refusal(statusCode, members?.error, retryAfter);
  const value = members?.access_token;
  if (typeof value !== 'string' || !/^[\x21-\x7e]+$/.test(value))
    throw new OnegevityError('bad_token_response', { statusCode });
  const scope = members?.scope;
  return {
    value,
    expiresIn: lifetimeOf(members?.expires_in, statusCode),
    ...(typeof scope === 'string' && { scopes: scope.split(' ').filter((name) => name !== '') }),
  };
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
  if (error === 'invalid_grant') return new OnegevityError('code_refused', { statusCode });
  if (error === 'invalid_scope') return new OnegevityError('invalid_scope', { statusCode });
  if (statusCode >= 300 && statusCode < 400) return new OnegevityError('bad_token_response', { statusCode });
  const seconds = retryAfterSeconds(retryAfter);
  return new OnegevityError(statusCode >= 500 || statusCode === 429 ? 'token_unavailable' : 'token_refused', {
    statusCode,
    ...(seconds === undefined ? {} : { retryAfter: seconds }),
  });
}
