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
}

export type Next = (error?: unknown) => void;
export type Handler = (request: Request, response: ServerResponse, next: Next) => void;
export type ErrorHandler = (error: unknown, request: Request, response: ServerResponse, next: Next) => void;

export interface Layer {
  name?: string;
  handle?: unknown;
  route?: { methods?: Record<string, boolean>; stack?: { handle?: unknown }[] };
  match?(path: string): boolean;
}

export interface App {
  (request: IncomingMessage, response: ServerResponse): void;
  parent?: App;
  mountpath?: string | string[];
  use(handler: Handler): void;
  post(path: RegExp, ...handlers: (Handler | ErrorHandler | readonly Handler[])[]): void;
  enabled(setting: string): boolean;
}

/** @returns the app that the server hands its requests to, as far as it can be told from below */
export function rootOf(app: App): App {
  return app.parent ? rootOf(app.parent) : app;
}

/** The layers of an app's router, or undefined where the app is not built as Express 4 and 5 are. */
export function stackOf(app: App): Layer[] | undefined {
  const { _router: four } = app as { _router?: { stack?: unknown } };
  if (four) return Array.isArray(four.stack) ? (four.stack as Layer[]) : undefined;
  try {
    // Express 4 has a getter here that throws.
    const { router: five } = app as { router?: { stack?: unknown } };
    return Array.isArray(five?.stack) ? (five.stack as Layer[]) : undefined;
  } catch {
    return undefined;
  }
}

/** Whether the body parsers that fit this app's Express respect `req._body`. */
export function isExpress4(app: App): boolean {
  return (app as { _router?: unknown })._router !== undefined;
}

/** @returns the paths under which an app is reached, without a slash at the end; several if it was mounted so */
export function prefixesOf(app: App): string[] {
  if (!app.parent) return [''];
  const mounts = Array.isArray(app.mountpath) ? app.mountpath : [app.mountpath ?? ''];
  return prefixesOf(app.parent).flatMap((parent) =>
    mounts.map((mount) => parent + String(mount).replace(/\/+$/, '')),
  );
}
