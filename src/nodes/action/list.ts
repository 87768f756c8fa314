import type { Operation } from '../../lib/api/operation';
import { type Page, readPages } from '../../lib/api/pagination';
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
/**
 * Items held back at most until the end of the list is known. Core batch takes only messages that carry the size of
 * their group, and the total that the API announces may be wrong or missing. So the first pages wait a moment, and
 * every message of a short list carries the size. Join and sort need it on one message only, so a long list is
 * streamed.
 */
const heldItems = 250;

/** Runs a list operation in the chosen way. */
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
  await (mode === 'all' ? emitAll(pages, call) : emitGroup(mode, pages, call));
}

async function emitAll(pages: AsyncGenerator<Page>, call: Call): Promise<void> {
  const items: unknown[] = [];
  let end: Page | undefined;
  for await (const page of pages) {
    for (const item of page.items) items.push(item);
    end = page;
  }
  if (!end) return;
  const { response, last, complete } = end;
  call.emit({ statusCode: response.statusCode, body: items }, { page: pageInfo(end, { last, complete }) });
}

/**
 * Sends a list as a group of messages that core join, batch and sort put together. What follows takes its time with
 * each of them, so that any of them may arrive last. So no message carries `msg.complete`, which would close the
 * group on its arrival. Each message that is sent when the end of the list is known carries the size of the group:
 * the group is whole once that many have come, in whatever order.
 */
async function emitGroup(mode: 'pages' | 'items', pages: AsyncGenerator<Page>, call: Call): Promise<void> {
  const group = { id: call.newId(), type: 'array' };
  let sent = 0;
  let number = 0;
  try {
    for await (const { page, end } of withEnd(pages)) {
      number = page.number;
      const count = end && Math.max(1, end[mode]);
      for (const body of messagesOf(mode, page, end)) {
        if (sent > 0 && sent % longQueue === 0) await queueShort(call);
        const index = sent++;
        call.emit(
          { ...page.response, body },
          {
            page: pageInfo(page, { last: sent === count, complete: end?.complete ?? false }),
            parts: {
              ...group,
              index,
              ...(count === undefined ? {} : { count }),
              // Join takes a part of this length as a piece of the array: an empty list is joined to an empty one.
              ...(end?.items === 0 && mode === 'items' ? { len: 2 } : {}),
            },
          },
        );
      }
    }
  } catch (error) {
    call.failPart({
      page: { number: number + 1, last: true, complete: false },
      parts: { ...group, index: sent, count: sent + 1 },
    });
    throw error;
  }
}

function messagesOf(mode: 'pages' | 'items', { response, items }: Page, end: End | undefined): unknown[] {
  if (mode === 'pages') return [response.body];
  return end?.items === 0 ? [[]] : items;
}

/** What is known of a list once its end was read. */
interface End {
  pages: number;
  items: number;
  complete: boolean;
}

/** Hands pages on, with the end of the list as soon as it is known; the first pages are held back until then. */
async function* withEnd(pages: AsyncGenerator<Page>): AsyncGenerator<{ page: Page; end?: End }> {
  let held: Page[] = [];
  let items = 0;
  try {
    for await (const page of pages) {
      items += page.items.length;
      held.push(page);
      const end = page.last ? { pages: page.number, items, complete: page.complete } : undefined;
      if (!end && items <= heldItems) continue;
      for (const one of held) yield { page: one, ...(end ? { end } : {}) };
      held = [];
    }
  } catch (error) {
    // What was read before a page that fails is handed on, as it is of a long list.
    for (const page of held) yield { page };
    throw error;
  }
}

function pageInfo({ number, total }: Page, end: { last: boolean; complete: boolean }): object {
  return { number, ...(total === undefined ? {} : { total }), ...end };
}

function wholeNumber(value: number | string | undefined, fallback: number): number {
  const number = Number(value);
  return value !== '' && Number.isInteger(number) && number >= 0 ? number : fallback;
}

async function queueShort({ client }: Call): Promise<void> {
  // One turn of the event loop, so that what just was sent can join the queue.
  await new Promise((resolve) => setImmediate(resolve));
  await client.whenQueueBelow(longQueue);
}
