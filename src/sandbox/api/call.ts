import type { SandboxEvent } from '../webhooks/events';
import { generalError, notFound } from '../http/errors';
import type { Lifecycle } from '../domain/lifecycle';
import type { OrderState, PatientState, SimulationContext } from '../domain/model';
import { orderOf, type Store } from '../domain/store';

/** What the handlers of operations work on. */
export interface Services {
  store: Store;
  lifecycle: Lifecycle;
  context: SimulationContext;
  /** Scheme, host and port of this sandbox, once it listens. */
  root: string;
}

/** One validated call of an operation. */
export interface Call {
  services: Services;
  params: Readonly<Record<string, string>>;
  query: Readonly<Record<string, string | string[] | undefined>>;
  /** Valid against the operation's model, or undefined where there is none. */
  body: unknown;
  /** Filled by the handler; sent once the answer has been, and only if there was no error. */
  events: SandboxEvent[];
}

export interface Reply {
  status: number;
  body: unknown;
}

export type Handler = (call: Call) => Reply;

export const ok = (body: unknown): Reply => ({ status: 200, body });

/** The vendor does not document a status for what was created; its clients take any of the 200s. */
export const created = (body: unknown): Reply => ({ status: 201, body });

const DEFAULT_PAGE_SIZE = 20;
/** The vendor's widgets ask for 100; the largest size is not documented. */
const MAX_PAGE_SIZE = 1000;

/** The slice of a list that the call asks for. */
export function slice({ query }: Call): { pageNumber: number; start: number; end: number } {
  const pageNumber = Number(query.pageNumber ?? 1);
  const pageSize = Math.min(Number(query.pageSize ?? DEFAULT_PAGE_SIZE), MAX_PAGE_SIZE);
  const start = (pageNumber - 1) * pageSize;
  return { pageNumber, start, end: start + pageSize };
}

/** Answers one page of a list, with the vendor's paging members. */
export function page(call: Call, member: string, items: readonly unknown[]): Reply {
  const { pageNumber, start, end } = slice(call);
  const shown = items.slice(start, end);
  return ok({
    pageNumber,
    numberOfElements: shown.length,
    totalNumberOfElements: items.length,
    [member]: shown,
  });
}

/** @returns The texts of a query parameter that takes several, comma-joined or repeated; undefined: not given. */
export function several(value: string | string[] | undefined): string[] | undefined {
  return value === undefined ? undefined : [value].flat().flatMap((text) => text.split(','));
}

export function readPatient({ services: services, params }: Call): PatientState {
  const state = services.store.read(params.patientIdentifier ?? '');
  if (!state) throw notFound('patient');
  return state;
}

export function editPatient({ services: services, params }: Call): PatientState {
  const state = services.store.edit(params.patientIdentifier ?? '');
  if (!state) throw notFound('patient');
  return state;
}

export function findOrder(state: PatientState, { params }: Call): OrderState {
  const found = orderOf(state, params.orderIdentifier ?? '');
  if (!found) throw notFound('order');
  return found;
}

/** @returns The number in a path parameter, or a 404: no thing has a number that is none. */
export function idOf(text: string | undefined, what: string): number {
  if (!/^\d{1,15}$/.test(text ?? '')) throw generalError(404, `There is no such ${what}.`);
  return Number(text);
}
