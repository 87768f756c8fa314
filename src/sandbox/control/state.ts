/** What the control routes tell the page. Types only, since both sides use them. */
import type { Delivery, WebhookEndpoint } from '../webhooks/delivery';
import type { FaultKind, ActiveFault } from '../faults/kinds';
import type { Fulfillment } from '../domain/model';
import type { RequestEntry } from '../http/requests';

/** The sandbox as a whole. */
export interface Settings {
  /** Seconds a step takes; 0: by hand only. */
  pace: number;
  seed: number;
  /** Seconds before the second, third… attempt of a delivery. */
  retryDelays: readonly number[];
  /** Milliseconds. */
  deliveryTimeout: number;
}

export interface ShownMove {
  name: string;
  by: 'sandbox' | 'patient' | 'hand';
  /** The packageElementIdentifier of the element that moves, where it is one. */
  element?: string;
}

export interface ShownElement {
  type: 'kit' | 'labVisit' | 'survey';
  name: string;
  status: string;
  packageElementIdentifier: string;
}

export interface ShownOrder {
  orderIdentifier: string;
  packageName: string;
  createdTimestamp: string;
  completed: boolean;
  fulfillment: Fulfillment | null;
  elements: ShownElement[];
  reports: number;
  moves: ShownMove[];
}

export interface ShownPatient {
  patientIdentifier: string;
  name: string;
  dateOfBirth?: string;
  orders: ShownOrder[];
}

export interface State {
  version: number;
  facts: Settings;
  page: number;
  pages: number;
  /** Patients in all, or that match the search. */
  total: number;
  patients: ShownPatient[];
  webhooks: WebhookEndpoint[];
  /** Newest first. */
  deliveries: Delivery[];
  /** Newest first. */
  requests: RequestEntry[];
  faults: ActiveFault[];
}

export interface FaultChoices {
  faults: readonly ActiveFault[];
  kinds: readonly FaultKind[];
  operations: readonly string[];
  topics: readonly string[];
}
