import { OnegevityError } from './errors';

/** The documented roots (also `servers` of the OpenAPI file; a test holds the two together). */
export const roots = {
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
 * @throws OnegevityError `env_not_set` for a `${NAME}` that Node-RED could not replace, `bad_environment`
 */
export function environmentOf(value: unknown): Environment {
  if (value === undefined) return 'sandbox';
  const text = resolved(value);
  const found = environments.find((name) => name === text);
  if (!found) throw new OnegevityError('bad_environment', { values: { name: text } });
  return found;
}

/**
 * Reads a setting that may have been a reference to an environment variable. Node-RED replaces `${NAME}` where
 * NAME is set and leaves the reference itself where it is not.
 * @throws OnegevityError `env_not_set`
 */
export function resolved(value: unknown): string {
  const text = typeof value === 'string' ? value.trim() : '';
  const name = /^\$[{(](\S+)[})]$/.exec(text)?.[1];
  if (name) throw new OnegevityError('env_not_set', { values: { name } });
  return text;
}

/**
 * @returns scheme, host and port of a custom environment
 * @throws OnegevityError `bad_base_url` unless it is https, or http on this computer, without a path
 */
export function customRoot(value: unknown): string {
  const text = resolved(value);
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const allowed = url?.protocol === 'https:' || (url?.protocol === 'http:' && isLoopback(url));
  if (!url || !allowed || url.pathname !== '/' || url.search || url.hash || url.username || url.password) {
    throw new OnegevityError('bad_base_url');
  }
  return url.origin;
}

/** Whether a URL means the computer that Node-RED runs on. */
export function isLoopback({ hostname }: URL): boolean {
  return /^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname);
}

/** @returns the scopes to ask for, from the saved property `scopes` */
export function scopesOf(value: unknown, needed: () => readonly string[]): readonly string[] {
  const text = Array.isArray(value) ? value.join(' ') : resolved(value);
  if (text === '' || text === 'default') return defaultScopes;
  if (text === 'none') return [];
  return text === 'minimal' ? needed() : text.split(/[\s,]+/);
}
