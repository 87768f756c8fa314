import type { NodeAPI, NodeMessage } from 'node-red';
import { OnegevityError } from '../../lib/errors';
import { asObject } from '../../lib/http/response';

/** A message as it travels through a flow: anybody may have put anything on it. */
export type FlowMessage = NodeMessage & Record<string, unknown>;

/** The part of the message contract that this package writes: `msg.onegevity`. */
export interface Outcome {
  operation: string;
  environment: string;
  params: Record<string, unknown>;
  requestId?: string;
  page?: object;
}

/** Whether the webhook node made this message. */
export function isFromWebhook(msg: FlowMessage): boolean {
  return asObject(msg.onegevity)?.delivery !== undefined;
}

/** Sets what a message carries after a successful call; what other nodes put into `msg.onegevity` stays. */
export function setResult(
  RED: NodeAPI,
  msg: FlowMessage,
  output: string,
  result: { body: unknown; statusCode: number },
  outcome: Outcome,
): void {
  const { error, requestId, page, ...kept } = asObject(msg.onegevity) ?? {};
  msg.statusCode = result.statusCode;
  // A message that is still part of a list keeps what tells where in the list it stands.
  msg.onegevity = { ...kept, ...(page && msg.parts ? { page } : {}), ...outcome };
  // Last, so that a place within these is not written over.
  RED.util.setMessageProperty(msg, output, result.body, true);
}

/**
 * Makes sure that a result can be set: Node-RED sets nothing below a text or number, and says nothing of it.
 * @throws OnegevityError `bad_parameter`
 */
export function requireOutput(RED: NodeAPI, msg: FlowMessage, output: string): void {
  const bad = () => new OnegevityError('bad_parameter', { values: { name: 'output' } });
  let at: unknown = msg;
  for (const name of partsOf(RED, msg, output, bad).slice(0, -1)) {
    at = (at as Record<string | number, unknown>)[name];
    if (at === undefined) return;
    if (typeof at !== 'object' || at === null) throw bad();
  }
}

function partsOf(RED: NodeAPI, msg: FlowMessage, output: string, bad: () => Error): (string | number)[] {
  const util = RED.util as unknown as {
    normalisePropertyExpression(text: string, msg: object): (string | number)[];
  };
  try {
    return util.normalisePropertyExpression(output.replace(/^msg\./, ''), msg);
  } catch {
    throw bad();
  }
}

/** Sets what a Catch node's message carries, in `msg.onegevity.error` and `msg.statusCode`. */
export function setError(msg: FlowMessage, error: OnegevityError): void {
  const { code, statusCode, requestId, fieldErrors, globalErrors, retryAfter, outcome, retryable } = error;
  const present = Object.entries({ statusCode, requestId, fieldErrors, globalErrors, retryAfter }).filter(
    ([, value]) => value !== undefined,
  );
  if (statusCode === undefined) delete msg.statusCode;
  else msg.statusCode = statusCode;
  msg.onegevity = {
    ...asObject(msg.onegevity),
    error: { code, ...Object.fromEntries(present), outcome, retryable },
  };
}
