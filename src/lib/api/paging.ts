import type { ApiClient, ApiResponse, CallOptions } from './client';
import { OnegevityError } from './errors';
import type { Operation } from './operation';
import { asObject } from './response';

export interface Page {
  response: ApiResponse;
  items: unknown[];
  /** From 1. */
  number: number;
  /** Items over all pages, where the answer says it. */
  total?: number;
  /** Nothing follows. */
  last: boolean;
  /** False where `maxPages` ended the reading before the list's end. */
  complete: boolean;
}

export interface PagingOptions extends CallOptions {
  pageSize: number;
  /** 0: no limit. */
  maxPages: number;
  /** Awaited before each further page, so that a list does not outrun what its items cause. */
  ready?: () => Promise<void>;
}

/**
 * Reads a list page by page. It ends at an empty page, at a page that is not full, or when as many items came
 * as the answer announced; the vendor documents neither a total of pages nor a link to the next one.
 * @throws OnegevityError `bad_response` where the list is missing, `paging_stuck` where a page comes again
 */
export async function* readPages(
  client: ApiClient,
  operation: Operation,
  params: Readonly<Record<string, unknown>>,
  { pageSize, maxPages, ready, ...options }: PagingOptions,
): AsyncGenerator<Page> {
  let seen = 0;
  let previous = '';
  for (let number = 1; ; number++) {
    if (number > 1) await ready?.();
    const response = await client.call(
      operation,
      { ...params, pageNumber: number, pageSize },
      undefined,
      options,
    );
    const items = itemsOf(operation, response);
    const fingerprint = JSON.stringify(items);
    if (items.length > 0 && fingerprint === previous) throw new OnegevityError('paging_stuck');
    previous = fingerprint;
    seen += items.length;
    const total = totalOf(response);
    const atEnd = items.length === 0 || (total === undefined ? items.length < pageSize : seen >= total);
    const atLimit = maxPages > 0 && number >= maxPages;
    yield {
      response,
      items,
      number,
      ...(total === undefined ? {} : { total }),
      last: atEnd || atLimit,
      complete: atEnd,
    };
    if (atEnd || atLimit) return;
  }
}

/** @returns the items of a list answer; none where the member is absent, which the vendor's models allow */
export function itemsOf(operation: Operation, { body, statusCode }: ApiResponse): unknown[] {
  const page = asObject(body);
  const items = page?.[operation.list?.items ?? ''] ?? [];
  if (!page || !Array.isArray(items)) throw new OnegevityError('bad_response', { statusCode });
  return items;
}

function totalOf({ body }: ApiResponse): number | undefined {
  const total = asObject(body)?.totalNumberOfElements;
  return typeof total === 'number' ? total : undefined;
}
