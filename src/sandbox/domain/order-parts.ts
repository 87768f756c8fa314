/** Looks into orders: their elements by type, and what holds for one of them. */
import { packageOf } from '../data/catalog';
import type { KitElement, LabVisitElement, Order, OrderElement, OrderState, SurveyElement } from './model';

export const kits = (order: Order): KitElement[] =>
  order.elements.filter((element): element is KitElement => element.type === 'kit');

export const labVisits = (order: Order): LabVisitElement[] =>
  order.elements.filter((element): element is LabVisitElement => element.type === 'labVisit');

export const surveyElements = (order: Order): SurveyElement[] =>
  order.elements.filter((element): element is SurveyElement => element.type === 'survey');

export const isComplete = (element: OrderElement): boolean => element.status === 'COMPLETED';

export const allComplete = (order: Order): boolean => order.elements.every(isComplete);

/** Whether a client may activate this kit now. */
export function canActivate(state: OrderState, kit: KitElement): boolean {
  const underWay = state.fulfillment?.status === 'REQUESTED' || state.fulfillment?.status === 'ACCEPTED';
  return kit.status === 'NOT_ACTIVATED' || (kit.status === 'UNREGISTERED' && !underWay);
}

export function codeFits(prefix: string, code: string): boolean {
  return prefix === ''
    ? /^\d{8}$/.test(code)
    : /^[A-Z]{2}-[A-Z]{4}$/.test(code) && code.startsWith(`${prefix}-`);
}

export const prefixOf = (order: Order, kit: KitElement): string =>
  packageOf(order.packageIdentifier)?.elements.find(
    (element) => element.clientIdentifier === kit.packageElementIdentifier,
  )?.activationCodePrefix ?? '';
