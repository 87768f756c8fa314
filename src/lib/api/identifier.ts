import { identifierNames } from '../../generated/identifiers';
import { type FieldError, OnegevityError } from './errors';

/**
 * Why a text cannot be an identifier. The API takes an identifier that it does not know for a new one: a text that only
 * looks like the right one would make a second patient or a second order.
 */
export type IdentifierFault =
  | 'empty'
  /** White space before or after it, or any but a plain space within. */
  | 'whitespace'
  /** A control character, or one that is not shown: of no width, of format, of direction. */
  | 'invisible'
  /** What is left of a text whose encoding was guessed wrong, or half a character. */
  | 'damaged'
  /** What a mistake in a flow leaves in place of a value. */
  | 'placeholder'
  /** `.` or `..`, which proxies and servers resolve (also between slashes). */
  | 'dots'
  /** A text that is written otherwise in normal form C, such as `e` with a separate accent. */
  | 'decomposed'
  /** A character that stands for an ASCII one: full-width, superscript, a typographic dash. */
  | 'variant'
  /** A number that a spreadsheet has shortened. */
  | 'shortened';

/**
 * Checks a text and changes nothing: to trim or normalize it in silence could as well make another patient of it.
 * @returns the first fault, or undefined
 */
export function identifierFault(text: string): IdentifierFault | undefined {
  return faults.find(([, has]) => has(text))?.[0];
}

const faults: readonly (readonly [IdentifierFault, (text: string) => boolean])[] = [
  ['empty', (text) => text === ''],
  ['whitespace', (text) => text.trim() !== text || /[^\P{Z} ]/u.test(text)],
  // The braille blank and the two after it are shown as nothing, though Unicode calls them visible.
  ['invisible', (text) => /[\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}\u2800\u{1d159}\u303f]/u.test(text)],
  ['damaged', (text) => /[\p{Cs}\p{Noncharacter_Code_Point}\ufffc\ufffd]/u.test(text)],
  ['placeholder', (text) => placeholders.some((pattern) => pattern.test(text))],
  ['dots', hasDotSegment],
  ['decomposed', (text) => text.normalize('NFC') !== text],
  ['variant', (text) => [...text].some(isVariant)],
  ['shortened', (text) => /^[+-]?\d+([.,]\d+)?e[+-]?\d+$/i.test(text)],
];

const placeholders: readonly RegExp[] = [
  // As values of JavaScript, Python, SQL and spreadsheets turn out when they become text.
  /^(undefined|\(?null\)?|nan|none|nil|[+-]?infinity|true|false|invalid date|#N\/A|#(REF|VALUE|NAME\?|NULL|NUM|DIV\/0)!?)$/i,
  // Also within a longer text, as `order-${id}` makes it.
  /undefined|\[object\b/i,
  /(?<![\p{L}\p{N}])(null|NULL|NaN)(?![\p{L}\p{N}])/u,
  /^(async )?function\b|=>|^Symbol\(/,
  // Templates that nobody filled: environment variables, mustache, the path templates of this API.
  /\$[{(][^})]*[})]|\{\{|\}\}|\{[A-Za-z.]+\}|<%|%>/,
  // The name of a place in a message, in place of what is there.
  /^msg\.|^payload(\.|$)/,
];

/** As servers see it that decode a slash before they resolve a path, or cut off what follows a semicolon. */
function hasDotSegment(text: string): boolean {
  return text.split(/[/\\]/).some((segment) => /^\.{1,2}(;|$)/.test(segment));
}

const dashesAndSlashes = /[\p{Pd}\u02d7\u2043\u2212\u2044\u2215\u29f8]/u;

function isVariant(character: string): boolean {
  if (character <= '\u007f') return false;
  return dashesAndSlashes.test(character) || /^[\x20-\x7e]+$/.test(character.normalize('NFKC'));
}

/** Whether a number can be an identifier: a whole one that has lost no digit. -1 is what a failed search gives. */
export function isIdentifierNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

/**
 * @param name of the field, for the error; the value is never named
 * @throws OnegevityError `bad_identifier`, or `bad_parameter` for what is neither text nor a whole number
 */
export function requireIdentifier(name: string, value: unknown): string | number {
  if (isIdentifierNumber(value)) return value;
  if (typeof value !== 'string') throw new OnegevityError('bad_parameter', { values: { name } });
  const reason = identifierFault(value);
  if (reason) throw badIdentifier([{ fieldName: name, message: reason }]);
  return value;
}

export function badIdentifier(fieldErrors: Required<FieldError>[]): OnegevityError {
  const [{ fieldName: name, message: reason } = { fieldName: '?', message: '?' }] = fieldErrors;
  return new OnegevityError('bad_identifier', { values: { name, reason }, fieldErrors });
}

/** Whether the description calls the members of this name identifiers. */
export function isIdentifierName(name: string): boolean {
  return names.has(name);
}

const names: ReadonlySet<string> = new Set(identifierNames);
const deepest = 32;

/**
 * Finds the identifiers in a body, however deep: the members that the description calls so, and the items of lists
 * that it calls so. Models that are not fully known hold more members than are described, and the request node's
 * bodies have no model at all.
 * @returns the faulty ones by their path; `type` for what is neither text nor a whole number
 */
export function faultyIdentifiers(body: unknown): Required<FieldError>[] {
  const found: Required<FieldError>[] = [];
  const visit = (value: unknown, path: readonly string[], named: boolean): void => {
    if (ArrayBuffer.isView(value)) return;
    if (typeof value === 'object' && value !== null && path.length < deepest) {
      const isList = Array.isArray(value);
      for (const [name, member] of Object.entries(value)) {
        // A list of identifiers may hold null, which the vendor's model allows.
        if (isList && named && member === null) continue;
        visit(member, [...path, name], isList ? named : isIdentifierName(name));
      }
      if (!named || isList) return;
    }
    if (!named || value === undefined || isIdentifierNumber(value)) return;
    const message = typeof value === 'string' ? identifierFault(value) : 'type';
    if (message) found.push({ fieldName: path.join('.'), message });
  };
  visit(body, [], false);
  return found;
}
