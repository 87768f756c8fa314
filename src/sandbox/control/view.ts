/** What the page shows, in one answer. */
import type { PatientState } from '../domain/model';
import { listed } from './orders';
import type { Controls } from './routes';
import type { ShownPatient, State } from './state';

const PEOPLE_A_PAGE = 10;
const DELIVERIES = 60;
const REQUESTS = 60;

export function look(controls: Controls, query: URLSearchParams): State {
  const { services, webhooks, faults, requests, changes, facts } = controls;
  const page = Math.max(1, Math.floor(Number(query.get('page')) || 1));
  const start = (page - 1) * PEOPLE_A_PAGE;
  const { total, patients } = services.store.browse(query.get('search') ?? '', start, start + PEOPLE_A_PAGE);
  return {
    version: changes.version,
    facts,
    page,
    pages: Math.max(1, Math.ceil(total / PEOPLE_A_PAGE)),
    total,
    patients: patients.map(person),
    webhooks: webhooks.list(),
    deliveries: webhooks.deliveries().slice(-DELIVERIES).reverse(),
    // Bodies are asked for one by one.
    requests: requests
      .list()
      .slice(0, REQUESTS)
      .map(({ body: _, answer: __, ...entry }) => entry),
    faults: faults.list(),
  };
}

const person = (state: PatientState): ShownPatient => ({
  patientIdentifier: state.patient.patientIdentifier,
  name: `${state.patient.firstName ?? ''} ${state.patient.lastName ?? ''}`.trim(),
  dateOfBirth: state.patient.dateOfBirth,
  orders: state.orders.map((entry) => ({
    orderIdentifier: entry.order.orderIdentifier,
    packageName: entry.order.packageName,
    createdTimestamp: entry.order.createdTimestamp,
    completed: entry.order.completed,
    fulfillment: entry.fulfillment ?? null,
    elements: entry.order.elements.map(({ type, name, status, packageElementIdentifier }) => ({
      type,
      name,
      status,
      packageElementIdentifier,
    })),
    reports: state.reports.filter(({ orderIdentifier }) => orderIdentifier === entry.order.orderIdentifier)
      .length,
    moves: listed(state, entry),
  })),
});
