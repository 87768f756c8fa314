import { type ErrorCode, OnegevityError } from '../errors';
import { backoff, retryAfterCap, retryAfterSeconds, serverTime } from '../http/retry';
import { asObject, isSuccess } from '../http/response';

export type ClientAuth = 'basic' | 'form';

export interface TokenSettings {
  clientId: string;
  clientSecret: string;
  /** Scopes to ask for; none: the `scope` member is left out. */
  scopes: () => readonly string[];
  /** What messages call the scopes, where they came from a variable: that may hold anything. */
  scopesShown?: string | undefined;
  /** How the client names itself at the token endpoint: not documented by the vendor. */
  clientAuth: ClientAuth;
}

export interface TokenResponse {
  statusCode: number;
  retryAfter?: string | undefined;
  /** When the response was sent, by the endpoint's clock. */
  date?: string | undefined;
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
const defaultAttempts = 3;
/** Milliseconds before its end at which a token is renewed; less for one that does not live long. */
const latestRenewal = 60_000;
/** Rejected credentials stay rejected: asking again at once for every message could lock an account. */
const cooldown = 30_000;

/** Answers that stay the same until somebody changes the configuration, which closes this manager. */
const permanentErrors = new Set<ErrorCode>(['invalid_client', 'invalid_scope']);

interface Token {
  value: string;
  renewAt: number;
  expiresAt: number;
  /** What it was asked for: with other scopes another token is needed. */
  scope: string;
}

interface CachedError {
  error: OnegevityError;
  until: number;
}

/** A token as the endpoint issued it. */
export interface IssuedToken {
  value: string;
  /** Seconds. */
  expiresIn: number;
  /** Undefined where the answer does not say, or says something that is no list of scopes (RFC 6749, 3.3). */
  scopes?: readonly string[];
}

/**
 * Obtains and keeps the access token of one client (OAuth 2 client credentials, RFC 6749 section 4.4).
 * In memory only. However many callers ask, at most one token request is under way.
 */
export class TokenManager {
  #token: Token | undefined;
  #pending: { scope: string; token: Promise<string> } | undefined;
  #cachedError: CachedError | undefined;
  #exchangeRefusal: CachedError | undefined;

  /** @param attempts token requests at most before {@link get} fails; those for a code are never repeated */
  constructor(
    private readonly settings: TokenSettings,
    private readonly transport: TokenTransport,
    private readonly attempts = defaultAttempts,
  ) {}

  /**
   * @returns a token that is good for at least its renewal margin
   * @throws OnegevityError `invalid_client`, `invalid_scope`, `token_rejected`, `bad_token_response`, or a network code
   */
  async get(): Promise<string> {
    const now = this.transport.now();
    const scope = this.settings.scopes().join(' ');
    if (this.#token?.scope === scope && now < this.#token.renewAt) return this.#token.value;
    if (this.#pending?.scope === scope) return this.#pending.token;
    if (this.#cachedError && now < this.#cachedError.until) {
      if (this.#token?.scope === scope && now < this.#token.expiresAt) return this.#token.value;
      throw this.#cachedError.error;
    }
    const pending = { scope, token: this.#renew(scope) };
    const forget = () => {
      if (this.#pending === pending) this.#pending = undefined;
    };
    pending.token.then(forget, forget);
    this.#pending = pending;
    return pending.token;
  }

  /** Forgets `token` because the API rejected it; a newer one, got in the meantime, stays. */
  reject(token: string): void {
    if (this.#token?.value === token) this.#token = undefined;
  }

  /**
   * Renews `token` for the next who asks, since it may have expired. If that fails, it is used on: a 403 can as well
   * mean one call only, and must not leave all others without a token.
   */
  doubt(token: string): void {
    if (this.#token?.value === token) this.#token = { ...this.#token, renewAt: 0 };
  }

  /**
   * Exchanges an authorization code for a token that is handed on and not kept. One attempt: a code can be used
   * once, and a second use may revoke what the first one gave (RFC 6749, 4.1.2).
   * @throws OnegevityError `code_rejected` and all that {@link get} throws
   */
  async exchange(code: string, redirectUri: string): Promise<IssuedToken> {
    const now = this.transport.now();
    for (const tokenError of [this.#cachedError, this.#exchangeRefusal]) {
      if (tokenError?.error.code === 'invalid_client' && now < tokenError.until) throw tokenError.error;
    }
    const { form, headers } = tokenRequest(this.settings, {
      grant_type: 'authorization_code',
      code,
      redirect_uri: redirectUri,
    });
    try {
      return parseToken(await this.transport.postForm(form, headers), { isCodeGrant: true });
    } catch (error) {
      // Kept apart from the client's own: a browser chooses the code, and must not stop the calls of flows.
      if (error instanceof OnegevityError) {
        this.#exchangeRefusal = { error, until: this.transport.now() + cooldown };
      }
      throw error;
    }
  }

  async #renew(scope: string): Promise<string> {
    try {
      const requestedAt = this.transport.now();
      const { value, expiresIn } = parseToken(await this.#request(scope), {
        scope: this.settings.scopesShown ?? scope,
      });
      const lifetime = expiresIn * 1000;
      this.#cachedError = undefined;
      const expiresAt = requestedAt + lifetime;
      this.#token = { value, scope, expiresAt, renewAt: expiresAt - Math.min(latestRenewal, lifetime / 10) };
      return value;
    } catch (error) {
      this.#startCooldown(error);
      const former = this.#token;
      // Renewal is early: what fails now may succeed before the token in hand expires.
      if (former?.scope === scope && this.transport.now() < former.expiresAt) {
        if (former.renewAt === 0) this.#token = { ...former, renewAt: former.expiresAt - latestRenewal };
        return former.value;
      }
      throw error;
    }
  }

  /** Asks nothing for a while after an answer that would only come again. */
  #startCooldown(error: unknown): void {
    if (!(error instanceof OnegevityError)) return;
    const asked = Math.min(error.retryAfter ?? 0, retryAfterCap) * 1000;
    const pause = permanentErrors.has(error.code) ? Math.max(cooldown, asked) : asked;
    if (pause > 0) this.#cachedError = { error, until: this.transport.now() + pause };
  }

  async #request(scope: string): Promise<TokenResponse> {
    const { form, headers } = tokenRequest(this.settings, {
      grant_type: 'client_credentials',
      ...(scope && { scope }),
    });
    for (let attempt = 1; ; attempt++) {
      const last = attempt === this.attempts;
      const result = await this.transport.postForm(form, headers).catch((error: unknown) => {
        if (last || !isPassing(error)) throw error;
        return undefined;
      });
      const passing = !result || isBusy(result) || isUnusable(result);
      if (!passing || last) return result!;
      const asked = result && waitOf(result);
      if (asked !== undefined && asked > retryAfterCap) return result!;
      await this.transport.sleep(
        asked === undefined ? backoff(attempt) : Math.max(asked * 1000, backoff(attempt)),
      );
    }
  }
}

function waitOf({ retryAfter, date }: TokenResponse): number | undefined {
  return retryAfterSeconds(retryAfter, serverTime(date));
}

function isBusy({ statusCode }: { statusCode: number }): boolean {
  return statusCode === 429 || statusCode === 408 || statusCode === 425 || statusCode >= 500;
}

/** A success without a token: what stood in for the endpoint, or cut its response short, may be gone the next time. */
function isUnusable(response: TokenResponse): boolean {
  const { body } = response;
  return isSuccess(response) && !isToken(asObject(body)?.access_token) && !isRefusal(body);
}

/** Some endpoints reject with status 200: asking them again is no help. */
function isRefusal(body: unknown): boolean {
  const fields = asObject(body);
  return typeof fields?.error === 'string' && !isToken(fields.access_token);
}

function isToken(value: unknown): value is string {
  return typeof value === 'string' && /^[\x21-\x7e]+$/.test(value);
}

function isPassing(error: unknown): boolean {
  return (
    error instanceof OnegevityError &&
    ['reset', 'timeout', 'connection_refused', 'dns', 'network'].includes(error.code)
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

interface Asked {
  scope?: string;
  /** With an authorization code. */
  isCodeGrant?: boolean;
}

function parseToken(response: TokenResponse, asked: Asked): IssuedToken {
  const { statusCode, body } = response;
  const members = asObject(body);
  if (!isSuccess(response) || isRefusal(body)) {
    throw tokenError(statusCode, members?.error, { retryAfter: waitOf(response), ...asked });
  }
  const value = members?.access_token;
  if (!isToken(value)) throw new OnegevityError('bad_token_response', { statusCode });
  const scopes = statedScopes(members?.scope);
  return { value, expiresIn: lifetimeOf(members?.expires_in, statusCode), ...(scopes && { scopes }) };
}

/** One or more names with spaces between them (RFC 6749, 3.3); what is none of this says nothing. */
function statedScopes(scope: unknown): string[] | undefined {
  if (typeof scope !== 'string') return undefined;
  const names = scope.split(' ').filter((name) => name !== '');
  return names.length > 0 ? names : undefined;
}

/** A lifetime may come as a number or a numeric string; anything else that is present is not believed. */
function lifetimeOf(value: unknown, statusCode: number): number {
  if (value === undefined || value === null) return assumedLifetime;
  const seconds = typeof value === 'string' ? Number(value) : value;
  if (typeof seconds !== 'number' || !Number.isFinite(seconds) || seconds <= 0) {
    throw new OnegevityError('bad_token_response', { statusCode });
  }
  return seconds;
}

function tokenError(
  statusCode: number,
  error: unknown,
  { retryAfter, scope, isCodeGrant }: Asked & { retryAfter: number | undefined },
): OnegevityError {
  if (isCodeGrant && error === 'invalid_grant') return new OnegevityError('code_rejected', { statusCode });
  // A bare 401 to a code may mean the code, which a browser chose: it must not lock out everybody else.
  if (error === 'invalid_client' || (statusCode === 401 && !isCodeGrant))
    return new OnegevityError('invalid_client', { statusCode });
  if (error === 'invalid_scope')
    return new OnegevityError('invalid_scope', { statusCode, values: { scope: scope || '-' } });
  if (statusCode < 400) return new OnegevityError('bad_token_response', { statusCode });
  return new OnegevityError(isBusy({ statusCode }) ? 'token_unavailable' : 'token_rejected', {
    statusCode,
    ...(retryAfter === undefined ? {} : { retryAfter }),
  });
}
