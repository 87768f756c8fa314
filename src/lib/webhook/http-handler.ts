import type { IncomingMessage, ServerResponse } from 'node:http';
import type { TopicName } from '../../generated/topics';
import { encodingOf } from '../http/content-encoding';
import { type BodyFault, type BodyLimits, readBody } from './body';
import { bodyMemory, type HeldBody } from './body-memory';
import { Exchange } from './exchange';
import { type Receiver, RETRY_AFTER_S } from './receiver';

/** Where the deliveries to a path go. The receiver behind it may change while a delivery is read. */
export interface ReceiverSlot {
  readonly receiver: Receiver | undefined;
  /** Of the receiver, or of the last one. */
  readonly limits: BodyLimits;
  /**
   * Calls back once there is a receiver that is ready, or none will come.
   * @returns takes the call back
   */
  onAvailable(done: () => void): () => void;
}

/**
 * Receives a delivery from its first byte to its answer.
 * @param topic of the URL
 * @param body where it was read already
 */
export function handleDelivery(
  request: IncomingMessage,
  response: ServerResponse,
  topic: TopicName | undefined,
  slot: ReceiverSlot,
  body?: Buffer | HeldBody,
): void {
  const exchange = new Exchange(request, response);
  const { receiver } = slot;
  if (!receiver) return exchange.reject(503, RETRY_AFTER_S);
  const encoding = encodingOf(request.headers['content-encoding']);
  if (encoding === undefined) return receiver.reject(exchange, 415, 'unsupported_encoding', topic);
  const receive = (held: HeldBody): void => {
    if (slot.receiver) slot.receiver.receive({ body: held, encoding, topic }, exchange);
    else {
      held.release();
      exchange.reject(503, RETRY_AFTER_S);
    }
  };
  if (Buffer.isBuffer(body) && body.length > receiver.options.maxBodySize) {
    return receiver.reject(exchange, 413, 'too_large', topic);
  }
  // A deploy may come in between, or the secret is not known yet: nothing can be verified without it.
  if (body)
    return holdUntilAvailable(exchange, slot, topic, Buffer.isBuffer(body) ? bodyOf(body) : body, receive);
  readUntilAvailable(exchange, slot, topic, receive);
}

/**
 * Reads a delivery's body, and keeps it until a receiver can take it. The body is read at once, since what is left unread in
 * a request takes far more memory than its bytes.
 * @param done gets the body, which it has to release; it is not called for a delivery that was answered here
 */
export function readUntilAvailable(
  exchange: Exchange,
  slot: ReceiverSlot,
  topic: TopicName | undefined,
  done: (body: HeldBody) => void,
): void {
  readBody(exchange.request, slot.limits, (read) => {
    if (read === 'gone') return;
    if (typeof read === 'string') rejectFault(exchange, slot, topic, read);
    else holdUntilAvailable(exchange, slot, topic, read, done);
  });
}

/** Rejects a delivery whose body was not read. */
export function rejectFault(
  exchange: Exchange,
  { receiver }: ReceiverSlot,
  topic: TopicName | undefined,
  fault: Exclude<BodyFault, 'gone'>,
): void {
  const [status, retryAfter] = faultStatuses[fault];
  if (receiver) receiver.reject(exchange, status, fault, topic, retryAfter);
  else exchange.reject(status, retryAfter);
}

const faultStatuses = { too_large: [413], too_slow: [408], no_room: [503, RETRY_AFTER_S] } as const;

function holdUntilAvailable(
  exchange: Exchange,
  slot: ReceiverSlot,
  topic: TopicName | undefined,
  body: HeldBody,
  done: (body: HeldBody) => void,
): void {
  if (slot.receiver?.isReady) return done(body);
  const takeBack = slot.onAvailable(() => {
    body.onDropped = undefined;
    done(body);
  });
  body.onDropped = () => {
    takeBack();
    rejectFault(exchange, slot, topic, 'no_room');
  };
}

/** A body that others have read. */
function bodyOf(body: Buffer): HeldBody {
  const kept = bodyMemory.open(body.length);
  kept.append(body);
  return kept;
}
