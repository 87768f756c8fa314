import type { Node, NodeAPI, NodeMessage } from 'node-red';
import type { OnegevityError } from '../../lib/api/errors';
import { translated } from './config-node';
import { type FlowMessage, setError } from './message';

/** What a node shows of the messages on their way through it. */
export interface MessageStatus {
  started?(): void;
  succeeded(): void;
  failed(error: OnegevityError): void;
}

export type Send = (msg: NodeMessage | (NodeMessage | null)[]) => void;

/**
 * Hands each message to `handle`. Whatever becomes of it, `done` is called once, and nothing throws asynchronously;
 * a failure is translated, and set on the message for a Catch node to branch on.
 */
export function onMessage(
  RED: NodeAPI,
  node: Node,
  status: MessageStatus,
  handle: (msg: FlowMessage, send: Send) => Promise<void>,
): void {
  node.on('input', (msg, send, done) => {
    const message = msg as FlowMessage;
    status.started?.();
    handle(message, send)
      .then(() => {
        status.succeeded();
        done();
      })
      .catch((fault: unknown) => {
        const error = translated(RED, fault);
        setError(message, error);
        status.failed(error);
        done(error);
      });
  });
}
