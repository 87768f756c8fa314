import { identifierNames } from '../../generated/identifiers';
import { type FieldError, OnegevityError } from '../errors';
import { parseJson } from '../http/response';

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
  /** What is left of a text whose encoding was guessed wrong, or that was escaped for HTML; or half a character. */
  | 'damaged'
  /** What a mistake in a flow leaves in place of a value. */
  | 'placeholder'
  /** `.` or `..`, which proxies and servers resolve (also between slashes). */
  | 'dots'
  /** A text that is written otherwise in normal form C, such as `e` with a separate accent. */
  | 'decomposed'
  /** A character that stands for an ASCII one: full-width, superscript, a typographic dash or quotation mark. */
  | 'variant'
  /** A number that a spreadsheet or a program has written in another way. */
  | 'shortened';

/**
 * Checks a text and changes nothing: to trim or normalize it in silence could as well make another patient of it.
 * @returns the first fault, or undefined
 */
export function identifierFault(text: string): IdentifierFault | undefined {
  if (wordless.test(text)) return undefined;
  return faults.find(([, has]) => has(text))?.[0];
}

/**
 * Digits, hyphens and never three letters in a row, as most identifiers are: that is no word and no placeholder. -1 and
 * 1e-7 are left to the rules below, which are slow.
 */
const wordless = /^(?!\d+e-)(?=[a-z\d])(?:[a-z]{0,2}[\d_-])+[a-z]{0,2}$/i;

const faults: readonly (readonly [IdentifierFault, (text: string) => boolean])[] = [
  ['empty', (text) => text === ''],
  ['whitespace', (text) => text.trim() !== text || /[^\P{Z} ]/u.test(text)],
  // The braille blank and the two after it are shown as nothing, though Unicode calls them visible.
  ['invisible', (text) => /[\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}\u2800\u{1d159}\u303f]/u.test(text)],
  ['damaged', (text) => damages.some((pattern) => pattern.test(text))],
  ['placeholder', (text) => placeholders.some((pattern) => pattern.test(text)) || isJson(text)],
  ['dots', hasDotSegment],
  ['decomposed', (text) => text.normalize('NFC') !== text],
  ['variant', (text) => [...text].some(isVariant)],
  ['shortened', (text) => shortenings.some((pattern) => pattern.test(text))],
];

const damages: readonly RegExp[] = [
  /[\p{Cs}\p{Co}\p{Noncharacter_Code_Point}\ufffc\ufffd]/u,
  // UTF-8 that was read as Latin-1 or as Windows-1252: no language has these next to each other.
  /[\u00c2\u00c3][\u00a1-\u00bf\u0152\u0153\u0160\u0161\u0178\u017d\u017e\u0192\u02c6\u02dc\u2013-\u203a\u20ac\u2122]|\u00e2\u20ac/u,
  // Escaped for HTML, as {{mustache}} with two braces does.
  /&(amp|lt|gt|quot|apos|nbsp|#\d+|#x[\da-f]+);/i,
];

/** With a sign (spreadsheets, JavaScript) or a fraction (Java): other systems have identifiers such as 123e4567. */
const shortenings: readonly RegExp[] = [
  /^[+-]?\d+([.,]\d+)?e[+-]\d+$/i,
  /^[+-]?\d+[.,]\d+e\d+$/i,
  // A whole number that became a fraction in a table with gaps.
  /^\d{4,}\.0$/,
];

const placeholders: readonly RegExp[] = [
  // As values of JavaScript, Python and SQL turn out when they become text; -1 is what a failed search gives.
  /^(undefined|\(?null\)?|nan|none|nil|[+-]?infinity|true|false|invalid date|-1)$/i,
  // Errors of spreadsheets in any language, a number that its column is too narrow for, and how a cell is kept a text.
  /^#(N\/A|NV|N\/D|GETTING_DATA|[\p{Lu}\d/¡¿._]+[!?]|#*)$|^="/u,
  // Also within a longer text, as `order-${id}` makes it.
  /undefined|\[(object|function|asyncfunction|class|circular|array|symbol|getter)\b|<buffer\b|^promise \{/i,
  /(?<![\p{L}\p{N}])(null|NULL|NaN)(?![\p{L}\p{N}])/u,
  /^(async )?function\b|=>|^Symbol\(/,
  // Templates that nobody filled: environment variables, mustache, the path templates of this API and of others.
  /\$[{(][^})]*[})]|\{\{|\}\}|\{[A-Za-z.]+\}|<%|%>|%[A-Z_a-z]{3,}%|^<[A-Z_a-z]+>$|^:[A-Z_a-z]+$/,
  // The name of a place in a message, in place of what is there.
  /^msg\.|^payload(\.|$)/,
  /^(["']).*\1$/s,
];

/** A text, a list or an object that became JSON once too often. */
function isJson(text: string): boolean {
  return /^["[{]/.test(text) && parseJson(text) !== undefined;
}

/** As servers see it that decode a slash before they resolve a path, or cut off what follows a semicolon. */
function hasDotSegment(text: string): boolean {
  return text.split(/[/\\]/).some((segment) => /^\.{1,2}(;|$)/.test(segment));
}

/** Typographic ones, as word processors and telephones put them in the place of those that were typed. */
const marks = /[\p{Pd}\u02d7\u2043\u2212\u2044\u2215\u29f8\u2018-\u201f\u2032-\u2035]/u;

function isVariant(character: string): boolean {
  if (character <= '\u007f') return false;
  return marks.test(character) || /^[\x20-\x7e]+$/.test(character.normalize('NFKC'));
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

/** @param shown how the text calls the first field, if not by its name; `fieldErrors` is for the message alone */
export function badIdentifier(fieldErrors: Required<FieldError>[], shown?: string): OnegevityError {
  const [{ fieldName, message: reason } = { fieldName: '?', message: '?' }] = fieldErrors;
  const name = shown ?? fieldName;
  return new OnegevityError('bad_identifier', { values: { name, reason }, fieldErrors });
}

/** Whether the description calls the members of this name identifiers. */
export function isIdentifierName(name: string): boolean {
  return names.has(name);
}

const names: ReadonlySet<string> = new Set(identifierNames);

/**
 * Finds the identifiers in a body, however deep: the members that the description calls so, and the items of lists
 * that it calls so. Models that are not fully known hold more members than are described, and the request node's
 * bodies have no model at all.
 * @returns the faulty ones by their path; `type` for what is neither text nor a whole number
 */
export function faultyIdentifiers(body: unknown): Required<FieldError>[] {
  const found: Required<FieldError>[] = [];
  // Once each: what refers to itself, such as the request of an http-in node, has no end of paths.
  const known = new Set<object>();
  const open: Place[] = [{ value: body, path: '', named: false }];
  for (let place = open.pop(); place; place = open.pop()) {
    const { value, path, named } = place;
    const within = isContainer(value) && !known.has(value) ? membersOf(place, value) : [];
    if (isContainer(value)) known.add(value);
    for (const one of within.reverse()) open.push(one);
    if (!named || Array.isArray(value) || isIdentifierNumber(value)) continue;
    const message = typeof value === 'string' ? identifierFault(value) : 'type';
    if (message) found.push({ fieldName: path, message });
  }
  return found;
}

interface Place {
  value: unknown;
  path: string;
  /** The description calls it an identifier, or a list of identifiers. */
  named: boolean;
}

/** Bytes are not: as an identifier they are neither text nor a number, and would be sent as a list of numbers. */
function isContainer(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !ArrayBuffer.isView(value);
}

function membersOf({ path, named }: Place, value: object): Place[] {
  const isList = Array.isArray(value);
  return (
    Object.entries(value)
      // A list of identifiers may hold null, which the vendor's model allows.
      .filter(([, member]) => !(isList && named && member === null))
      .map(([name, member]) => ({
        value: member as unknown,
        path: path ? `${path}.${name}` : name,
        named: isList ? named : isIdentifierName(name),
      }))
  );
}
