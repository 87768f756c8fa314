import type { Node, NodeAPI, NodeDef } from 'node-red';
import type { ApiClient, ApiResponse, CallOptions } from '../../lib/api/client';
import { textOf } from '../../lib/onegevity/environments';
import { OnegevityError } from '../../lib/errors';
import { asObject } from '../../lib/http/response';
import { ConfigLink } from '../shared/config-link';
import { type FlowMessage, requireOutput, setResult } from '../shared/message';
import { onMessage, type Send } from '../shared/on-message';
import { CallStatus } from '../shared/status';

export interface CallNodeDef extends NodeDef {
  config?: string;
  /** Message property that takes the result; default `payload`. */
  output?: string;
}

/** What marks a message as one of a list; without `parts`, as the whole of it. */
export interface ListPart {
  page: object;
  parts?: object;
}

/** One message's way through a call. */
export interface Call {
  msg: FlowMessage;
  client: ApiClient;
  options: CallOptions;
  /** Sends a message with a result on: once, or by a list several times, each with its part. */
  emit(result: ApiResponse, part?: ListPart): void;
  /** Notes on the incoming message, for a Catch node, the part of the list that could not be sent. */
  failPart(part: Required<ListPart>): void;
  /** An id that no other group of messages has. */
  newId(): string;
}

export interface PreparedCall {
  operation: string;
  params: Record<string, unknown>;
  run(call: Call): Promise<void>;
}

/** What a kind of node does with a message: reads and checks everything, and says what is to be called. */
export type Prepare = (msg: FlowMessage) => Promise<PreparedCall>;

/**
 * Wires a node that turns a message into a call: configuration, status, `send` and exactly one `done`.
 * @param prepare throws an OnegevityError before anything is sent
 * @param scopes that its calls need
 */
export function createCallNode(
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

  const handle = async (msg: FlowMessage, send: Send, turn: () => Promise<void>): Promise<void> => {
    await link.use();
    requireOutput(RED, msg, output);
    const prepared = await prepare(msg);
    const config = await link.use();
    const client = await config.client();
    if (closed) throw new OnegevityError('aborted');
    used = client;
    let whole: FlowMessage | undefined;
    const emit: Call['emit'] = (result, part) => {
      const { page, parts } = part ?? {};
      // A list sends copies, since what receives the first may change it before the second is made.
      const out = parts ? partOf(RED, msg, parts) : msg;
      setResult(RED, out, output, result, {
        operation: prepared.operation,
        environment: config.environment ?? '',
        params: { ...prepared.params },
        ...(result.requestId ? { requestId: result.requestId } : {}),
        ...(page ? { page } : {}),
      });
      if (parts) send(out);
      else whole = out;
    };
    const failPart: Call['failPart'] = ({ page, parts }) => {
      msg.onegevity = { ...asObject(msg.onegevity), page: { ...page, parts: stacked(msg, parts) } };
    };
    const newId = () => RED.util.generateId();
    await prepared.run({ msg, client, options: optionsOf(msg, status, node), emit, failPart, newId });
    if (!whole) return;
    await turn();
    send(whole);
  };

  // A deploy may replace this node and leave the config node, and so its client, as it is.
  node.on('close', () => {
    closed = true;
    used?.cancel(node);
    status.close();
  });
  onMessage(RED, node, status, handle);
}

/** A copy of the message for one part of a list. */
function partOf(RED: NodeAPI, msg: FlowMessage, parts: object): FlowMessage {
  const out = RED.util.cloneMessage(msg);
  // As core split does: core batch names its groups by this id.
  delete (out as Partial<FlowMessage>)._msgid;
  // They spoke of the group that the incoming message is part of. Here they would close this one at its first message, or
  // make join, batch and sort forget it at each.
  delete out.complete;
  delete out.reset;
  out.parts = stacked(msg, parts);
  return out;
}

/** As core split does: what the message was part of before is kept for a second join. */
function stacked(msg: FlowMessage, parts: object): object {
  return msg.parts ? { ...parts, parts: msg.parts } : parts;
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
