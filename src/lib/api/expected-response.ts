/**
 * Whether a success is one: a gateway, a cache or a broken server can answer 200 to a call that nobody carried out, or
 * with somebody else's record. What is asked of a response follows from the API description.
 */
import { isDeepStrictEqual } from 'node:util';
import { orderShowsChanges } from '../onegevity/kits';
import type { Operation } from './operation';
import { asObject } from '../http/response';

export interface Sent {
  params: Readonly<Record<string, unknown>>;
  body?: unknown;
}

export interface Success {
  statusCode: number;
  /** Undefined where there was none. */
  body: unknown;
}

/** Changes that a documented model shows, by the model's name. */
const changes: Readonly<Record<string, (response: unknown, sent: unknown) => boolean>> = {
  PatientOrder: orderShowsChanges,
};

/**
 * @returns false for a response that cannot be the operation's: another kind of JSON than its model, a list without
 *   its items, a record of another identifier, a write that does not show what was written
 */
export function isExpected(
  { response, list }: Operation,
  sent: Sent,
  { statusCode, body }: Success,
): boolean {
  if (list) return isList(list, sent, { statusCode, body });
  if (!response) return true;
  if (body === undefined) return isEmptyStatus(statusCode) && !response.known;
  const fields = asObject(body);
  if (isValidationError(fields) || !isAboutThem(fields, sent)) return false;
  if (response.type === 'any') return true;
  if (!fields || isGeneralError(fields)) return false;
  // A server that sends back what it got has made nothing of it: an order has an id, at least, that was not sent.
  if (response.known && isDeepStrictEqual(fields, sent.body)) return false;
  for (const name in response.echo) {
    if (!isEcho(fields[name], response.echo[name]!, sent, response.known)) return false;
  }
  return sent.body === undefined || (changes[response.schema]?.(fields, sent.body) ?? true);
}

/** These say that they have no body (RFC 9110, 15.3.5 and 15.3.6). */
function isEmptyStatus(statusCode: number): boolean {
  return statusCode === 204 || statusCode === 205;
}

function isEcho(value: unknown, name: string, { params, body }: Sent, known: boolean): boolean {
  if (value === undefined || value === null) return !known;
  const asked = [params[name], asObject(body)?.[name]].filter((one) => one !== undefined);
  return asked.length === 0 || asked.some((one) => isSame(one, value));
}

/** A number and its digits are the same identifier, and so are both forms in which Unicode writes an accent. */
function isSame(sent: unknown, received: unknown): boolean {
  const [one, other] = [textOf(sent), textOf(received)];
  if (one === undefined || other === undefined) return false;
  return one === other || one.normalize() === other.normalize();
}

function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : undefined;
}

/**
 * @returns the items of a list; undefined where the response holds none and does not say that there are none, or
 *   where its field's name is presumed only and there is no telling which list is meant
 */
export function listItems(
  { items: name, presumed }: NonNullable<Operation['list']>,
  { statusCode, body }: Success,
): unknown[] | undefined {
  if (body === undefined || body === null) return isEmptyStatus(statusCode) ? [] : undefined;
  if (presumed && Array.isArray(body)) return body as unknown[];
  const page = asObject(body);
  const items = page?.[name];
  if (Array.isArray(items)) return items as unknown[];
  if (!page || (items !== undefined && items !== null)) return undefined;
  const lists = presumed ? Object.values(page).filter((one): one is unknown[] => Array.isArray(one)) : [];
  if (lists.length > 0) return lists.length === 1 ? lists[0] : undefined;
  return page.totalNumberOfElements === 0 || page.numberOfElements === 0 ? [] : undefined;
}

function isList(list: NonNullable<Operation['list']>, sent: Sent, success: Success): boolean {
  if (isValidationError(asObject(success.body))) return false;
  const items = listItems(list, success);
  if (items) {
    return (
      (items.length > 0 || !hasItems(success.body)) &&
      items.every((item) => (list.presumed || asObject(item)) && isAboutThem(asObject(item), sent))
    );
  }
  // Several lists, of which nobody knows which is meant, are one page at least: people can look for themselves.
  return Boolean(list.presumed) && Object.values(asObject(success.body) ?? {}).some(Array.isArray);
}

/** Whether a page says that it holds items. */
function hasItems(page: unknown): boolean {
  const count = asObject(page)?.numberOfElements;
  return typeof count === 'number' && count > 0;
}

/** The vendor's model of an unexpected failure, and nothing besides: what is undocumented may have a message too. */
function isGeneralError(fields: Readonly<Record<string, unknown>>): boolean {
  return (
    typeof fields.message === 'string' &&
    Object.keys(fields).every((name) => name === 'id' || name === 'message')
  );
}

/** The vendor's error model, which some gateways pass on with a status of their own. */
function isValidationError(fields: Readonly<Record<string, unknown>> | undefined): boolean {
  return Array.isArray(fields?.globalErrors) || Array.isArray(fields?.fieldErrors);
}

/** Whose record it is. Wherever a response says so, documented or not, it must not be somebody else's. */
const owners = ['patientIdentifier', 'orderIdentifier'];

function isAboutThem(fields: Readonly<Record<string, unknown>> | undefined, sent: Sent): boolean {
  if (!fields) return true;
  return owners.every((name) => sent.params[name] === undefined || isEcho(fields[name], name, sent, false));
}
