import type { IncomingMessage, ServerResponse } from 'node:http';
import type { TopicName } from '../../generated/topics';
import { encodingOf } from '../http/content-encoding';
import { type BodyFault, type BodyLimits, readBody } from './body';
import { bodyMemory, type HeldBody } from './body-memory';
import { Exchange } from './exchange';
import type { Receiver } from './receiver';

/** Seconds after which a client may try again when nobody can take its delivery at the moment. */
const soon = 5;

/** Where the deliveries to a path go. The receiver behind it may change while a delivery is read. */
export interface Door {
  readonly receiver: Receiver | undefined;
  /** Of the receiver, or of the last one. */
  readonly limits: BodyLimits;
  /**
   * Calls back once there is a receiver that is ready, or none will come.
   * @returns takes the call back
   */
  whenOpen(done: () => void): () => void;
}

/**
 * Receives a delivery from its first byte to its answer.
 * @param topic of the URL
 * @param body where it was read already
 */
export function serve(
  request: IncomingMessage,
  response: ServerResponse,
  topic: TopicName | undefined,
  door: Door,
  body?: Buffer | HeldBody,
): void {
  const exchange = new Exchange(request, response);
  const { receiver } = door;
  if (!receiver) return exchange.refuse(503, soon);
  const encoding = encodingOf(request.headers['content-encoding']);
  if (encoding === undefined) return receiver.refuse(exchange, 415, 'unsupported_encoding', topic);
  const receive = (held: HeldBody): void => {
    if (door.receiver) door.receiver.receive({ body: held, encoding, topic }, exchange);
    else {
      held.release();
      exchange.refuse(503, soon);
    }
  };
  if (Buffer.isBuffer(body) && body.length > receiver.options.maxBodySize) {
    return receiver.refuse(exchange, 413, 'too_large', topic);
  }
  // A deploy may come in between, or the secret is not known yet: nothing can be verified without it.
  if (body)
    return keepUntilOpen(exchange, door, topic, Buffer.isBuffer(body) ? heldBody(body) : body, receive);
  readUntilOpen(exchange, door, topic, receive);
}

/**
 * Reads a delivery's body, and keeps it until the door is open. The body is read at once, since what is left unread in
 * a request takes far more memory than its bytes.
 * @param done gets the body, which it has to release; it is not called for a delivery that was answered here
 */
export function readUntilOpen(
  exchange: Exchange,
  door: Door,
  topic: TopicName | undefined,
  done: (body: HeldBody) => void,
): void {
  readBody(exchange.request, door.limits, (read) => {
    if (read === 'gone') return;
    if (typeof read === 'string') refuseFault(exchange, door, topic, read);
    else keepUntilOpen(exchange, door, topic, read, done);
  });
}

/** Refuses a delivery whose body was not read. */
export function refuseFault(
  exchange: Exchange,
  { receiver }: Door,
  topic: TopicName | undefined,
  fault: Exclude<BodyFault, 'gone'>,
): void {
  const [status, retryAfter] = faultAnswers[fault];
  if (receiver) receiver.refuse(exchange, status, fault, topic, retryAfter);
  else exchange.refuse(status, retryAfter);
}

const faultAnswers = { too_large: [413], too_slow: [408], no_room: [503, soon] } as const;

function keepUntilOpen(
  exchange: Exchange,
  door: Door,
  topic: TopicName | undefined,
  body: HeldBody,
  done: (body: HeldBody) => void,
): void {
  if (door.receiver?.isReady) return done(body);
  const takeBack = door.whenOpen(() => {
    body.onDropped = undefined;
    done(body);
  });
  body.onDropped = () => {
    takeBack();
    refuseFault(exchange, door, topic, 'no_room');
  };
}

/** A body that others have read. */
function heldBody(body: Buffer): HeldBody {
  const kept = bodyMemory.open(body.length);
  kept.append(body);
  return kept;
}
