import type { NodeAPI } from 'node-red';
import { OnegevityError } from '../../../lib/api/errors';

/** The parts of Express's request and answer that are used: its types do not fit the version in Node-RED. */
export interface AdminRequest {
  body?: unknown;
  params: Readonly<Record<string, string | undefined>>;
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
 * Adds a route to the editor's API.
 * @param permission as in Node-RED's `adminAuth`; without it, only the editor's own page can call the route, since
 *   a browser sends JSON to another origin's page only after asking, and an answer is not readable from there
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
