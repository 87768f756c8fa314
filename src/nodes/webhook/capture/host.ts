import type { NodeAPI } from 'node-red';
import { type TopicName, topics } from '../../../generated/topics';
import { normalisePath, pathKey, pathOfTarget, pathPattern, type Routing } from '../../../lib/webhook/path';
import { onFlowsStarted } from '../../shared/flows-started';
import { Endpoint, type Tenant } from './endpoint';
import { type App, isExpress4, type Layer, prefixesOf, rootOf, stackOf } from './express';
import { captureOf, otherMethodsOf } from './middleware';
import { routeHandlers } from './route';
import { fastAllowed } from './fast';

export type ClaimFault = 'bad_path' | 'path_in_use' | 'unsupported_server';

export interface Target {
  endpoint: Endpoint;
  topic: TopicName | undefined;
  key: string;
}

/** Where Node-RED's admin API answers POST: a capture must never touch those. */
const adminPaths =
  /^\/(?:auth|comms|context|credentials|debug|diagnostics|flows?|icons|inject|library|locales|nodes|plugins|projects|resources|settings|theme|types|vendor)(?:\/|$)/i;

/** The HTTP side of one Node-RED: which paths are received, and the places in Express where that is done. */
export class Host {
  readonly #targets = new Map<string, Target>();
  readonly #endpoints = new Map<Endpoint, Layer>();
  readonly #root: App;
  readonly #capture = captureOf(this);
  readonly #last = otherMethodsOf(this);
  /** Called after each deploy, by nodes whose path was taken. */
  readonly #retries = new Set<() => void>();
  #layers = -1;

  constructor(
    private readonly RED: NodeAPI,
    private readonly httpNode: App,
  ) {
    this.#root = rootOf(httpNode);
  }

  get root(): App {
    return this.#root;
  }

  /** Body parsers of Express 5 do not see that a body is spoken for, so there it is read before them. */
  get readsFirst(): boolean {
    return !isExpress4(this.#root);
  }

  get routing(): Routing {
    return {
      caseSensitive: this.httpNode.enabled('case sensitive routing'),
      strict: this.httpNode.enabled('strict routing'),
    };
  }

  /** Serves a path, until {@link Endpoint.leave}. */
  claim(path: unknown, tenant: Tenant): Endpoint | ClaimFault {
    const normal = normalisePath(path);
    if (normal === undefined) return 'bad_path';
    if (!this.#install()) return 'unsupported_server';
    const paths = this.#pathsOf(normal);
    const known = [...this.#endpoints.keys()].find((endpoint) => endpoint.path === normal);
    if (known && !known.tenant) {
      known.open(tenant);
      this.#watch(known);
      return known;
    }
    for (const { key } of paths) {
      const taken = this.#targets.get(key)?.endpoint;
      if (taken?.tenant || this.#isAdmin(key)) return 'path_in_use';
      taken?.abandon();
    }
    const endpoint: Endpoint = new Endpoint(normal, () => this.#remove(endpoint));
    this.httpNode.post(pathPattern(normal, this.routing), ...routeHandlers(this.RED, endpoint));
    const layer = stackOf(this.httpNode)?.at(-1);
    if (!layer?.route) return 'unsupported_server';
    this.#endpoints.set(endpoint, layer);
    for (const { key, topic } of paths) this.#targets.set(key, { endpoint, topic, key });
    endpoint.open(tenant);
    this.#watch(endpoint);
    return endpoint;
  }

  /** @returns a function that ends the retries */
  onSettled(retry: () => void): () => void {
    this.#retries.add(retry);
    return () => this.#retries.delete(retry);
  }

  /** The path at which an endpoint is reached, with Node-RED's root. */
  urlPath({ path }: Endpoint): string {
    return (prefixesOf(this.httpNode)[0] ?? '') + path;
  }

  find(target: string): Target | undefined {
    const found = this.#targets.get(target);
    if (found) return found;
    const path = pathOfTarget(target);
    return path === undefined ? undefined : this.#targets.get(pathKey(path, this.routing) || '/');
  }

  /** To be called when a deploy is complete: what nobody opened again is removed, and other routes are looked for. */
  settle(): void {
    for (const endpoint of [...this.#endpoints.keys()]) {
      if (!endpoint.tenant) endpoint.abandon();
      else this.#watch(endpoint);
    }
    for (const retry of [...this.#retries]) retry();
  }

  /** Whether nothing that a request must pass stands between the server and an endpoint's route. */
  isFast(endpoint: Endpoint): boolean {
    const count = this.#countLayers();
    if (count !== this.#layers) {
      this.#layers = count;
      for (const known of this.#endpoints.keys()) this.#look(known);
    }
    return endpoint.fast;
  }

  /** Moves the handler that answers 405 behind whatever else might serve a method. */
  keepLast(): void {
    const stack = stackOf(this.#root);
    if (!stack || stack.at(-1)?.handle === this.#last) return;
    const index = stack.findIndex(({ handle }) => handle === this.#last);
    stack.push(...stack.splice(index, 1));
  }

  #countLayers(): number {
    return (
      (stackOf(this.#root)?.length ?? 0) +
      (stackOf(this.httpNode)?.length ?? 0) +
      ((this.#admin && stackOf(this.#admin)?.length) ?? 0)
    );
  }

  get #admin(): App | undefined {
    const admin: unknown = this.RED.httpAdmin;
    return typeof admin === 'function' ? (admin as App) : undefined;
  }

  /** Decides anew whether an endpoint may answer early; it must be seen to be reached by the ordinary route first. */
  #look(endpoint: Endpoint): void {
    const own = new Set<unknown>([this.#capture, this.#endpoints.get(endpoint)]);
    endpoint.fast = fastAllowed(this.RED, this.#root, this.httpNode, own, endpoint.path || '/');
    endpoint.proved.clear();
  }

  #pathsOf(path: string): { key: string; topic: TopicName | undefined }[] {
    const names = [undefined, ...topics.map(({ name }) => name)];
    return prefixesOf(this.httpNode).flatMap((prefix) =>
      names.map((topic) => {
        const full = prefix + path + (topic ? `/${topic}` : '');
        return { key: pathKey(full || '/', this.routing), topic };
      }),
    );
  }

  #isAdmin(key: string): boolean {
    const admin = this.#admin;
    if (!admin || rootOf(admin) !== this.#root) return false;
    return prefixesOf(admin).some((prefix) => {
      const start = prefix.toLowerCase();
      return key.toLowerCase().startsWith(start) && adminPaths.test(key.slice(start.length));
    });
  }

  /** Puts the capture at the top of the root app, before any body parser, and the 405 at its end. */
  #install(): boolean {
    const before = stackOf(this.#root);
    if (before?.some(({ handle }) => handle === this.#capture)) return true;
    this.#root.use(this.#capture);
    this.#root.use(this.#last);
    const stack = stackOf(this.#root);
    const index = stack?.findIndex(({ handle }) => handle === this.#capture) ?? -1;
    if (!stack || index === -1) return false;
    stack.unshift(...stack.splice(index, 1));
    return true;
  }

  /** Looks for another route on the endpoint's paths. */
  #watch(endpoint: Endpoint): void {
    const own = new Set(this.#endpoints.values());
    const paths = ['', ...topics.map(({ name }) => `/${name}`)].map((end) => endpoint.path + end || '/');
    const foreign = stackOf(this.httpNode)?.some(
      (layer) =>
        layer.route &&
        !own.has(layer) &&
        (layer.route.methods?.post || layer.route.methods?._all) &&
        paths.some((path) => layer.match?.(path)),
    );
    this.#look(endpoint);
    if (endpoint.blocked === (foreign === true)) return;
    endpoint.blocked = foreign === true;
    endpoint.tenant?.onBlocked(endpoint.blocked);
  }

  #remove(endpoint: Endpoint): void {
    for (const [key, target] of this.#targets) if (target.endpoint === endpoint) this.#targets.delete(key);
    const layer = this.#endpoints.get(endpoint);
    this.#endpoints.delete(endpoint);
    const stack = stackOf(this.httpNode);
    const index = layer && stack ? stack.indexOf(layer) : -1;
    if (stack && index !== -1) stack.splice(index, 1);
  }
}

const hosts = new WeakMap<App, Host>();

/** @returns the host of this Node-RED, or undefined where `httpNodeRoot` is false */
export function hostOf(RED: NodeAPI): Host | undefined {
  const httpNode = RED.httpNode as unknown as App | undefined;
  const { httpNodeRoot } = RED.settings as unknown as { httpNodeRoot?: unknown };
  if (httpNodeRoot === false || typeof httpNode !== 'function') return undefined;
  let host = hosts.get(httpNode);
  if (!host) {
    const created = new Host(RED, httpNode);
    host = created;
    hosts.set(httpNode, created);
    onFlowsStarted(RED, () => created.settle());
  }
  return host;
}
