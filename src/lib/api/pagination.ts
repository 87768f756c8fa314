import { createHash } from 'node:crypto';
import type { ApiClient, ApiResponse, CallOptions } from './client';
import { OnegevityError } from '../errors';
import { listItems } from './expected-response';
import type { Operation } from './operation';
import { asObject } from '../http/response';

export interface Page {
  response: ApiResponse;
  items: unknown[];
  /** From 1. */
  number: number;
  /** Items over all pages, where the answer says it. */
  total?: number;
  /** Nothing follows. */
  last: boolean;
  /** False where `maxPages` ended the reading, or where fewer items came than the answer announced. */
  complete: boolean;
}

export interface PagingOptions extends CallOptions {
  pageSize: number;
  /** 0: no limit. */
  maxPages: number;
  /** Awaited before each further page, so that a list does not outrun what its items cause. */
  ready?: () => Promise<void>;
}

interface Answer {
  response: ApiResponse;
  items: unknown[];
  total: number | undefined;
}

/**
 * Reads a list page by page. It ends at an empty page, or when exactly as many items came as the answers announced and
 * the last page is not full. A full page at the announced end, and more items than announced, may mean that the total
 * is wrong, such as the number of items in this page: then the next page is asked for. That a page is not full says
 * nothing alone: the vendor documents no largest page size, neither a number of pages nor a link to the next. So each
 * page is handed out when it is known whether another one follows.
 * @throws OnegevityError `bad_response` where the list is missing, `page_repeated` where a page comes again; the
 *   pages before it are handed out first
 */
export async function* readPages(
  client: ApiClient,
  operation: Operation,
  params: Readonly<Record<string, unknown>>,
  { pageSize, maxPages, ready, ...options }: PagingOptions,
): AsyncGenerator<Page> {
  const read = async (number: number): Promise<Answer> => {
    const query = { ...params, pageNumber: number, pageSize };
    const response = await client.call(operation, query, undefined, options);
    const items = itemsOf(operation, response);
    return { response, items, total: totalOf(response) };
  };
  let current = await read(1);
  let seen = current.items.length;
  // Of totals that differ the largest: what it counts and the others don't may be missing.
  let announced = current.total;
  const known = new Set([fingerprint(current)]);
  for (let number = 1; ; number++) {
    const { response, items, total } = current;
    const page = { response, items, number, ...(total === undefined ? {} : { total }) };
    if (items.length === 0 || (seen === announced && items.length < pageSize)) {
      yield { ...page, last: true, complete: seen === (announced ?? 0) };
      return;
    }
    if (number === maxPages) {
      yield { ...page, last: true, complete: seen === announced };
      return;
    }
    await ready?.();
    const allCame = announced !== undefined && seen >= announced;
    let next: Answer | undefined;
    let repeated: boolean;
    try {
      next = allCame ? await read(number + 1).catch(noSuchPage) : await read(number + 1);
      const isWhole = number === 1 && announced === undefined && seen < pageSize;
      repeated = next !== undefined && isRepeated(next, known, isWhole || allCame);
    } catch (error) {
      yield { ...page, last: false, complete: false };
      throw error;
    }
    announced = larger(announced, next?.total);
    const last = !next || repeated || next.items.length === 0;
    yield { ...page, last, complete: last && seen >= (announced ?? 0) };
    if (last) return;
    current = next!;
    seen += current.items.length;
  }
}

function larger(one: number | undefined, other: number | undefined): number | undefined {
  return one === undefined || other === undefined ? (one ?? other) : Math.max(one, other);
}

/** Beyond the last page some servers have an error in place of an empty page. */
function noSuchPage(error: unknown): undefined {
  if (error instanceof OnegevityError && (error.code === 'not_found' || error.code === 'validation')) return;
  throw error;
}

/**
 * A page that came before is a fault, be it the last one again or one of a circle, unless nothing is missing.
 * @param known fingerprints of the pages so far
 * @param mayBeWhole as many items came as were announced, or the first page announced no total and was less than
 *   asked for: a page given again is the end then
 * @throws OnegevityError `page_repeated`
 */
function isRepeated(next: Answer, known: Set<string>, mayBeWhole: boolean): boolean {
  const currentFingerprint = fingerprint(next);
  if (!known.has(currentFingerprint)) {
    known.add(currentFingerprint);
    return false;
  }
  if (mayBeWhole) return true;
  throw new OnegevityError('page_repeated');
}

function fingerprint({ items }: Answer): string {
  return createHash('sha256').update(JSON.stringify(items)).digest('base64');
}

/**
 * @returns the items of a list's response
 * @throws OnegevityError `bad_response` where there is no telling
 */
export function itemsOf({ list }: Operation, response: ApiResponse): unknown[] {
  const items = list && listItems(list, response);
  if (!items) throw new OnegevityError('bad_response', { statusCode: response.statusCode });
  return items;
}

function totalOf({ body }: ApiResponse): number | undefined {
  const total = asObject(body)?.totalNumberOfElements;
  // Some servers say -1 for "not known".
  return typeof total === 'number' && total >= 0 ? total : undefined;
}
