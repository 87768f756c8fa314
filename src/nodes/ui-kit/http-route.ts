import type { IncomingMessage, ServerResponse } from 'node:http';
import type { NodeAPI } from 'node-red';
import { OnegevityError } from '../../lib/errors';
import { addedLayers, type App, type Layer, removeLayer } from '../webhook/route/express';

export type Handler = (req: IncomingMessage, res: ServerResponse) => void;

interface Claim {
  path: string;
  /** Called with true once the path is this claim's. */
  onChange(serving: boolean): void;
}

/** Those who want a path, in the order of their coming; the first one has it. Keyed by the app, for tests. */
const claims = new WeakMap<object, Map<string, Claim[]>>();

/**
 * Serves `GET path` under Node-RED's HTTP node root, behind `httpNodeMiddleware`, for one node at a time: a second
 * one waits until the first is gone.
 * @param onChange told at once, and when it changes, whether the path is served for this node
 * @returns the removal
 */
export function serveGet(
  RED: NodeAPI,
  path: string,
  handler: Handler,
  onChange: (serving: boolean) => void,
): () => void {
  const app = RED.httpNode as unknown as App;
  const all = claims.get(app) ?? new Map<string, Claim[]>();
  claims.set(app, all);
  // Express matches whatever the case.
  const key = path.toLowerCase();
  const queue = all.get(key) ?? [];
  all.set(key, queue);

  // Known again by itself: tracing packages wrap the handler.
  let layers: Layer[] = [];
  const claim: Claim = {
    path,
    onChange: (serving) => {
      if (serving) {
        layers = addedLayers(app, () => void RED.httpNode.get(path, ...middleware(RED), handler as never));
      }
      onChange(serving);
    },
  };
  queue.push(claim);
  claim.onChange(queue[0] === claim);
  return () => {
    const wasFirst = queue[0] === claim;
    queue.splice(queue.indexOf(claim), 1);
    if (queue.length === 0) all.delete(key);
    if (!wasFirst) return;
    for (const layer of layers) removeLayer(app, layer);
    queue[0]?.onChange(true);
  };
}

/**
 * @returns the path with a slash before and none behind it
 * @throws OnegevityError `bad_route`
 */
export function routePath(value: string): string {
  const path = `/${value.trim().replace(/^\/+|\/+$/g, '')}`;
  if (path === '/' || !/^[\w\-./~]+$/.test(path) || /\/\.{0,2}(\/|$)/.test(path)) {
    throw new OnegevityError('bad_route');
  }
  return path;
}

function middleware(RED: NodeAPI): never[] {
  const { httpNodeMiddleware } = RED.settings as unknown as { httpNodeMiddleware?: unknown };
  return [httpNodeMiddleware].flat().filter((entry) => typeof entry === 'function') as never[];
}
