import type { WebhookEvent } from './event';
import type { InboxMessage, InboxEvent } from '../inbox/contract';

/** A payload that is no JSON, as JSON. */
interface Bytes {
  base64: string;
}

type Stored = Omit<WebhookEvent, 'payload'> & ({ payload: unknown } | { bytes: Bytes });

/** What events without a certain topic are listed as. */
const noTopic = 'other';

/** Events that the inbox still has in memory: most are emitted from there, and need not be read again. */
const inMemory = new WeakMap<InboxEvent, WebhookEvent>();

/** @returns the event as an inbox keeps it */
export function serializeEvent(event: WebhookEvent): InboxEvent {
  const { payload, ...about } = event;
  const stored: Stored = Buffer.isBuffer(payload)
    ? { ...about, bytes: { base64: payload.toString('base64') } }
    : { ...about, payload };
  const packed: InboxEvent = {
    topic: event.topic ?? noTopic,
    receivedAt: Date.parse(event.delivery.receivedAt),
    content: Buffer.from(JSON.stringify(stored)),
  };
  inMemory.set(packed, event);
  return packed;
}

/** @param handle what ends this delivery */
export function deserializeEvent(
  { event, attempt, redelivered }: InboxMessage,
  handle: string,
): WebhookEvent {
  const known = inMemory.get(event);
  if (known) {
    // A flow may change what it gets, so nobody gets it twice.
    inMemory.delete(event);
    return { ...known, delivery: { ...known.delivery, id: handle, attempt, redelivered } };
  }
  const stored = JSON.parse(event.content.toString()) as Stored;
  const delivery = { ...stored.delivery, id: handle, attempt, redelivered };
  if (!('bytes' in stored)) return { ...stored, delivery };
  const { bytes, ...about } = stored;
  return { ...about, payload: Buffer.from(bytes.base64, 'base64'), delivery };
}
