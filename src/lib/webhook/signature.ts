/**
 * The signature of Onegevity's webhooks: base64 of the HMAC-SHA256 over the body's bytes, keyed with the account's
 * shared secret as UTF-8. Public as `@lowcode-health/node-red-onegevity/signature`. No function here throws,
 * whatever it is given.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';

/** The header that carries the signature, in the lower case that Node.js uses. */
export const signatureHeader = 'x-onegevity-signature';

export type SignatureReason = 'missing_signature' | 'malformed_signature' | 'wrong_signature' | 'no_secret';

export type SignatureCheck =
  | { readonly ok: true; readonly secret: 'current' | 'previous' }
  | { readonly ok: false; readonly reason: SignatureReason };

/** A body in several pieces: one that nobody has signed need not be put together to see that. */
export class BodyParts {
  constructor(readonly parts: readonly Uint8Array[]) {}
}

export interface Secrets {
  readonly current?: string | undefined;
  /** Still accepted while the secret is being changed. */
  readonly previous?: string | undefined;
}

/**
 * 32 bytes in base64: 43 characters and the padding. The last character carries four bits only, so just one of 16
 * spellings is the encoder's; the others are rejected like any other text that nobody signed with.
 */
const wellFormed = /^[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=$/;

const rejected: Record<SignatureReason, SignatureCheck> = {
  missing_signature: { ok: false, reason: 'missing_signature' },
  malformed_signature: { ok: false, reason: 'malformed_signature' },
  wrong_signature: { ok: false, reason: 'wrong_signature' },
  no_secret: { ok: false, reason: 'no_secret' },
};
const accepted = {
  current: { ok: true, secret: 'current' },
  previous: { ok: true, secret: 'previous' },
} as const;

/**
 * Signs a body as Onegevity does.
 * @param body the bytes as they are sent; text is taken as UTF-8
 * @param secret the account's shared webhook secret
 * @returns 44 characters of base64, or an empty string (which never verifies) for arguments of other types
 */
export function sign(body: string | Uint8Array, secret: string): string {
  return digest(body, secret)?.toString('base64') ?? '';
}

/**
 * @param body the bytes as they were received, before any decoding; text is taken as UTF-8
 * @param signature the value of the header `X-Onegevity-Signature`
 * @param secrets one secret, or several of which any may have signed
 * @returns whether one of the secrets made this signature of this body
 */
export function verify(body: unknown, signature: unknown, secrets: unknown): boolean {
  try {
    const list: unknown[] = Array.isArray(secrets) ? secrets : [secrets];
    return list.some((secret) => check(body, signature, { current: secret as string }).ok);
  } catch {
    // A proxy or a getter that throws.
    return false;
  }
}

/**
 * As {@link verify}, and says why not, or which secret it was.
 * @param secrets the current secret, and the previous one during a change
 */
export function check(body: unknown, signature: unknown, secrets: Secrets | undefined): SignatureCheck {
  if (signature === undefined || signature === null || signature === '') return rejected.missing_signature;
  if (typeof signature !== 'string' || !wellFormed.test(signature)) return rejected.malformed_signature;
  const { current, previous } = secretsOf(secrets);
  if (!current && !previous) return rejected.no_secret;
  const claimed = Buffer.from(signature, 'base64');
  if (current && matches(claimed, body, current)) return accepted.current;
  if (previous && matches(claimed, body, previous)) return accepted.previous;
  return rejected.wrong_signature;
}

function secretsOf(secrets: unknown): Secrets {
  try {
    const { current, previous } = (secrets ?? {}) as Record<string, unknown>;
    return {
      current: typeof current === 'string' ? current : undefined,
      previous: typeof previous === 'string' ? previous : undefined,
    };
  } catch {
    return {};
  }
}

function matches(claimed: Buffer, body: unknown, secret: string): boolean {
  const expected = digest(body, secret);
  return expected !== undefined && timingSafeEqual(expected, claimed);
}

function digest(body: unknown, secret: unknown): Buffer | undefined {
  if (typeof secret !== 'string' || secret === '') return undefined;
  try {
    const hmac = createHmac('sha256', secret);
    if (body instanceof BodyParts) for (const part of body.parts) hmac.update(part);
    else hmac.update(body as string | Uint8Array);
    return hmac.digest();
  } catch {
    // Neither text nor bytes, or beyond what the platform can take.
    return undefined;
  }
}
