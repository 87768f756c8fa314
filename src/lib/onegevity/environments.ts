import { isLoopback } from '../http/loopback';
import { OnegevityError } from '../errors';

/** The documented roots (also `servers` of the OpenAPI file; a test holds the two together). */
export const baseUrls = {
  staging: 'https://staging-api.onegevity.com',
  production: 'https://api.onegevity.com',
} as const;

export const environments = ['sandbox', 'staging', 'production', 'custom'] as const;
export type Environment = (typeof environments)[number];

/** What the vendor's UI-Kit asks for; the vendor documents no scope per operation except for fulfillment. */
export const defaultScopes: readonly string[] = [
  'packages_read',
  'surveys_read',
  'patients_read',
  'patients_write',
];

/**
 * @param value the saved property; undefined means the sandbox, anything else must name an environment
 * @param shown what an error calls the value, where it came from a variable: that may hold anything
 * @throws OnegevityError `env_not_set` for a `${NAME}` that Node-RED could not replace, `env_not_text`,
 *   `bad_environment`
 */
export function environmentOf(value: unknown, shown?: string): Environment {
  if (value === undefined) return 'sandbox';
  const text = requireResolvedEnv(value, 'environment');
  const found = environments.find((name) => name === text);
  if (!found) throw new OnegevityError('bad_environment', { values: { name: shown ?? text } });
  return found;
}

/**
 * The text of a value that Node-RED put in a variable's place: those of flows, groups and subflows may be numbers and
 * truth values. A number has the form that Node-RED read it in, so leading zeros are lost before this.
 * @returns undefined where there is no text that surely is what was meant
 */
export function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  // A number beyond 2^53 has already lost digits.
  if (typeof value === 'number')
    return Math.abs(value) <= Number.MAX_SAFE_INTEGER ? String(value) : undefined;
  return typeof value === 'boolean' ? String(value) : undefined;
}

/**
 * Reads a setting that may have been a reference to an environment variable. Node-RED replaces `${NAME}` where
 * NAME is set and leaves the reference itself where it is not.
 * @param setting its name, for the error
 * @throws OnegevityError `env_not_set`, `env_not_text`
 */
export function requireResolvedEnv(value: unknown, setting = ''): string {
  const text = textOf(value ?? '')?.trim();
  if (text === undefined) throw new OnegevityError('env_not_text', { values: { name: setting } });
  const name = /^\$[{(](\S+)[})]$/.exec(text)?.[1];
  if (name) throw new OnegevityError('env_not_set', { values: { name } });
  return text;
}

/**
 * @returns scheme, host and port of a custom environment
 * @throws OnegevityError `bad_base_url` unless it is https, or http on this computer, without a path
 */
export function customBaseUrl(value: unknown): string {
  const text = requireResolvedEnv(value, 'baseUrl');
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const allowed = url?.protocol === 'https:' || (url?.protocol === 'http:' && isLoopback(url.hostname));
  if (!url || !allowed || url.pathname !== '/' || url.search || url.hash || url.username || url.password) {
    throw new OnegevityError('bad_base_url');
  }
  return url.origin;
}

/** @returns the scopes to ask for, from the saved property `scopes` */
export function scopesOf(value: unknown, needed: () => readonly string[]): readonly string[] {
  const text = Array.isArray(value) ? value.join(' ') : requireResolvedEnv(value, 'scopes');
  if (text === '' || text === 'default') return defaultScopes;
  if (text === 'none') return [];
  return text === 'minimal' ? needed() : text.split(/[\s,]+/);
}
