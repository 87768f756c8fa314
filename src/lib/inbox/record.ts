import type { DeadLetterCause, InboxEvent } from './contract';
import type { Keyring } from './keyring';

/** Everything but a dead letter's own record is named by the id of its event. */
export type ReadRecord = { event: InboxEvent; attempts: number } | { problem: 'damaged' | 'unknown_key' };

/** What is stored beside a dead letter. */
export interface DeadLetterInfo {
  attempts: number;
  deadLetteredAt: number;
  cause: DeadLetterCause;
  reason?: string;
}

/** @param attempts emissions that have begun when the record is stored: 0 or 1 */
export function sealEvent(keyring: Keyring, id: string, event: InboxEvent, attempts: 0 | 1): Buffer {
  const topicLength = Buffer.byteLength(event.topic);
  const content = Buffer.allocUnsafe(9 + topicLength + event.content.length);
  content.writeDoubleBE(event.receivedAt);
  content.writeUInt8(topicLength, 8);
  content.write(event.topic, 9);
  event.content.copy(content, 9 + topicLength);
  return keyring.seal(id, content, attempts);
}

export function readEvent(keyring: Keyring, id: string, record: Buffer): ReadRecord {
  const unsealed = keyring.unseal(id, record);
  if ('problem' in unsealed) return unsealed;
  const { content, mark } = unsealed;
  const end = 9 + content.readUInt8(8);
  const event = {
    receivedAt: content.readDoubleBE(),
    topic: content.toString('utf8', 9, end),
    content: content.subarray(end),
  };
  return { event, attempts: mark };
}

export function sealDeadLetterInfo(keyring: Keyring, id: string, death: DeadLetterInfo): Buffer {
  return keyring.seal(`${id} death`, Buffer.from(JSON.stringify(death)));
}

/** @returns undefined where it cannot be read */
export function readDeadLetterInfo(
  keyring: Keyring,
  id: string,
  record: Buffer | undefined,
): DeadLetterInfo | undefined {
  const unsealed = record && keyring.unseal(`${id} death`, record);
  if (!unsealed || 'problem' in unsealed) return undefined;
  return JSON.parse(unsealed.content.toString()) as DeadLetterInfo;
}
