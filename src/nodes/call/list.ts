import type { ApiResponse } from '../../lib/api/client';
import type { Operation } from '../../lib/api/operation';
import { type Page, readPages } from '../../lib/api/paging';
import type { Call } from './call-node';

export interface PagingDef {
  /** `single` (the default): one request, its answer as it is. */
  paging?: 'single' | 'pages' | 'items' | 'all';
  pageSize?: number | string;
  maxPages?: number | string;
}

const defaultPageSize = 100;
/** Unless the dialog says another number, 0 for no limit: a server may always have another page. */
const defaultMaxPages = 1000;
/** Calls waiting on the config node above which a list pauses: `send` returns at once, so nothing else slows it. */
const longQueue = 100;

/** Runs a list operation in the chosen way; every way marks its end. */
export async function runList(
  operation: Operation,
  params: Record<string, unknown>,
  def: PagingDef,
  call: Call,
): Promise<void> {
  const mode = def.paging ?? 'single';
  if (mode === 'single') return call.emit(await call.client.call(operation, params, undefined, call.options));

  const pages = readPages(call.client, operation, params, {
    ...call.options,
    pageSize: wholeNumber(def.pageSize, defaultPageSize),
    maxPages: wholeNumber(def.maxPages, defaultMaxPages),
    ready: () => queueShort(call),
  });
  if (mode === 'all') return emitAll(pages, call);
  const id = call.msg._msgid ?? '';
  let sent = 0;
  for await (const page of pages) {
    if (mode === 'pages') emitPart(call, page, page.response.body, { id, index: page.number - 1 }, page.last);
    else sent = await emitItems(call, page, { id, sent });
  }
}

async function emitItems(
  call: Call,
  page: Page,
  { id, sent }: { id: string; sent: number },
): Promise<number> {
  const { items, last } = page;
  if (items.length === 0 && sent === 0) emitPart(call, page, [], { id, index: 0 }, true);
  for (const [index, item] of items.entries()) {
    if (index > 0 && index % longQueue === 0) await queueShort(call);
    emitPart(call, page, item, { id, index: sent + index }, last && index === items.length - 1);
  }
  return sent + items.length;
}

async function emitAll(pages: AsyncGenerator<Page>, call: Call): Promise<void> {
  const items: unknown[] = [];
  let end: Page | undefined;
  for await (const page of pages) {
    for (const item of page.items) items.push(item);
    end = page;
  }
  if (!end) return;
  const { statusCode } = end.response;
  call.emit({ statusCode, body: items }, { page: pageInfo(end), complete: end.complete });
}

function emitPart(
  call: Call,
  page: Page,
  body: unknown,
  { id, index }: { id: string; index: number },
  last: boolean,
): void {
  const parts = {
    id: `${id}.${call.msg._msgid ?? ''}`,
    type: 'array',
    index,
    // As core split: only the last part knows the count, and join then completes.
    ...(last ? { count: index + 1 } : {}),
  };
  const result: ApiResponse = { ...page.response, body };
  call.emit(result, { page: pageInfo(page), parts, ...(last ? { complete: page.complete } : {}) });
}

function pageInfo({ number, total, last, complete }: Page): object {
  return { number, ...(total === undefined ? {} : { total }), last, complete };
}

function wholeNumber(value: number | string | undefined, fallback: number): number {
  const number = Number(value);
  return value !== '' && Number.isInteger(number) && number >= 0 ? number : fallback;
}

async function queueShort({ client }: Call): Promise<void> {
  // One turn of the event loop, so that what just was sent can join the queue.
  await new Promise((resolve) => setImmediate(resolve));
  await client.shortQueue(longQueue);
}
