import { type BodyFault, readBody } from '../../../lib/webhook/body';
import { Exchange } from '../../../lib/webhook/exchange';
import { serve } from '../../../lib/webhook/serve';
import type { Handler, Next, Request } from './express';
import type { Host, Target } from './host';

/** What the capture tells the route about a request. */
export const captured = Symbol('onegevity capture');

export interface CapturedRequest extends Request {
  [captured]?: {
    key: string;
    /** Where the capture read it itself. */
    body?: Buffer | BodyFault;
  };
}

/**
 * The handler at the top of the root app. It keeps every body parser away from a delivery's bytes, or answers the
 * delivery right away; requests to other paths pass untouched.
 */
export function captureOf(host: Host): Handler {
  return function onegevityCapture(request, response, next) {
    const target = host.find(request.url ?? '');
    if (!target || target.endpoint.blocked) return next();
    if (request.method !== 'POST') {
      host.keepLast();
      return next();
    }
    const { endpoint } = target;
    const proceed = (): void => {
      const { tenant } = endpoint;
      if (!tenant || endpoint.blocked) next();
      else if (tenant.fast && host.isFast(endpoint) && endpoint.proved.has(target.key)) {
        serve(request, response, target.topic, endpoint);
      } else spare(host, request, target, next);
    };
    if (endpoint.receiver?.isReady) proceed();
    else endpoint.whenOpen(proceed);
  };
}

/** Leaves a delivery to the ordinary route, with its bytes safe. */
function spare(host: Host, request: CapturedRequest, { endpoint, key }: Target, next: Next): void {
  const note: NonNullable<CapturedRequest[typeof captured]> = (request[captured] = { key });
  if (request._body || request.readableDidRead) return next();
  request._body = true;
  request.skipRawBodyParser = true;
  if (!host.readsFirst || !endpoint.receiver) return next();
  readBody(request, endpoint.receiver.options, (body) => {
    if (body === 'gone') return;
    note.body = body;
    if (typeof body !== 'string') request.body = body;
    next();
  });
}

/** The handler at the end of the root app: nothing else serves this method on a path of ours. */
export function otherMethodsOf(host: Host): Handler {
  return function onegevityOtherMethods(request, response, next) {
    const target = request.method === 'POST' ? undefined : host.find(request.url ?? '');
    if (!target?.endpoint.tenant || target.endpoint.blocked) return next();
    new Exchange(request, response).refuse(405, undefined, 'POST');
  };
}
