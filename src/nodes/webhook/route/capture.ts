import type { ServerResponse } from 'node:http';
import { type BodyFault, readBody } from '../../../lib/webhook/body';
import type { HeldBody } from '../../../lib/webhook/body-memory';
import { Exchange } from '../../../lib/webhook/exchange';
import { pathnameOf } from '../../../lib/webhook/path';
import { readUntilAvailable, handleDelivery } from '../../../lib/webhook/http-handler';
import type { Handler, Next, Request } from './express';
import { RETRY_AFTER_S } from './endpoint';
import type { WebhookRouter, RouteMatch } from './webhook-router';

/** What the capture tells the handlers after it about a request. */
export const captureState = Symbol('onegevity capture');

export interface CapturedRequest extends Request {
  [captureState]?: {
    target: RouteMatch;
    /** The path below Node-RED's root. */
    path: string;
    /** Where the capture read it itself. */
    body?: HeldBody | Exclude<BodyFault, 'gone'>;
  };
}

/**
 * The handler at the top of the root app. It keeps every body parser away from a delivery's bytes, or answers the
 * delivery right away; requests to other paths pass untouched.
 */
export function captureHandler(router: WebhookRouter): Handler {
  return function onegevityCapture(request: CapturedRequest, response, next) {
    if (request.method === 'POST') {
      const known = router.shortcut(request.originalUrl ?? '');
      if (known) return handleDelivery(request, response, known.topic, known.endpoint);
    }
    const path = pathnameOf(request.url ?? '');
    const target = path === undefined ? undefined : router.find(path);
    if (path === undefined || !target || target.endpoint.blocked) return next();
    request[captureState] = { target, path };
    if (request.method !== 'POST') {
      router.moveToEnd();
      return next();
    }
    const { endpoint, topic } = target;
    if (endpoint.receiver?.isReady || endpoint.isStopped)
      return bypassParsers(router, request, response, next);
    // A deploy is under way, or the secret is not known yet.
    if (isTaken(request)) return void endpoint.onAvailable(next);
    const exchange = new Exchange(request, response);
    readUntilAvailable(exchange, endpoint, topic, (body) => {
      if (endpoint.owner && !endpoint.blocked) return handOn(request, response, body, next);
      body.release();
      exchange.reject(503, RETRY_AFTER_S.deploy);
    });
  };
}

/** Leaves a delivery to the ordinary route, with its bytes safe. */
function bypassParsers(
  router: WebhookRouter,
  request: CapturedRequest,
  response: ServerResponse,
  next: Next,
): void {
  const note = request[captureState];
  if (!note || isTaken(request)) return next();
  const { endpoint } = note.target;
  if (!router.needsEagerRead || endpoint.isStopped) {
    keepFromParsers(request);
    return next();
  }
  readBody(request, endpoint.limits, (body) => {
    if (body === 'gone') return;
    handOn(request, response, body, next);
  });
}

/** Whether somebody else reads the body. */
function isTaken(request: CapturedRequest): boolean {
  return request._body === true || request.readableDidRead;
}

function handOn(
  request: CapturedRequest,
  response: ServerResponse,
  body: HeldBody | Exclude<BodyFault, 'gone'>,
  next: Next,
): void {
  keepFromParsers(request);
  const note = request[captureState];
  if (note) note.body = body;
  if (typeof body !== 'string') {
    // Whatever becomes of the request on its way: a middleware may end it, or the client.
    if (response.destroyed) return body.release();
    response.once('close', () => body.release());
    request.body = body.bytes();
  }
  next();
}

function keepFromParsers(request: CapturedRequest): void {
  request._body = true;
  request.skipRawBodyParser = true;
}

/** The handler at the end of the root app: nothing else serves this method on a path of ours. */
export function methodNotAllowed(): Handler {
  return function onegevityOtherMethods(request: CapturedRequest, response, next) {
    const endpoint = request.method === 'POST' ? undefined : request[captureState]?.target.endpoint;
    if (!endpoint?.owner || endpoint.blocked) return next();
    new Exchange(request, response).reject(405, undefined, 'POST');
  };
}
