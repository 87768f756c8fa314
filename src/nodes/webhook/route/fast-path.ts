import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { NodeAPI } from 'node-red';
import { pathnameOf } from '../../../lib/webhook/path';
import { type App, type Layer, matches, routerOf, stackOf, takesPost } from './express';
import type { RouteMatch } from './webhook-router';

/** Settings that a request would pass through before it reaches a route of a flow. */
const settingsBefore = [
  'httpNodeAuth',
  'httpNodeMiddleware',
  'httpNodeCors',
  'requireHttps',
  'httpAdminMiddleware',
  'httpAdminAuth',
  'httpAdminCors',
  'httpAuth',
];

/** URLs that are remembered. A real sender needs one for each topic. */
const MAX_KNOWN_URLS = 100;

/**
 * The URLs whose deliveries may be answered at the top of the root app. One gets in once a request to it was seen to
 * come through Express to our route, and only if nothing that anybody else has put there would have seen the request
 * on its way. All are forgotten when any layer of the apps changes.
 */
export class FastPath {
  /** By the URL as it came; undefined where it may not be answered early. */
  readonly #known = new Map<string, RouteMatch | undefined>();
  /** Layers and handlers by turns, as they were when the URLs were learnt. */
  #seen: unknown[] = [];
  #harmless: KnownHandlers | undefined;

  constructor(
    private readonly RED: NodeAPI,
    private readonly httpNode: App,
  ) {}

  find(url: string): RouteMatch | undefined {
    const target = this.#known.get(url);
    if (!target) return undefined;
    if (this.#isUnchanged()) return target;
    this.forget();
    return undefined;
  }

  forget(): void {
    this.#known.clear();
  }

  /**
   * Takes note of a request that has reached our route.
   * @param path below Node-RED's root
   * @param own the layers of the capture and of the route
   */
  learn(url: string, path: string, target: RouteMatch, own: { capture: Layer; route: Layer }): void {
    if (!this.#isUnchanged()) {
      this.forget();
      this.#seen = this.#layers();
    }
    if (this.#known.has(url)) return;
    if (this.#known.size >= MAX_KNOWN_URLS) this.forget();
    this.#known.set(url, this.#isFree(url, path, own) ? target : undefined);
  }

  /** Whether a request to a URL meets nothing on its way but what Express and Node-RED themselves have put there. */
  #isFree(url: string, path: string, { capture, route }: { capture: Layer; route: Layer }): boolean {
    const { RED, httpNode } = this;
    const { parent: root } = httpNode;
    const settings = RED.settings as unknown as Record<string, unknown>;
    if (settings.onegevityWebhookFast === false) return false;
    if (settingsBefore.some((name) => settings[name])) return false;
    const rootPath = pathnameOf(url);
    // An app within an app, or in a router: more can be on the way than is seen from here.
    if (!root || root.parent || rootPath === undefined) return false;
    if (root.enabled('x-powered-by') || httpNode.enabled('x-powered-by')) return false;
    if (!this.#apps.every((app) => !app || (app.handle === root.handle && usesItsRouter(app)))) return false;
    const harmless = (this.#harmless ??= new KnownHandlers(RED, root, httpNode));
    if (!harmless.isKnown) return false;

    const onRoot = onTheWay(root, rootPath);
    const apps = onRoot.filter((layer) => harmless.isMount(layer));
    const admin = this.#admin;
    const adminPath = admin && below(admin, rootPath);
    // Which of several mounted apps is which does not show: there must be none but Node-RED's own.
    if (apps.length !== (adminPath === undefined ? 1 : 2)) return false;
    const before = onRoot.slice(0, onRoot.indexOf(apps.at(-1)!));
    if (!before.every((layer) => layer === capture || apps.includes(layer) || harmless.inApps(layer)))
      return false;
    if (admin && adminPath !== undefined && !this.#passesAdmin(admin, adminPath, harmless)) return false;
    const onNode = onTheWay(httpNode, path);
    const end = onNode.indexOf(route);
    return end !== -1 && onNode.slice(0, end).every((layer) => harmless.inApps(layer));
  }

  /** Node-RED's editor and admin API, which holds the app that other packages may add to. */
  #passesAdmin(admin: App, path: string, harmless: KnownHandlers): boolean {
    const nodes = this.#nodesAdmin;
    const nodesPath = nodes && below(nodes, path);
    if (!nodes || nodesPath === undefined) return false;
    return (
      harmless.isNodeRedsAdmin(onTheWay(admin, path)) &&
      onTheWay(nodes, nodesPath).every((layer) => harmless.inApps(layer))
    );
  }

  get #nodesAdmin(): App | undefined {
    const admin: unknown = this.RED.httpAdmin;
    return typeof admin === 'function' ? (admin as App) : undefined;
  }

  get #admin(): App | undefined {
    const admin = this.#nodesAdmin?.parent;
    return admin?.parent && admin.parent === this.httpNode.parent ? admin : undefined;
  }

  get #apps(): (App | undefined)[] {
    const admin = this.#admin;
    return [this.httpNode.parent, admin, admin && this.#nodesAdmin, this.httpNode];
  }

  #layers(): unknown[] {
    return this.#apps.flatMap((app) => [
      app?.handle,
      app && routerOf(app)?.handle,
      ...((app && stackOf(app)) ?? []).flatMap((layer) => [layer, layer.handle]),
    ]);
  }

  /** As a comparison with {@link #layers}, without the list: it is made for every delivery. */
  #isUnchanged(): boolean {
    const seen = this.#seen;
    let at = 0;
    for (const app of this.#apps) {
      if (seen[at++] !== app?.handle || seen[at++] !== (app && routerOf(app)?.handle)) return false;
      for (const layer of (app && stackOf(app)) ?? []) {
        if (seen[at++] !== layer || seen[at++] !== layer.handle) return false;
      }
    }
    return at === seen.length;
  }
}

/** Whether what an app does with its layers is what its Express does. */
function usesItsRouter(app: App): boolean {
  const router = routerOf(app);
  return !router || router.handle === (Object.getPrototypeOf(router) as { handle?: unknown } | null)?.handle;
}

/** The layers of an app that a POST to a path goes through, as long as none of them ends it. */
function onTheWay(app: App, path: string): Layer[] {
  return (stackOf(app) ?? []).filter((layer) => takesPost(layer) && matches(layer, path));
}

/** @returns the path as an app that is mounted on the root app sees it, or undefined where it does not see it */
function below(app: App, path: string): string | undefined {
  const [any] = (app.parent && stackOf(app.parent)) ?? [];
  const { mountpath = '/' } = app;
  if (!any || !app.parent) return undefined;
  const MountLayer = (any as { constructor: unknown }).constructor as new (...args: unknown[]) => Layer;
  const sensitive = app.parent.enabled('case sensitive routing');
  const layer = new MountLayer(mountpath, { sensitive, strict: false, end: false }, () => undefined);
  if (!matches(layer, path)) return undefined;
  const rest = path.slice(layer.path?.length ?? 0);
  return rest.startsWith('/') ? rest : `/${rest}`;
}

type Text = string;

/**
 * What Express and Node-RED put before the routes of flows, none of which matters to a delivery. It is known by its
 * source text, compared with that of Express' and Node-RED's own functions: any function may be called `query`.
 */
class KnownHandlers {
  readonly #inApps = new Set<Text>();
  readonly #mounts = new Set<Text>();
  readonly #coreHttp: Text = '';
  readonly #cors: Text | undefined;
  readonly #inAdmin = new Set<Text>();
  readonly #adminApps: number;
  readonly isKnown: boolean;

  constructor(RED: NodeAPI, root: App, httpNode: App) {
    const { coreNodesDir = '', disableEditor } = RED.settings as unknown as {
      coreNodesDir?: string;
      disableEditor?: unknown;
    };
    this.#adminApps = disableEditor ? 2 : 3;
    try {
      for (const app of [root, httpNode]) {
        for (const text of expressOwn(app)) this.#inApps.add(text);
        this.#mounts.add(unwrapped('mounted_app', mountedApp(app)));
      }
      // Its middleware is not reached from outside of the file.
      this.#coreHttp = readFileSync(join(coreNodesDir, 'core', 'network', '21-httpin.js'), 'utf8');
      // Node-RED's own copies of these packages.
      const editorApi = createRequire(join(coreNodesDir, '..', 'editor-api', 'package.json'));
      this.#cors = unwrapped('corsMiddleware', (editorApi('cors') as () => unknown)());
      const { json, urlencoded } = editorApi('body-parser') as Record<string, (options: object) => unknown>;
      const passport = editorApi('passport') as { initialize(): unknown };
      // The parsers leave alone what the capture has marked.
      this.#inAdmin
        .add(unwrapped('jsonParser', json?.({})))
        .add(unwrapped('urlencodedParser', urlencoded?.({ extended: true })))
        .add(unwrapped('initialize', passport.initialize()));
      this.isKnown = true;
    } catch {
      // Another Express, another place of installation, a tracing package: the ordinary route it is.
      this.isKnown = false;
    }
  }

  inApps({ handle, route }: Layer): boolean {
    const text = String(handle);
    const isCoreHttp = text.startsWith('function rawBodyCapture(') && this.#coreHttp.includes(text);
    return !route && (isCoreHttp || this.#inApps.has(text));
  }

  isMount({ handle, route }: Layer): boolean {
    return !route && this.#mounts.has(String(handle));
  }

  /** @param way the layers of the admin app that a request goes through */
  isNodeRedsAdmin(way: readonly Layer[]): boolean {
    const apps = way.filter((layer) => this.isMount(layer));
    return (
      apps.length === this.#adminApps &&
      way.every(
        (layer, index) =>
          apps.includes(layer) ||
          this.inApps(layer) ||
          (!layer.route && this.#inAdmin.has(String(layer.handle))) ||
          // Others may use the same function with other options, so here the place counts too.
          (index === 2 && !layer.route && String(layer.handle) === this.#cors),
      )
    );
  }
}

/**
 * The text of a function that is known to have a name of its own there. That of a wrapper, and of a bound function, is
 * the same for whatever is wrapped.
 * @throws Error where it has not
 */
function unwrapped(name: string, handler: unknown): Text {
  const text = String(handler);
  if (!new RegExp(`^function ${name} ?\\(`).test(text)) throw new Error('wrapped');
  return text;
}

/**
 * The functions that Express itself puts first in every app, got from the app's own Express.
 * @throws Error where handlers are wrapped: then nothing tells one from the other
 */
function expressOwn(app: App): Text[] {
  const { lazyrouter, _router: router } = app as { lazyrouter?: () => void; _router?: unknown };
  // Express 5 puts none.
  if (!router) return [];
  const fresh: Partial<App> & { get?: unknown; _router?: { stack: Layer[]; use(handler: unknown): void } } = {
    enabled: () => false,
    get: () => undefined,
  };
  lazyrouter?.call(fresh);
  const probe = (): void => undefined;
  fresh._router?.use(probe);
  const [query, init, probed, ...more] = fresh._router?.stack ?? [];
  const dispatch = (probed as { handle_request?: unknown } | undefined)?.handle_request;
  if (probed?.handle !== probe || more.length > 0 || !String(dispatch).startsWith('function handle(')) {
    throw new Error('wrapped');
  }
  return [unwrapped('query', query?.handle), unwrapped('expressInit', init?.handle)];
}

/** The function by which an app's Express calls a mounted app. */
function mountedApp(app: App): Text {
  const { use } = app as { use: (...args: unknown[]) => void };
  let text: Text | undefined;
  const router = {
    stack: [],
    use: (_path: unknown, handler: unknown): void => void (text = String(handler)),
  };
  const recorder = { lazyrouter: () => undefined, _router: router, router };
  const mounted = Object.assign(() => undefined, {
    handle: () => undefined,
    set: () => undefined,
    emit: () => undefined,
  });
  Reflect.apply(use, recorder, ['/', mounted]);
  if (text === undefined) throw new Error('unknown');
  return text;
}
