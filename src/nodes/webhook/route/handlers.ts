import type { ServerResponse } from 'node:http';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { NodeAPI } from 'node-red';
import { topicNamed } from '../../../lib/webhook/topic-resolver';
import { Exchange } from '../../../lib/webhook/exchange';
import type { HeldBody } from '../../../lib/webhook/body-memory';
import { handleDelivery, rejectFault } from '../../../lib/webhook/http-handler';
import { type Endpoint, RETRY_AFTER_S } from './endpoint';
import type { ErrorHandler, Handler, Next } from './express';
import { captureState, type CapturedRequest } from './capture';

interface Settings {
  coreNodesDir?: string;
  httpNodeMiddleware?: Handler | readonly Handler[];
  httpNodeCors?: unknown;
}

/**
 * The handlers of an endpoint's ordinary route, in the order in which core http in has them: what the user's
 * settings ask for on every route of flows, and then ours.
 * @param onReached told of each request that came as far as ours
 * @throws Error where a package that Node-RED itself uses for this cannot be found
 */
export function routeHandlers(
  RED: NodeAPI,
  endpoint: Endpoint,
  onReached: (request: CapturedRequest) => void,
): (Handler | ErrorHandler | readonly Handler[])[] {
  const { httpNodeMiddleware, httpNodeCors, coreNodesDir } = RED.settings as unknown as Settings;
  // Node-RED's own copies, so that they do here exactly what they do for core http in.
  const core = createRequire(join(coreNodesDir ?? __dirname, 'core', 'network', 'http.js'));
  const usable = typeof httpNodeMiddleware === 'function' || Array.isArray(httpNodeMiddleware);
  return [
    skipWhenBlocked(endpoint),
    ...(usable ? [(core('cookie-parser') as () => Handler)(), httpNodeMiddleware] : []),
    ...(httpNodeCors ? [(core('cors') as (options: unknown) => Handler)(httpNodeCors)] : []),
    receive(endpoint, onReached),
    failed(endpoint),
  ];
}

/**
 * Leaves the whole route, also what the settings add to it, to the other route on the path. A delivery that a deploy
 * overtook on its way through Express waits for the new node.
 */
function skipWhenBlocked(endpoint: Endpoint): Handler {
  return (_request, _response, next) => {
    const isGone = (): boolean => !endpoint.owner && !endpoint.isStopped;
    const proceed = (): void => next(endpoint.blocked || isGone() ? 'route' : undefined);
    if (!isGone()) proceed();
    else endpoint.onAvailable(proceed);
  };
}

function receive(endpoint: Endpoint, onReached: (request: CapturedRequest) => void): Handler {
  const handle: Handler = (request: CapturedRequest, response, next) => {
    const { owner } = endpoint;
    const exchange = new Exchange(request, response);
    if (endpoint.isStopped) return exchange.reject(503, RETRY_AFTER_S.stopped);
    // Gone in an asynchronous middleware of the user's: as good as in the deploy itself.
    if (!owner) {
      return void endpoint.onAvailable(() =>
        endpoint.owner || endpoint.isStopped ? handle(request, response, next) : next('route'),
      );
    }
    const topic = topicNamed(request.params?.['0']?.toLowerCase());
    onReached(request);
    if (owner.metric) measure(response, owner.metric);
    const body = bytesOf(request);
    if (typeof body === 'object') return handleDelivery(request, response, topic, endpoint, body);
    if (body === 'unread') return handleDelivery(request, response, topic, endpoint);
    if (body !== 'consumed') return rejectFault(exchange, endpoint, topic, body);
    owner.receiver.reject(exchange, 500, 'body_consumed', topic);
    owner.onBodyConsumed();
  };
  return handle;
}

/** The request's bytes, wherever they are; never made again from what a parser left of them. */
function bytesOf(
  request: CapturedRequest,
): Buffer | HeldBody | 'unread' | 'consumed' | 'too_large' | 'too_slow' | 'no_room' {
  const read = request[captureState]?.body;
  if (read !== undefined) return read;
  if (Buffer.isBuffer(request.rawBody)) return request.rawBody;
  if (Buffer.isBuffer(request.body)) return request.body;
  return request.readableDidRead || request.readableEnded ? 'consumed' : 'unread';
}

/** The figures that core http in reports. */
function measure(response: ServerResponse, metric: (event: string, value: number) => void): void {
  const start = performance.now();
  response.once('finish', () => {
    metric('response.time.millis', Math.round((performance.now() - start) * 1000) / 1000);
    metric('response.content-length.bytes', Number(response.getHeader('content-length') ?? 0));
  });
}

function failed(endpoint: Endpoint): ErrorHandler {
  // Express knows an error handler by its four parameters.
  return (_error: unknown, request: CapturedRequest, response: ServerResponse, _next: Next) => {
    new Exchange(request, response).reject(500);
    endpoint.owner?.onMiddlewareError();
  };
}
