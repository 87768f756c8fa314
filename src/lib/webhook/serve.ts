import type { IncomingMessage, ServerResponse } from 'node:http';
import type { TopicName } from '../../generated/topics';
import { readBody } from './body';
import { encodingOf } from '../api/encoding';
import { Exchange } from './exchange';
import type { Receiver } from './receiver';

/** Where the deliveries to a path go. The receiver behind it may change while a delivery is read. */
export interface Door {
  readonly receiver: Receiver | undefined;
  /** Calls back once there is a receiver that is ready, or none will come. */
  whenOpen(done: () => void): void;
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
  body?: Buffer,
): void {
  const exchange = new Exchange(request, response);
  const { receiver } = door;
  if (!receiver) return exchange.refuse(503, 5);
  const encoding = encodingOf(request.headers['content-encoding']);
  if (encoding === undefined) return receiver.refuse(exchange, 415, 'unsupported_encoding', topic);
  const receive = (bytes: Buffer): void => {
    const proceed = (): void => {
      if (door.receiver) door.receiver.receive({ body: bytes, encoding, topic }, exchange);
      else exchange.refuse(503, 5);
    };
    if (door.receiver?.isReady) proceed();
    // A deploy came in between, or the secret is not known yet: nothing can be verified without it.
    else door.whenOpen(proceed);
  };
  if (body) {
    if (body.length > receiver.options.maxBody) return receiver.refuse(exchange, 413, 'too_large', topic);
    return receive(body);
  }
  readBody(request, receiver.options, (read) => {
    if (read === 'gone') return;
    if (read === 'too_large') return receiver.refuse(exchange, 413, read, topic);
    if (read === 'too_slow') return receiver.refuse(exchange, 408, read, topic);
    receive(read);
  });
}
