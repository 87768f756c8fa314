import type { Node, NodeAPI, NodeMessage } from 'node-red';
import type { OnegevityError } from '../../lib/errors';
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
 * @param turn awaited before a message is sent on, as it is before an error is reported. With `msg.complete` it resolves once all that came before have left
 *   the node or failed: a join closes its group on that message's arrival, so it must overtake none.
 */
export type Handle = (msg: FlowMessage, send: Send, turn: () => Promise<void>) => Promise<void>;

/**
 * Hands each message to `handle`. Whatever becomes of it, `done` is called once, and nothing throws asynchronously;
 * a failure is translated, and set on the message for a Catch node to branch on.
 */
export function onMessage(RED: NodeAPI, node: Node, status: MessageStatus, handle: Handle): void {
  const underWay = new Set<Promise<void>>();
  node.on('input', (msg, send, done) => {
    const message = msg as FlowMessage;
    status.started?.();
    const before = 'complete' in message ? [...underWay] : [];
    const turn = async (): Promise<void> => void (await Promise.all(before));
    const settled: Promise<void> = handle(message, send, turn)
      .then(() => {
        status.succeeded();
        done();
      })
      .catch(async (fault: unknown) => {
        // A Catch node may hand the message to the same join.
        await turn();
        const error = translated(RED, fault);
        setError(message, error);
        status.failed(error);
        done(error);
      })
      .finally(() => underWay.delete(settled));
    underWay.add(settled);
  });
}
