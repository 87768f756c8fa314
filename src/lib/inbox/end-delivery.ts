import { OnegevityError } from '../errors';
import { asObject } from '../http/response';
import { openDelivery } from './registry';

export const outcomes = ['done', 'retry', 'deadLetter'] as const;
export type DeliveryOutcome = (typeof outcomes)[number];

interface Handle {
  id: string;
  attempt?: number;
}

const longestReason = 500;

/**
 * Ends the delivery that a message carries. Where a join node has collected complete messages, it ends those of all.
 * @param delay of a retry, in milliseconds
 * @throws OnegevityError `delivery_missing`, or the first one that any delivery gave; the others are ended all the same
 */
export async function endDelivery(
  msg: Readonly<Record<string, unknown>>,
  outcome: DeliveryOutcome,
  delay: number,
): Promise<void> {
  const handles = handlesOf(msg);
  if (handles.length === 0) throw new OnegevityError('delivery_missing');
  const results = await Promise.allSettled(
    handles.map(async (handle) => end(handle, outcome, delay, reasonOf(msg))),
  );
  for (const result of results) if (result.status === 'rejected') throw result.reason;
}

async function end(
  { id: handle, attempt }: Handle,
  outcome: DeliveryOutcome,
  delay: number,
  reason: string | undefined,
): Promise<void> {
  const { inbox, id } = openDelivery(handle);
  switch (outcome) {
    case 'done':
      return inbox.done(id, attempt);
    case 'retry':
      return inbox.retry(id, attempt, delay);
    case 'deadLetter':
      return inbox.deadLetter(id, attempt, reason);
  }
}

function handlesOf(msg: Readonly<Record<string, unknown>>): Handle[] {
  const { payload } = msg;
  const collected = Array.isArray(payload) ? (payload as unknown[]) : Object.values(asObject(payload) ?? {});
  const handles = new Map<string, Handle>();
  for (const one of [msg, ...collected]) {
    const delivery = deliveryOf(one);
    if (typeof delivery?.id !== 'string' || delivery.id === '') continue;
    const { id, attempt } = delivery;
    handles.set(id, { id, ...(typeof attempt === 'number' ? { attempt } : {}) });
  }
  return [...handles.values()];
}

function deliveryOf(msg: unknown): Record<string, unknown> | undefined {
  return asObject(asObject(asObject(msg)?.onegevity)?.delivery);
}

/** What the flow says of the failure: its own words, a code, or the text of the error that a Catch node passed on. */
function reasonOf(msg: Readonly<Record<string, unknown>>): string | undefined {
  const ours = asObject(asObject(msg.onegevity)?.error);
  const caught = asObject(msg.error);
  const texts = [deliveryOf(msg)?.reason, ours?.code, caught?.code, caught?.message];
  return texts
    .find((text): text is string => typeof text === 'string' && text !== '')
    ?.slice(0, longestReason);
}
