import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { generalError } from './errors';

/** What a bearer token lets its holder do. */
export interface Grant {
  scopes: readonly string[];
  /** Set for a token of the authorization code flow: it opens this patient only. */
  patientIdentifier?: string;
}

interface Code {
  grant: Grant;
  redirectUri: string;
}

export interface AuthOptions {
  clientId: string;
  clientSecret: string;
  /** Seconds a token lives. */
  tokenLifetime: number;
  scopes: readonly string[];
}

/** Seconds an authorization code can be exchanged. */
const CODE_LIFETIME = 60;

/** An error answer of the token endpoint (RFC 6749, 5.2). */
export class OAuthError extends Error {
  override readonly name = 'OAuthError';
  constructor(
    readonly error: string,
    readonly description: string,
    readonly status = 400,
  ) {
    super(error);
  }
}

/** What a token is given instead of what is set and asked for. */
export interface TokenLimits {
  /** Seconds that it lives. */
  lifetime?: number;
  scopes?: readonly string[];
}

/** The sandbox's authorization server: client credentials and authorization code, tokens held in memory. */
export class Auth {
  private readonly tokens = new ExpiringMap<Grant>();
  private readonly codes = new ExpiringMap<Code>();

  constructor(private readonly options: AuthOptions) {}

  /**
   * Answers `POST /oauth/token`.
   * @param authorization The request's Authorization header, if any.
   * @param form The form-encoded body.
   * @throws OAuthError
   */
  token(
    authorization: string | undefined,
    form: URLSearchParams,
    { lifetime = this.options.tokenLifetime, scopes }: TokenLimits = {},
  ): Record<string, unknown> {
    for (const name of form.keys()) {
      if (form.getAll(name).length > 1) throw new OAuthError('invalid_request', `${name} is given twice`);
    }
    this.authenticate(authorization, form);
    const grant = { ...this.redeem(form), ...(scopes && { scopes }) };
    const token = randomBytes(32).toString('base64url');
    this.tokens.set(token, grant, lifetime);
    return {
      access_token: token,
      token_type: 'Bearer',
      expires_in: lifetime,
      scope: grant.scopes.join(' '),
    };
  }

  /**
   * Makes a code for `GET /oauth/authorize`. The sandbox has no login: the integrator's page is trusted to have
   * named its own patient, as the vendor's UI-Kit does.
   * @throws OAuthError
   */
  authorize(query: URLSearchParams, patientIdentifier: string | undefined): string {
    if (query.get('response_type') !== 'code') {
      throw new OAuthError('unsupported_response_type', 'response_type must be code');
    }
    const code = randomBytes(24).toString('base64url');
    const grant = {
      scopes: this.scopes(query.get('scope')),
      ...(patientIdentifier !== undefined && { patientIdentifier }),
    };
    this.codes.set(code, { grant, redirectUri: query.get('redirect_uri') ?? '' }, CODE_LIFETIME);
    return code;
  }

  isClient(clientId: string | null): boolean {
    return same(clientId ?? '', this.options.clientId);
  }

  /** @throws ApiError 401 without a valid bearer token, with no body detail on why. */
  check(authorization: string | undefined): Grant {
    const token = bearer(authorization);
    const grant = token === undefined ? undefined : this.tokens.get(token);
    if (grant) return grant;
    throw generalError(401, 'A valid access token is required.', {
      'www-authenticate': token === undefined ? 'Bearer' : 'Bearer error="invalid_token"',
    });
  }

  /** Forgets the token that a request carries, as if its time were over. */
  forget(authorization: string | undefined): void {
    this.tokens.take(bearer(authorization) ?? '');
  }

  /** Forgets every token and code, as a revocation does. */
  revokeAll(): void {
    this.tokens.clear();
    this.codes.clear();
  }

  private authenticate(authorization: string | undefined, form: URLSearchParams): void {
    const basic = authorization === undefined ? undefined : parseBasic(authorization);
    if (basic && form.has('client_secret')) {
      throw new OAuthError('invalid_request', 'the client authenticates in two ways at once');
    }
    const [id, secret] = basic ?? [form.get('client_id') ?? '', form.get('client_secret') ?? ''];
    const known = this.isClient(id);
    if (!same(secret, this.options.clientSecret) || !known) {
      throw new OAuthError('invalid_client', 'unknown client or wrong secret', 401);
    }
  }

  private redeem(form: URLSearchParams): Grant {
    switch (form.get('grant_type')) {
      case 'client_credentials':
        return { scopes: this.scopes(form.get('scope')) };
      case 'authorization_code': {
        const code = this.codes.take(form.get('code') ?? '');
        if (code?.redirectUri !== form.get('redirect_uri')) {
          throw new OAuthError(
            'invalid_grant',
            'the code is unknown, used, expired or for another redirect_uri',
          );
        }
        return code.grant;
      }
      case null:
        throw new OAuthError('invalid_request', 'grant_type is missing');
      default:
        throw new OAuthError('unsupported_grant_type', 'use client_credentials or authorization_code');
    }
  }

  /** No scope asked for means all: the vendor does not document a default. */
  private scopes(asked: string | null): readonly string[] {
    const names = (asked ?? '').split(' ').filter((name) => name !== '');
    const unknown = names.filter((name) => !this.options.scopes.includes(name));
    if (unknown.length > 0) throw new OAuthError('invalid_scope', `unknown scope: ${unknown.join(' ')}`);
    return names.length > 0 ? [...new Set(names)] : this.options.scopes;
  }
}

const bearer = (authorization = ''): string | undefined =>
  /^Bearer +([\w~+/.-]+=*) *$/i.exec(authorization)?.[1];

/** @returns id and secret, each form-decoded (RFC 6749, 2.3.1). */
function parseBasic(authorization: string): [string, string] {
  const encoded = /^Basic +([A-Za-z0-9+/]+=*) *$/i.exec(authorization)?.[1];
  const [, id, secret] = /^([^:]*):(.*)$/s.exec(Buffer.from(encoded ?? '', 'base64').toString()) ?? [];
  if (id === undefined || secret === undefined) {
    throw new OAuthError('invalid_client', 'the Authorization header is not HTTP Basic', 401);
  }
  return [formDecode(id), formDecode(secret)];
}

function formDecode(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    throw new OAuthError('invalid_client', 'id and secret must be form-encoded inside HTTP Basic', 401);
  }
}

/** Compares in constant time. */
function same(a: string, b: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}

/** Values that are gone after their seconds of life, by a clock that nobody can set back. */
class ExpiringMap<T> {
  private readonly entries = new Map<string, { value: T; end: number }>();

  set(key: string, value: T, seconds: number): void {
    const now = performance.now();
    for (const [old, entry] of this.entries) if (entry.end <= now) this.entries.delete(old);
    this.entries.set(key, { value, end: now + seconds * 1000 });
  }

  get(key: string): T | undefined {
    const entry = this.entries.get(key);
    return entry && entry.end > performance.now() ? entry.value : undefined;
  }

  take(key: string): T | undefined {
    const value = this.get(key);
    this.entries.delete(key);
    return value;
  }

  clear(): void {
    this.entries.clear();
  }
}
