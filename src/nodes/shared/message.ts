import type { NodeAPI, NodeMessage } from 'node-red';
import type { OnegevityError } from '../../lib/api/errors';
import { asObject } from '../../lib/api/response';

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
  RED.util.setMessageProperty(msg, output, result.body, true);
  msg.statusCode = result.statusCode;
  msg.onegevity = { ...kept, ...outcome };
}

/** Sets what a Catch node's message carries, in `msg.onegevity.error` and `msg.statusCode`. */
export function setError(msg: FlowMessage, error: OnegevityError): void {
  const { code, statusCode, requestId, fieldErrors, globalErrors, retryAfter, outcome } = error;
  const present = Object.entries({ statusCode, requestId, fieldErrors, globalErrors, retryAfter }).filter(
    ([, value]) => value !== undefined,
  );
  if (statusCode === undefined) delete msg.statusCode;
  else msg.statusCode = statusCode;
  msg.onegevity = { ...asObject(msg.onegevity), error: { code, ...Object.fromEntries(present), outcome } };
}
