import type { NodeAPI, NodeMessage } from 'node-red';
import type { Rejection, WebhookEvent } from '../../lib/webhook/event';
import type { Exchange } from '../../lib/webhook/exchange';

/**
 * The message of an event. It has no `headers`: core http response and http request would send them on.
 * @param exchange where the flow answers: then the message carries what core http response needs
 */
export function webhookMessage(RED: NodeAPI, event: WebhookEvent, exchange?: Exchange): NodeMessage {
  const { payload, ...about } = event;
  const msg: NodeMessage & Record<string, unknown> = { _msgid: RED.util.generateId(), payload };
  if (event.topic) msg.topic = event.topic;
  msg.onegevity = about;
  if (exchange) {
    msg.req = exchange.request;
    msg.res = { _res: exchange.guarded() };
  }
  return msg;
}

/** @param suppressed how many rejections before this one were not reported */
export function rejectionMessage(rejection: Rejection, suppressed: number): NodeMessage {
  return { payload: { ...rejection, suppressed } };
}
