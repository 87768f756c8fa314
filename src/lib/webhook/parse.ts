import { isUtf8 } from 'node:buffer';
import { sanitize } from '../http/sanitize-json';

/** Why a signed body could not be made into a payload; the payload is then the body's bytes. */
export type BodyReason = 'not_utf8' | 'malformed_json' | 'too_deep' | 'bad_encoding';

/** What was done to a payload so that a flow can use it safely. */
export type BodyNote = 'big_number' | 'prototype_key';

export interface Parsed {
  payload: unknown;
  reason?: BodyReason;
  notes?: readonly BodyNote[];
}

const byteOrderMark = '\ufeff';
/** Digits enough to be beyond 2^53, or an exponent: worth the slower look. */
const maybeBig = /\d{16}|\d[eE][+]?\d/;

/** @returns the JSON value of the bytes; a byte order mark at the start is skipped */
export function parseBody(body: Buffer): Parsed {
  if (!isUtf8(body)) return { payload: body, reason: 'not_utf8' };
  const whole = body.toString();
  const text = whole.startsWith(byteOrderMark) ? whole.slice(1) : whole;
  const result: Parsed = { payload: undefined };
  try {
    result.payload = JSON.parse(text);
    if (maybeBig.test(text)) {
      const exact = quoteBigNumbers(text);
      if (exact !== text) {
        result.payload = JSON.parse(exact);
        note(result, 'big_number');
      }
    }
  } catch {
    return { payload: body, reason: 'malformed_json' };
  }
  const safe = sanitize(result.payload, () => note(result, 'prototype_key'));
  return safe ? result : { payload: body, reason: 'too_deep' };
}

function note(result: Parsed, what: BodyNote): void {
  if (!result.notes?.includes(what)) result.notes = [...(result.notes ?? []), what];
}

/**
 * Puts numbers that a JavaScript number cannot hold into quotes, so that an identifier keeps its digits.
 * @param text valid JSON
 */
function quoteBigNumbers(text: string): string {
  let out = '';
  let copied = 0;
  let at = 0;
  while (at < text.length) {
    const code = text.charCodeAt(at);
    if (code === quote) {
      at = endOfString(text, at);
    } else if (code === minus || isDigit(code)) {
      const start = at;
      while (isOfNumber(text.charCodeAt(at))) at++;
      const literal = text.slice(start, at);
      if (Math.abs(Number(literal)) > Number.MAX_SAFE_INTEGER) {
        out += `${text.slice(copied, start)}"${literal}"`;
        copied = at;
      }
    } else {
      at++;
    }
  }
  return out + text.slice(copied);
}

const quote = 0x22;
const backslash = 0x5c;
const minus = 0x2d;

function endOfString(text: string, start: number): number {
  let at = start + 1;
  while (at < text.length && text.charCodeAt(at) !== quote) at += text.charCodeAt(at) === backslash ? 2 : 1;
  return at + 1;
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}

function isOfNumber(code: number): boolean {
  // digits, + - . e E
  return isDigit(code) || code === 0x2b || code === minus || code === 0x2e || code === 0x65 || code === 0x45;
}
