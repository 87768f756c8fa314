import { OnegevityError } from '../errors';
import type { Inbox } from './contract';

/** Where a delivery is to be ended. */
export interface OpenDelivery {
  inbox: Inbox;
  id: string;
}

const separator = ':';
const inboxes = new Map<string, Inbox>();

/**
 * Makes an inbox known in the whole process, so that a delivery can be ended wherever its message ends up: messages
 * are cloned, split and joined, and only text survives all of that.
 * @param name of its owner
 * @returns its removal
 */
export function registerInbox(name: string, inbox: Inbox): () => void {
  inboxes.set(name, inbox);
  return () => {
    if (inboxes.get(name) === inbox) inboxes.delete(name);
  };
}

export function knownInbox(name: string): Inbox | undefined {
  return inboxes.get(name);
}

/** What a message carries as `msg.onegevity.delivery.id`. */
export function handleOf(name: string, id: string): string {
  return `${name}${separator}${id}`;
}

/** @throws OnegevityError `delivery_unknown` */
export function openDelivery(handle: string): OpenDelivery {
  const at = handle.lastIndexOf(separator);
  const inbox = inboxes.get(handle.slice(0, Math.max(0, at)));
  if (!inbox) throw new OnegevityError('delivery_unknown');
  return { inbox, id: handle.slice(at + 1) };
}
