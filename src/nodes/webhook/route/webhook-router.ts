import type { NodeAPI } from 'node-red';
import { type TopicName, topics } from '../../../generated/topics';
import { normalisePath, pathKey, pathPattern, type Routing } from '../../../lib/webhook/path';
import { onFlowsStarted, onFlowsStopped } from '../../shared/flow-state';
import { Endpoint, type EndpointOwner } from './endpoint';
import {
  addedLayers,
  type App,
  isExpress4,
  type Layer,
  matches,
  mountBeside,
  prefixesOf,
  removeLayer,
  rootOf,
  stackOf,
  takesPost,
} from './express';
import { FastPath } from './fast-path';
import { captureState, type CapturedRequest, captureHandler, methodNotAllowed } from './capture';
import { routeHandlers } from './handlers';

export type ClaimFault = 'bad_path' | 'path_in_use' | 'unsupported_server';

export interface RouteMatch {
  endpoint: Endpoint;
  topic: TopicName | undefined;
}

/** Where Node-RED's admin API answers POST: a capture must never touch those. */
const adminPaths =
  /^\/(?:auth|comms|context|credentials|debug|diagnostics|flows?|icons|inject|library|locales|nodes|plugins|projects|resources|settings|theme|types|vendor)(?:\/|$)/i;

/** Our layers on the root app. */
interface Installed {
  root: App;
  /** At the top, before any body parser. */
  capture: Layer;
  /** At the end, for other methods. */
  last: Layer;
}

/** The HTTP side of one Node-RED: which paths are received, and the places in Express where that is done. */
export class WebhookRouter {
  /** By the key of their path below Node-RED's root. */
  readonly #targets = new Map<string, RouteMatch>();
  readonly #endpoints = new Map<Endpoint, Layer>();
  readonly #capture = captureHandler(this);
  readonly #last = methodNotAllowed();
  readonly #fastPath: FastPath;
  #installed: Installed | undefined;
  /** Called after each deploy, by nodes whose path was taken. */
  readonly #retries = new Set<() => void>();

  constructor(
    private readonly RED: NodeAPI,
    private readonly httpNode: App,
  ) {
    this.#fastPath = new FastPath(RED, httpNode);
  }

  /** Body parsers of Express 5 do not see that a body is spoken for, so there it is read before them. */
  get needsEagerRead(): boolean {
    return !isExpress4(rootOf(this.httpNode));
  }

  get routing(): Routing {
    return {
      caseSensitive: this.httpNode.enabled('case sensitive routing'),
      strict: this.httpNode.enabled('strict routing'),
    };
  }

  /** Serves a path, until {@link Endpoint.detach}. */
  claim(path: unknown, owner: EndpointOwner): Endpoint | ClaimFault {
    const endpoint = this.#place(path);
    if (!(endpoint instanceof Endpoint)) return endpoint;
    endpoint.attach(owner);
    this.#detectConflict(endpoint);
    return endpoint;
  }

  /** Asks deliveries to a path to come again, while the flows with its node are stopped. */
  holdWhileStopped(path: string): void {
    const normal = normalisePath(path);
    // Of two whose paths overlap, only the first one would get anything: it keeps its place.
    if (normal === undefined || pathsOf(normal).some(({ path: full }) => this.#isOfAnother(full, normal)))
      return;
    const endpoint = this.#place(normal);
    if (endpoint instanceof Endpoint) endpoint.stop();
  }

  #isOfAnother(full: string, path: string): boolean {
    const endpoint = this.#targets.get(this.#key(full))?.endpoint;
    return endpoint !== undefined && endpoint.path !== path;
  }

  /** @returns the endpoint of a path, which is free */
  #place(path: unknown): Endpoint | ClaimFault {
    const normal = normalisePath(path);
    if (normal === undefined) return 'bad_path';
    if (!this.#install()) return 'unsupported_server';
    const known = [...this.#endpoints.keys()].find((endpoint) => endpoint.path === normal);
    if (known && !known.owner) return known;
    const paths = pathsOf(normal);
    for (const { path: full } of paths) {
      const taken = this.#targets.get(this.#key(full))?.endpoint;
      if (taken?.owner || this.#isAdmin(full)) return 'path_in_use';
      taken?.release();
    }
    const pattern = pathPattern(normal, this.routing);
    const endpoint: Endpoint = new Endpoint(normal, pattern, () => this.#remove(endpoint));
    const reached = (request: CapturedRequest): void => this.#reached(request, endpoint);
    const [layer] = addedLayers(this.httpNode, () =>
      this.httpNode.post(pattern, ...routeHandlers(this.RED, endpoint, reached)),
    );
    if (!layer?.route) return 'unsupported_server';
    this.#endpoints.set(endpoint, layer);
    for (const { path: full, topic } of paths) this.#targets.set(this.#key(full), { endpoint, topic });
    return endpoint;
  }

  /** @returns a function that ends the retries */
  onFlowsStarted(retry: () => void): () => void {
    this.#retries.add(retry);
    return () => this.#retries.delete(retry);
  }

  /** The path at which an endpoint is reached, with Node-RED's root. */
  urlPath({ path }: Endpoint): string {
    return (prefixesOf(this.httpNode)[0] ?? '') + path;
  }

  /** @param path below Node-RED's root, as Express sees it */
  find(path: string): RouteMatch | undefined {
    const target = this.#targets.get(this.#key(path));
    // The pattern that Express has decides, so that the two always agree.
    return target?.endpoint.pattern.test(path) ? target : undefined;
  }

  /** @returns where a POST to a URL may be answered at once */
  shortcut(url: string): RouteMatch | undefined {
    const target = this.#fastPath.find(url);
    if (!target) return undefined;
    const { owner, blocked } = target.endpoint;
    return owner?.fast && owner.receiver.isReady && !blocked ? target : undefined;
  }

  /** To be called when a deploy is complete: what nobody opened again is removed, and other routes are looked for. */
  flowsStarted(): void {
    for (const endpoint of [...this.#endpoints.keys()]) {
      if (!endpoint.owner) endpoint.release();
      else this.#detectConflict(endpoint);
    }
    for (const retry of [...this.#retries]) retry();
  }

  /** To be called when the flows are stopped and not started again. */
  flowsStopped(): void {
    for (const endpoint of this.#endpoints.keys()) endpoint.stop();
  }

  /** Moves the handler that answers 405 behind whatever else might serve a method. */
  moveToEnd(): void {
    if (!this.#installed) return;
    const { root, last } = this.#installed;
    const stack = stackOf(root);
    if (!stack || stack.at(-1) === last) return;
    removeLayer(root, last);
    stack.push(last);
  }

  #key(path: string): string {
    return pathKey(path || '/', this.routing);
  }

  /** A request has come to an endpoint's route through Express. */
  #reached(request: CapturedRequest, endpoint: Endpoint): void {
    const { originalUrl, [captureState]: note } = request;
    const route = this.#endpoints.get(endpoint);
    const capture = this.#installed?.capture;
    if (note?.target.endpoint !== endpoint || !endpoint.owner?.fast) return;
    if (originalUrl === undefined || !route || !capture) return;
    this.#fastPath.learn(originalUrl, note.path, note.target, { capture, route });
  }

  get #admin(): App | undefined {
    const admin: unknown = this.RED.httpAdmin;
    return typeof admin === 'function' ? (admin as App) : undefined;
  }

  /** @param path below Node-RED's root */
  #isAdmin(path: string): boolean {
    const admin = this.#admin;
    if (!admin || rootOf(admin) !== rootOf(this.httpNode)) return false;
    return prefixesOf(this.httpNode).some((prefix) => {
      const full = (prefix + path).toLowerCase();
      return prefixesOf(admin).some((start) => {
        return full.startsWith(start.toLowerCase()) && adminPaths.test(full.slice(start.length));
      });
    });
  }

  /**
   * Puts the capture at the top of the root app, and the 405 at its end. A host may mount Node-RED's app only after
   * the flows have started: then they move to the app that is the root now.
   */
  #install(): boolean {
    const root = rootOf(this.httpNode);
    const old = this.#installed;
    if (old?.root === root && stackOf(root)?.includes(old.capture)) return true;
    for (const layer of [old?.capture, old?.last]) removeLayer(old?.root ?? root, layer);
    this.#installed = undefined;
    const [capture, ...others] = addedLayers(root, () => mountBeside(this.httpNode, this.#capture));
    const [last, ...more] = addedLayers(root, () => root.use(this.#last));
    const stack = stackOf(root);
    if (!stack || !capture || !last || others.length > 0 || more.length > 0) {
      for (const layer of [capture, last, ...others, ...more]) removeLayer(root, layer);
      return false;
    }
    removeLayer(root, capture);
    stack.unshift(capture);
    this.#installed = { root, capture, last };
    return true;
  }

  /** Looks for another route on the endpoint's paths. */
  #detectConflict(endpoint: Endpoint): void {
    const own = new Set(this.#endpoints.values());
    const foreign = stackOf(this.httpNode)?.some(
      (layer) =>
        layer.route &&
        !own.has(layer) &&
        takesPost(layer) &&
        pathsOf(endpoint.path).some(({ path }) => matches(layer, path || '/')),
    );
    if (endpoint.blocked === (foreign === true)) return;
    endpoint.blocked = foreign === true;
    endpoint.owner?.onBlocked(endpoint.blocked);
  }

  #remove(endpoint: Endpoint): void {
    for (const [key, target] of this.#targets) if (target.endpoint === endpoint) this.#targets.delete(key);
    this.#fastPath.forget();
    removeLayer(this.httpNode, this.#endpoints.get(endpoint));
    this.#endpoints.delete(endpoint);
  }
}

/** The paths of an endpoint and of its topics. */
function pathsOf(path: string): { path: string; topic: TopicName | undefined }[] {
  const topicPaths = topics.map(({ name }) => ({ path: `${path}/${name}`, topic: name }));
  return [{ path, topic: undefined }, ...topicPaths];
}

const routers = new WeakMap<App, WebhookRouter>();

/** @returns the host of this Node-RED, or undefined where `httpNodeRoot` is false */
export function webhookRouterOf(RED: NodeAPI): WebhookRouter | undefined {
  const httpNode = RED.httpNode as unknown as App | undefined;
  const { httpNodeRoot } = RED.settings as unknown as { httpNodeRoot?: unknown };
  if (httpNodeRoot === false || typeof httpNode !== 'function') return undefined;
  let router = routers.get(httpNode);
  if (!router) {
    const created = new WebhookRouter(RED, httpNode);
    router = created;
    routers.set(httpNode, created);
    onFlowsStarted(RED, () => created.flowsStarted());
    onFlowsStopped(RED, () => created.flowsStopped());
  }
  return router;
}
