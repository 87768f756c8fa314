import type { Node, NodeAPI, NodeDef } from 'node-red';
import type { ApiClient, ApiResponse, CallOptions } from '../../lib/api/client';
import { textOf } from '../../lib/api/environments';
import { OnegevityError } from '../../lib/api/errors';
import { ConfigLink } from '../shared/config-link';
import { type FlowMessage, requireOutput, setResult } from '../shared/message';
import { onMessage } from '../shared/on-message';
import { CallStatus } from '../shared/status';

export interface CallNodeDef extends NodeDef {
  config?: string;
  /** Message property that takes the result; default `payload`. */
  output?: string;
}

/** What marks a message as one of a list. */
export interface ListPart {
  page: object;
  parts?: object;
  complete?: boolean;
}

/** One message's way through a call. */
export interface Call {
  msg: FlowMessage;
  client: ApiClient;
  options: CallOptions;
  /** Sends a message with a result on; may be called several times by a list, with its part. */
  emit(result: ApiResponse, part?: ListPart): void;
}

export interface Prepared {
  operation: string;
  params: Record<string, unknown>;
  run(call: Call): Promise<void>;
}

/** What a kind of node does with a message: reads and checks everything, and says what is to be called. */
export type Prepare = (msg: FlowMessage) => Promise<Prepared>;

/**
 * Wires a node that turns a message into a call: configuration, status, `send` and exactly one `done`.
 * @param prepare throws an OnegevityError before anything is sent
 * @param scopes that its calls need
 */
export function wireCallNode(
  RED: NodeAPI,
  node: Node,
  def: CallNodeDef,
  prepare: Prepare,
  scopes: readonly string[] = [],
): void {
  const link = new ConfigLink(RED, node, def.config, scopes);
  const status = new CallStatus(RED, node, link);
  const output = textOf(def.output) || 'payload';
  let used: ApiClient | undefined;
  let closed = false;
  link.onEach(() => {
    status.idle();
    return undefined;
  });

  const handle = async (msg: FlowMessage, send: (msg: FlowMessage) => void): Promise<void> => {
    await link.use();
    requireOutput(RED, msg, output);
    const prepared = await prepare(msg);
    const config = await link.use();
    const client = await config.client();
    if (closed) throw new OnegevityError('aborted');
    used = client;
    const emit: Call['emit'] = (result, part) => {
      // A list sends copies, since what receives the first may change it before the second is made.
      const out = part ? RED.util.cloneMessage(msg) : msg;
      const { page, parts, complete } = part ?? {};
      setResult(RED, out, output, result, {
        operation: prepared.operation,
        environment: config.environment ?? '',
        params: { ...prepared.params },
        ...(result.requestId ? { requestId: result.requestId } : {}),
        ...(page ? { page } : {}),
      });
      // As core split does: what the message was part of before is kept for a second join.
      if (parts) out.parts = out.parts ? { ...parts, parts: out.parts } : parts;
      if (complete !== undefined) out.complete = complete;
      send(out);
    };
    await prepared.run({ msg, client, options: optionsOf(msg, status, node), emit });
  };

  // A deploy may replace this node and leave the config node, and so its client, as it is.
  node.on('close', () => {
    closed = true;
    used?.cancel(node);
    status.close();
  });
  onMessage(RED, node, status, handle);
}

/** `msg.requestTimeout` in milliseconds, as in the core http request node; a bad value is ignored. */
function optionsOf(msg: FlowMessage, status: CallStatus, owner: object): CallOptions {
  const timeout = Number(msg.requestTimeout);
  return {
    ...(Number.isFinite(timeout) && timeout > 0 ? { timeout } : {}),
    onRetry: () => status.retrying(),
    owner,
  };
}
