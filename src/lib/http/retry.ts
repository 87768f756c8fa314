import type { OnegevityError } from '../errors';
import { header, type RawResponse } from './response';

/** Longest wait that a server's Retry-After is granted, in seconds; beyond it the call fails and says how long. */
export const retryAfterCap = 60;
const BASE_DELAY_MS = 250;
const MAX_DELAY_MS = 8_000;

/**
 * Exponential delay with full jitter before attempt `attempt + 1`.
 * @param attempt number of the attempt that failed, from 1
 * @returns milliseconds, never below 50
 */
export function backoff(attempt: number, random: () => number = Math.random): number {
  const ceiling = Math.min(MAX_DELAY_MS, BASE_DELAY_MS * 2 ** attempt);
  return Math.max(50, Math.round(ceiling * random()));
}

/**
 * Reads a Retry-After header (RFC 9110 10.2.3): whole seconds or an HTTP date.
 * @param now the time that a date is compared with
 * @returns seconds from then, 0 for a date in the past, undefined for anything that is neither
 */
export function retryAfterSeconds(value: string | undefined, now: number = Date.now()): number | undefined {
  const text = value?.trim() ?? '';
  if (/^\d+$/.test(text)) return Number(text);
  const date = httpDate(text);
  return date === undefined ? undefined : Math.max(0, Math.ceil((date - now) / 1000));
}

/** @returns milliseconds of an HTTP date in one of its three forms (RFC 9110 5.6.7), undefined for anything else */
function httpDate(value: string): number | undefined {
  const text = value.trim();
  // Date.parse also takes "1.5" or "-3"; an HTTP date starts with the day's name.
  if (!/^[A-Za-z]{3,9},? /.test(text)) return undefined;
  // The oldest form names no time zone, and some servers leave it out of the others: it is always GMT.
  const hasZone = /(GMT|UTC?|Z|[+-]\d{2}:?\d{2})$/i.test(text);
  const date = Date.parse(hasZone ? text : `${text} GMT`);
  return Number.isNaN(date) ? undefined : date;
}

/** Reads how long a response asks to wait. */
export function retryAfterOf(response: RawResponse): number | undefined {
  return retryAfterSeconds(header(response, 'retry-after'), serverTime(header(response, 'date')));
}

/**
 * The time that a date in a response is compared with: the response's own `Date`. What the server means is the time
 * between the two, and our clock may be wrong.
 */
export function serverTime(date: string | undefined): number {
  return httpDate(date ?? '') ?? Date.now();
}

/** All of the server's faults but those that stay: not implemented, HTTP version, login to a network. */
function isRetryableStatus(statusCode: number): boolean {
  if (statusCode >= 500) return ![501, 505, 511].includes(statusCode);
  return statusCode === 429 || statusCode === 408 || statusCode === 425;
}

/** `bad_response`: what stood in for the API, or cut its response short, does so for a moment most often. */
const retryableCodes = new Set(['reset', 'timeout', 'connection_refused', 'dns', 'network', 'bad_response']);

/**
 * The retry rule. A read is repeated on any passing fault, an unusable response included. A write is repeated only
 * where the server said that it did nothing: 429, or 503 with Retry-After. A dropped connection may have been a
 * second lab order.
 * @param attempt number of the attempt that failed, from 1
 * @returns milliseconds to wait before the next attempt, or undefined to give up
 */
export function retryDelay(
  { code, statusCode, retryAfter }: OnegevityError,
  { writes, attempt, attempts }: { writes: boolean; attempt: number; attempts: number },
): number | undefined {
  if (attempt >= attempts) return undefined;
  const notProcessed = statusCode === 429 || (statusCode === 503 && retryAfter !== undefined);
  const retryable = retryableCodes.has(code) || (statusCode !== undefined && isRetryableStatus(statusCode));
  if (writes ? !notProcessed : !retryable) return undefined;
  if (retryAfter === undefined) return backoff(attempt);
  return retryAfter > retryAfterCap ? undefined : Math.max(retryAfter * 1000, backoff(attempt));
}
