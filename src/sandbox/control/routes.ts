/**
 * The sandbox's own routes, by which its page, people and tests move it. They are nothing of the vendor's. Who may
 * call them is decided by whoever serves them: see {@link rejectForeign} and, inside Node-RED, the editor's rights.
 */
import type { Auth } from '../http/auth';
import type { Changes } from '../domain/changes';
import { generalError, notFound } from '../http/errors';
import type { Faults } from '../faults/faults';
import { ok, type Reply, type Services } from '../api/call';
import type { RequestLog } from '../http/requests';
import type { Webhooks } from '../webhooks/queue';
import { addFault, describeFaults } from './faults';
import { advanceOrder, moveOrder, overview, releaseOrder, setBack } from './orders';
import type { Settings } from './state';
import { look } from './view';
import { addWebhook, resendDelivery } from './webhooks';
import type { ControlRequest } from './request';

export interface Controls {
  services: Services;
  auth: Auth;
  webhooks: Webhooks;
  faults: Faults;
  requests: RequestLog;
  changes: Changes;
  facts: Settings;
  reset(): void;
}

/** A request whose path has been taken apart. */
export interface ControlCall {
  params: Readonly<Record<string, string>>;
  query: URLSearchParams;
  members: Readonly<Record<string, unknown>>;
}

type Route = (controls: Controls, call: ControlCall) => unknown;

/** Longest time in milliseconds that a request waits for news. */
const NEWS_WITHIN = 20_000;

const routes: Readonly<Record<string, Route>> = {
  'GET state': (controls, { query }) => look(controls, query),
  'GET changes': async ({ changes }, { query }) => ({
    version: await changes.waitFor(Number(query.get('since')), NEWS_WITHIN),
  }),
  'POST reset': (controls) => {
    controls.reset();
    return { reset: true };
  },
  'POST revoke': ({ auth }) => {
    auth.revokeAll();
    return { revoked: true };
  },
  'GET orders/:order': (controls, call) => overview(controls, call),
  'POST orders/:order/advance': advanceOrder,
  'POST orders/:order/release': releaseOrder,
  'POST orders/:order/reject': (controls, call) => setBack(controls, call, 'reject'),
  'POST orders/:order/cancel': (controls, call) => setBack(controls, call, 'cancel'),
  'POST orders/:order/moves': moveOrder,
  'GET webhooks': ({ webhooks }) => ({ webhooks: webhooks.list() }),
  'POST webhooks': addWebhook,
  'DELETE webhooks/:id': ({ webhooks }, { params }) => {
    if (!webhooks.remove(params.id ?? '')) throw notFound('webhook');
    return { removed: true };
  },
  'GET deliveries': ({ webhooks }) => ({ deliveries: webhooks.deliveries() }),
  'POST deliveries/:id/resend': resendDelivery,
  'GET requests': ({ requests }) => ({ requests: requests.list() }),
  'GET requests/:id': ({ requests }, { params }) => {
    const entry = requests.get(params.id ?? '');
    if (!entry) throw notFound('request');
    return entry;
  },
  'GET faults': describeFaults,
  'POST faults': addFault,
  'DELETE faults': ({ faults }) => {
    faults.clear();
    return { removed: true };
  },
  'DELETE faults/:id': ({ faults }, { params }) => {
    if (!faults.remove(params.id ?? '')) throw notFound('fault');
    return { removed: true };
  },
};

/** Method and path of every route. */
export const routePatterns: readonly string[] = Object.keys(routes);

const patterns = Object.entries(routes).map(([route, serve]) => {
  const [method = '', path = ''] = route.split(' ');
  return { method, steps: path.split('/'), serve };
});

/** @throws ApiError for unknown routes and bad bodies. */
export async function serveControl(controls: Controls, request: ControlRequest): Promise<Reply> {
  const given = request.path.split('/').map(decoded);
  const fitting = patterns.filter(
    ({ steps }) =>
      steps.length === given.length &&
      steps.every((step, index) => (step.startsWith(':') ? given[index] !== '' : step === given[index])),
  );
  const match = fitting.find(({ method }) => method === request.method);
  if (!match) throw fitting.length > 0 ? generalError(405, 'Not by this method.') : notFound('control');
  const params = Object.fromEntries(match.steps.map((step, index) => [step.slice(1), given[index] ?? '']));
  const { body, query = new URLSearchParams() } = request;
  const isObject = typeof body === 'object' && body !== null && !Array.isArray(body);
  if (body !== undefined && !isObject) throw generalError(400, 'The body must be a JSON object.');
  return ok(await match.serve(controls, { params, query, members: (body ?? {}) as ControlCall['members'] }));
}

function decoded(step: string): string {
  try {
    return decodeURIComponent(step);
  } catch {
    throw generalError(400, 'The path is not well encoded.');
  }
}
