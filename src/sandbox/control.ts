/** The sandbox's own routes under `/sandbox`, by which people and tests move it. They are nothing of the vendor's. */
import type { IncomingMessage } from 'node:http';
import { topics } from '../generated/topics';
import type { Auth } from './auth';
import { generalError, notFound, validationError, type FieldFault } from './errors';
import type { Reply, Shop } from './handlers/call';
import { ok } from './handlers/call';
import { readJson } from './http';
import { nextMove } from './machine';
import type { OrderState, PatientState } from './model';
import { orderOf } from './store';
import type { Webhooks } from './webhooks';

export interface Controls {
  shop: Shop;
  auth: Auth;
  webhooks: Webhooks;
  /** The address that the server was told to listen on. */
  host: string;
  reset(): void;
}

const LOOPBACK = ['localhost', '127.0.0.1', '[::1]'];

/** @throws ApiError for unknown routes, bad bodies, and callers that may be a web page of somebody else. */
export async function serveControl(controls: Controls, req: IncomingMessage, url: URL): Promise<Reply> {
  refuseForeign(controls.host, req);
  const body = await readJson(req);
  const [resource, id, action] = url.pathname
    .split('/')
    .slice(2)
    .map((segment) => decodeURIComponent(segment));
  const route = `${req.method} ${resource ?? ''}`;
  if (resource === 'orders' && id !== undefined) {
    const owner = url.searchParams.get('patientIdentifier') ?? undefined;
    return serveOrder(controls, findOrder(controls, id, owner), `${req.method} ${action ?? ''}`.trim());
  }
  if (route === 'POST reset') {
    controls.reset();
    return ok({ reset: true });
  }
  if (route === 'POST webhooks') return ok(addWebhook(controls.webhooks, body));
  if (route === 'GET webhooks') return ok({ webhooks: controls.webhooks.list() });
  if (route === 'DELETE webhooks' && controls.webhooks.remove(id ?? '')) return ok({ removed: true });
  if (route === 'GET deliveries') return ok({ deliveries: controls.webhooks.deliveries() });
  if (route === 'POST revoke') {
    controls.auth.revokeAll();
    return ok({ revoked: true });
  }
  throw notFound('control');
}

/** @returns What is wrong with a registration: the URL is not http(s), or a topic is unknown. */
export function webhookFault(url: unknown, wanted: unknown): FieldFault | undefined {
  const { protocol } = typeof url === 'string' && URL.canParse(url) ? new URL(url) : { protocol: '' };
  if (protocol !== 'http:' && protocol !== 'https:') {
    return { fieldName: 'url', message: 'must be an http(s) URL' };
  }
  const known = topics.map(({ name }) => name as string);
  const good =
    wanted === undefined ||
    (Array.isArray(wanted) && wanted.every((topic) => known.includes(topic as string)));
  return good ? undefined : { fieldName: 'topics', message: `must be a list of: ${known.join(', ')}` };
}

function addWebhook(webhooks: Webhooks, body: unknown) {
  const members = (typeof body === 'object' && body !== null ? body : {}) as Record<string, unknown>;
  const fault = webhookFault(members.url, members.topics);
  if (fault) throw validationError(400, { fieldErrors: [fault] });
  return webhooks.add(members.url as string, members.topics as string[] | undefined);
}

/**
 * A page of another origin, open in the same browser, must not drive the sandbox: neither by its own requests
 * (Origin) nor by a name that it lets point to this machine (Host).
 */
function refuseForeign(host: string, req: IncomingMessage): void {
  const named = req.headers.host ?? '';
  const name = /^(\[[^\]]*\]|[^:]*)(:\d+)?$/.exec(named)?.[1]?.toLowerCase() ?? '';
  const { origin } = req.headers;
  if (![...LOOPBACK, host].includes(name) || (origin !== undefined && origin !== `http://${named}`)) {
    throw generalError(403, 'The controls of the sandbox answer to this computer only.');
  }
}

function findOrder({ shop }: Controls, orderIdentifier: string, owner?: string): [PatientState, OrderState] {
  const owners = shop.store
    .ownersOf(orderIdentifier)
    .filter(({ patient }) => owner === undefined || patient.patientIdentifier === owner);
  const [first, second] = owners;
  if (!first) throw notFound('order');
  if (second) throw generalError(409, 'Several patients have such an order: add ?patientIdentifier=.');
  const patient = shop.store.edit(first.patient.patientIdentifier);
  const state = patient && orderOf(patient, orderIdentifier);
  if (!state) throw notFound('order');
  return [patient, state];
}

function serveOrder({ shop }: Controls, [patient, state]: [PatientState, OrderState], route: string): Reply {
  switch (route) {
    case 'GET':
      return ok(overview(patient, state));
    case 'POST advance': {
      const move = shop.lifecycle.advance(patient, state);
      if (!move) throw generalError(409, 'The order is complete.');
      return ok({ step: move.name, ...overview(patient, state) });
    }
    case 'POST reject':
    case 'POST cancel': {
      const how = route === 'POST reject' ? 'rejected' : 'canceled';
      if (!shop.lifecycle.stopFulfillment(patient, state, how)) {
        throw generalError(409, `There is no shipment of this order that can be ${how} now.`);
      }
      return ok({ step: how, ...overview(patient, state) });
    }
    default:
      throw notFound('control');
  }
}

function overview(patient: PatientState, state: OrderState) {
  const next = nextMove(patient, state);
  return {
    patientIdentifier: patient.patient.patientIdentifier,
    order: state.order,
    fulfillment: state.fulfillment ?? null,
    next: next ? { name: next.name, by: next.by } : null,
  };
}
