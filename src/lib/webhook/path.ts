import { parse } from 'node:url';
import { topics } from '../../generated/topics';

export interface Routing {
  /** As Express' setting `case sensitive routing`. */
  caseSensitive: boolean;
  /** As Express' setting `strict routing`: a slash at the end makes another path. */
  strict: boolean;
}

/** What a path may contain as it is; everything that routers give a meaning to is left out. */
const plain = /^(?:[\w\-.~!$&',;=@/]|%[0-9a-f]{2})*$/i;

/**
 * @param path as the user wrote it
 * @returns the path as it comes in a request line, with a slash at the start and none at the end (the root is the
 * empty string), or undefined where it cannot be one
 */
export function normalisePath(path: unknown): string | undefined {
  if (typeof path !== 'string' || path.trim() === '') return undefined;
  const segments = path.trim().split('/').filter(Boolean);
  if (segments.some((segment) => segment === '.' || segment === '..')) return undefined;
  const joined = segments.map((segment) => `/${segment}`).join('');
  const encoded = joined.replace(/[^\x21-\x7e]/gu, percentEncoded);
  return plain.test(encoded) ? encoded : undefined;
}

function percentEncoded(text: string): string {
  return [...Buffer.from(text)].map((byte) => `%${byte.toString(16)}`).join('');
}

/** @returns the form in which paths are compared: two requests with the same key reach the same route */
export function pathKey(path: string, { caseSensitive, strict }: Routing): string {
  const ended = !strict && path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path;
  return caseSensitive ? ended : ended.toLowerCase();
}

/** What makes Express parse a URL by Node.js' older parser. */
const unusual = /[\t\n\f\r #\u00a0\ufeff]/;

/**
 * The path of a URL by which Express chooses routes: with the same results as its own parser, which takes `#` for the
 * start of a fragment and, only then, `\` for `/`.
 * @returns undefined for a URL that has none
 */
export function pathnameOf(url: string): string | undefined {
  if (!url.startsWith('/') || unusual.test(url)) {
    try {
      return parse(url).pathname ?? undefined;
    } catch {
      return undefined;
    }
  }
  const query = url.indexOf('?');
  return query === -1 ? url : url.slice(0, query);
}

/**
 * A pattern for an endpoint and its topics, for a router. Its one group is the topic.
 * @param path as {@link normalisePath} gives it
 */
export function pathPattern(path: string, { caseSensitive, strict }: Routing): RegExp {
  const escape = (text: string): string => text.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&');
  const names = topics.map(({ name }) => escape(name)).join('|');
  const slash = strict && path !== '' ? '' : '\\/?';
  return new RegExp(`^${escape(path)}(?:\\/(${names}))?${slash}$`, caseSensitive ? '' : 'i');
}
