import type { Node } from 'node-red';
import { OnegevityError } from '../../lib/errors';

interface Flow {
  /** Hands an error to Catch nodes. @returns whether one took it */
  handleError(node: Node, error: unknown, msg: object): boolean;
}

/**
 * Logs an error that no Catch node takes as the sentence that it is. Node-RED logs the object: its debug sidebar folds
 * that up to `OnegevityError: "The request was st…"` with a stack, which tells a flow's author nothing. Catch nodes get
 * the error itself, and so its code.
 */
export function logSentences(node: Node): void {
  const log = node.error.bind(node);
  node.error = (fault: unknown, msg?: object): void => {
    const flow = (node as Node & { _flow?: Partial<Flow> })._flow;
    if (!(fault instanceof OnegevityError) || !msg || !flow?.handleError) return log(fault, msg as never);
    if (!flow.handleError(node, fault, msg)) log(fault.message);
  };
}
