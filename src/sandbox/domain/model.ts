/** What the sandbox remembers. The members that the API shows have the types of the OpenAPI description. */
import type { components } from '../../generated/api-types';
import type { Random } from '../data/random';
import type { Patient } from '../data/seed-patients';
import type { Answers } from './surveys';

type Schemas = components['schemas'];

export type Order = Schemas['PatientOrder'];
export type OrderElement = Schemas['OrderElement'];
export type KitElement = Extract<OrderElement, { type: 'kit' }>;
export type LabVisitElement = Extract<OrderElement, { type: 'labVisit' }>;
export type SurveyElement = Extract<OrderElement, { type: 'survey' }>;
export type Recommendation = Schemas['Recommendation'];
export type ReportDetails = Schemas['ReportDetails'] & { id: number };
export type { Patient };

/** A shipment of an order. The vendor documents its events, not its statuses beyond ACCEPTED and SHIPPED. */
export interface Fulfillment {
  id: number;
  requestorId: string;
  status: 'REQUESTED' | 'ACCEPTED' | 'SHIPPED' | 'REJECTED' | 'CANCELED';
  trackingNumber: string;
  trackingUrl: string;
}

export interface OrderState {
  order: Order;
  fulfillment?: Fulfillment;
}

export interface Report {
  orderIdentifier: string;
  packageIdentifier: string;
  details: ReportDetails;
}

export interface Agreement {
  documentIdentifier: string;
  patientResponse: 'ACCEPTED' | 'DECLINED' | 'PENDING';
  respondedTimestamp?: string;
}

/** A patient with all that belongs to them. */
export interface PatientState {
  patient: Patient;
  orders: OrderState[];
  reports: Report[];
  recommendations: Recommendation[];
  /** Answers by survey key. The version counts the submissions. */
  answers: Record<string, { version: number; responses: Answers }>;
  agreements: Agreement[];
}

/** Where new things get their times, numbers and chances from: live, or replayed for seeded data. */
export interface SimulationContext {
  now(): Date;
  id(): number;
  random: Random;
}
