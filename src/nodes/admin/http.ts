import type { IncomingMessage } from 'node:http';
import type { NodeAPI } from 'node-red';
import { OnegevityError } from '../../lib/errors';
import { isCrossOrigin, namedBy } from './cross-origin';

/** The parts of Express's request and answer that are used: its types do not fit the version in Node-RED. */
export interface AdminRequest extends IncomingMessage {
  body?: unknown;
  params: Readonly<Record<string, string | undefined>>;
  query: Readonly<Record<string, unknown>>;
  is(type: string): string | false | null;
}

interface AdminResponse {
  status(code: number): AdminResponse;
  set(name: string, value: string): AdminResponse;
  json(body: unknown): void;
}

type Handler = (request: AdminRequest) => Promise<object>;

interface AdminApp {
  get(path: string, ...handlers: unknown[]): void;
  post(path: string, ...handlers: unknown[]): void;
}

/** An error as the editor gets it, which translates it into its own language: the code and what fills its text. */
export interface Fault {
  code: string;
  values: Record<string, string | number>;
}

export function faultOf(error: unknown): Fault {
  const known = error instanceof OnegevityError ? error : new OnegevityError('internal');
  return { code: known.code, values: known.values };
}

/**
 * Adds a route to the editor's API, for the editor's own pages: Node-RED itself would let the pages of every origin
 * send JSON and read the answer.
 * @param permission as in Node-RED's `adminAuth`
 */
export function adminRoute(
  RED: NodeAPI,
  method: 'get' | 'post',
  path: string,
  permission: string,
  handler: Handler,
): void {
  const app = RED.httpAdmin as unknown as AdminApp | undefined;
  app?.[method](
    path,
    RED.auth.needsPermission(permission),
    (request: AdminRequest, response: AdminResponse) => {
      response.set('Cache-Control', 'no-store');
      if (isCrossOrigin(request)) {
        response.status(403).json({ ok: false, code: 'editor:foreign', values: namedBy(request) });
        return;
      }
      // A form on a foreign page can send anything but JSON.
      if (method === 'post' && !request.is('application/json')) {
        response.status(415).json({ ok: false });
        return;
      }
      handler(request).then(
        (body) => response.json(body),
        (error: unknown) => response.json({ ok: false, ...faultOf(error) }),
      );
    },
  );
}
