import type { IncomingMessage, ServerResponse } from 'node:http';

/** As much of Express 4 and 5 as the capture touches. */
export interface Request extends IncomingMessage {
  /** Set by body parsers, and respected by those of Express 4. */
  _body?: boolean;
  body?: unknown;
  rawBody?: unknown;
  /** Respected by the core http in node. */
  skipRawBodyParser?: boolean;
  params?: Record<string, string | undefined>;
  /** As it came, without what Express takes off for mounted apps. */
  originalUrl?: string;
}

export type Next = (error?: unknown) => void;
export type Handler = (request: Request, response: ServerResponse, next: Next) => void;
export type ErrorHandler = (error: unknown, request: Request, response: ServerResponse, next: Next) => void;

export interface Layer {
  name?: string;
  handle?: unknown;
  route?: { methods?: Record<string, boolean> };
  regexp?: { lastIndex: number };
  /** What the last match took. */
  path?: string;
  match?(path: string): unknown;
}

/** What `use` takes: a path, several, a pattern. */
export type MountPath = string | RegExp | readonly (string | RegExp)[];

export interface Router {
  use(path: MountPath, handler: Handler): void;
}

export interface App extends Router {
  (request: IncomingMessage, response: ServerResponse): void;
  /** Called where the app is mounted. */
  handle?: unknown;
  parent?: App;
  mountpath?: MountPath;
  use(path: MountPath, handler: Handler): void;
  use(handler: Handler): void;
  post(path: RegExp, ...handlers: (Handler | ErrorHandler | readonly Handler[])[]): void;
  enabled(setting: string): boolean;
}

/** @returns the app that the server hands its requests to, as far as it can be told from below */
export function rootOf(app: App): App {
  return app.parent ? rootOf(app.parent) : app;
}

/** As much of an app's router as the capture touches, or undefined where the app is not built as Express 4 and 5 are. */
export function routerOf(app: App): { stack?: unknown; handle?: unknown } | undefined {
  const { _router: four } = app as { _router?: object };
  if (four) return four;
  try {
    // Express 4 has a getter here that throws.
    return (app as { router?: object }).router;
  } catch {
    return undefined;
  }
}

/** The layers of an app's router. */
export function stackOf(app: App): Layer[] | undefined {
  const stack = routerOf(app)?.stack;
  return Array.isArray(stack) ? (stack as Layer[]) : undefined;
}

/** Whether the body parsers that fit this app's Express respect `req._body`. */
export function isExpress4(app: App): boolean {
  return (app as { _router?: unknown })._router !== undefined;
}

/** @returns the paths under which an app is reached, without a slash at the end; several if it was mounted so */
export function prefixesOf(app: App): string[] {
  if (!app.parent) return [''];
  const mounts = [app.mountpath ?? ''].flat();
  return prefixesOf(app.parent).flatMap((parent) =>
    mounts.map((mount) => parent + String(mount).replace(/\/+$/, '')),
  );
}

/**
 * Mounts a handler where an app is mounted, so that Express gives it the very URL that it gives to the app: one way
 * to take a prefix off, whatever slashes, patterns and encodings come.
 */
export function mountBeside(app: App, handler: Handler): void {
  const { parent, mountpath = '/' } = app;
  if (!parent) return app.use(handler);
  const between = parent.parent && routerLike(parent);
  if (!between)
    return parent.parent ? rootOf(app).use(prefixesOf(app), handler) : parent.use(mountpath, handler);
  between.use(mountpath, handler);
  mountBeside(parent, between);
}

/** @returns an empty router with the settings of an app's, or undefined where this Express gives no way to get one */
function routerLike(app: App): (Handler & Router) | undefined {
  const { _router: router } = app as { _router?: object };
  const create: unknown = router && Object.getPrototypeOf(router);
  if (typeof create !== 'function') return undefined;
  const options = {
    caseSensitive: app.enabled('case sensitive routing'),
    strict: app.enabled('strict routing'),
  };
  return (create as (options: object) => Handler & Router)(options);
}

/**
 * Adds something to an app, and tells by which layers. The layers themselves stay the same when tracing packages
 * wrap their handlers, so that is how ours are known again.
 */
export function addedLayers(app: App, add: () => void): Layer[] {
  // Express 4 makes its router, with two layers of its own, when the first thing is added.
  (app as { lazyrouter?: () => void }).lazyrouter?.();
  const before = new Set(stackOf(app));
  add();
  return (stackOf(app) ?? []).filter((layer) => !before.has(layer));
}

export function removeLayer(app: App, layer: Layer | undefined): void {
  const stack = stackOf(app);
  const index = layer && stack ? stack.indexOf(layer) : -1;
  if (stack && index !== -1) stack.splice(index, 1);
}

/** Whether a POST to a path goes through a layer. */
export function takesPost({ route }: Layer): boolean {
  return !route || Boolean(route.methods?.post || route.methods?._all);
}

/** Whether a layer takes a path. In doubt it does. */
export function matches(layer: Layer, path: string): boolean {
  const { regexp } = layer;
  const at = regexp?.lastIndex ?? 0;
  try {
    // A pattern with the flag g or y goes on from where it was: it is asked from the start, and then left as it was.
    if (regexp) regexp.lastIndex = 0;
    return layer.match?.(path) !== false;
  } catch {
    // A parameter that cannot be decoded: Express makes an error of it.
    return true;
  } finally {
    if (regexp) regexp.lastIndex = at;
  }
}
