import type { IncomingMessage, ServerResponse } from 'node:http';
import type { TopicName } from '../../generated/topics';
import { readBody } from './body';
import { encodingOf } from './encoding';
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
  const { maxBody } = receiver.options;
  if (encodingOf(request.headers['content-encoding']) === undefined) {
    return receiver.refuse(exchange, 415, 'unsupported_encoding', topic);
  }
  if (body) {
    if (body.length > maxBody) return receiver.refuse(exchange, 413, 'too_large', topic);
    return receiver.receive({ body, topic }, exchange);
  }
  readBody(request, receiver.options, (read) => {
    if (read === 'gone') return;
    if (read === 'too_large') return receiver.refuse(exchange, 413, read, topic);
    if (read === 'too_slow') return receiver.refuse(exchange, 408, read, topic);
    if (door.receiver?.isReady) return door.receiver.receive({ body: read, topic }, exchange);
    // A deploy came in between.
    door.whenOpen(() => {
      if (door.receiver) door.receiver.receive({ body: read, topic }, exchange);
      else exchange.refuse(503, 5);
    });
  });
}
