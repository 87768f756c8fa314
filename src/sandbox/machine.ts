/**
 * The life of an order as a state machine without timers, so that the same rules make live orders move and seeded
 * orders look as if they had moved. The vendor documents the names of the statuses and no transitions: these are
 * the sandbox's.
 */
import { packageOf, type Package, type PackageElement } from './catalog';
import { fulfillmentEvent, kitEvent, orderEvent, shippedEvent, type SandboxEvent } from './events';
import type {
  Fulfillment,
  KitElement,
  LabVisitElement,
  Order,
  OrderElement,
  OrderState,
  PatientState,
  Surroundings,
  SurveyElement,
} from './model';
import { makeReport } from './reports';

/** One possible next step of an order. */
export interface Move {
  name: string;
  /** `sandbox`: happens by itself. `patient`: waits for the client, unless it is moved on by hand. */
  by: 'sandbox' | 'patient';
  make(around: Surroundings): SandboxEvent[];
}

export interface NewOrder {
  orderIdentifier: string;
  package: Package;
  notes?: string;
  fulfillmentInformation?: NonNullable<Order['fulfillmentInformation']>;
}

export function createOrder(
  { orderIdentifier, package: ordered, notes, fulfillmentInformation }: NewOrder,
  around: Surroundings,
): OrderState {
  const order: Order = {
    id: around.id(),
    orderIdentifier,
    completed: false,
    createdTimestamp: around.now().toISOString(),
    completedTimestamp: null,
    packageIdentifier: ordered.clientIdentifier,
    packageName: ordered.name,
    ...(notes !== undefined && { notes }),
    ...(fulfillmentInformation && { fulfillmentInformation }),
    elements: ordered.elements.map((element) =>
      newElement(element, fulfillmentInformation !== undefined, around),
    ),
    relatedDocuments: [],
  };
  return fulfillmentInformation ? { order, fulfillment: newFulfillment(around) } : { order };
}

function newElement(element: PackageElement, ships: boolean, around: Surroundings): OrderElement {
  const base = {
    id: around.id(),
    name: element.name,
    completedTimestamp: null,
    packageElementIdentifier: element.clientIdentifier,
    ...(element.instructions !== undefined && { instructions: element.instructions }),
  };
  switch (element.objectType) {
    case 'kit':
      // Without shipping, the integrator hands out a kit of its own stock: it can be activated at once.
      return { ...base, type: 'kit', status: ships ? 'UNREGISTERED' : 'NOT_ACTIVATED' };
    case 'labVisit':
      return { ...base, type: 'labVisit', labName: element.labName ?? '', status: 'NOT_REQUISITIONED' };
    case 'survey':
      return {
        ...base,
        type: 'survey',
        surveyKey: element.surveyKey ?? '',
        version: null,
        status: 'NOT_COMPLETED',
      };
  }
}

function newFulfillment(around: Surroundings): Fulfillment {
  const id = around.id();
  const trackingNumber = `SANDBOX${id}`;
  return {
    id,
    requestorId: `F${id}`,
    status: 'REQUESTED',
    trackingNumber,
    trackingUrl: `https://sandbox.example.com/tracking/${trackingNumber}`,
  };
}

/** @returns The next step, those that happen by themselves first; undefined when the order is complete. */
export function nextMove(patient: PatientState, state: OrderState): Move | undefined {
  const { order, fulfillment } = state;
  if (order.completed) return undefined;
  return (
    fulfillmentMove(patient, state, fulfillment) ??
    firstOf(labVisits(order), (visit) => visitMove(patient, order, visit)) ??
    firstOf(kits(order), (kit) => kitMove(patient, order, kit)) ??
    (allComplete(order)
      ? { name: 'complete', by: 'sandbox', make: (around) => complete(patient, order, around) }
      : patientMove(patient, state))
  );
}

/** Whether a client may activate this kit now. */
export function canActivate(state: OrderState, kit: KitElement): boolean {
  const underWay = state.fulfillment?.status === 'REQUESTED' || state.fulfillment?.status === 'ACCEPTED';
  return kit.status === 'NOT_ACTIVATED' || (kit.status === 'UNREGISTERED' && !underWay);
}

export function activate(
  patient: PatientState,
  order: Order,
  kit: KitElement,
  activationCode: string,
): SandboxEvent[] {
  kit.status = 'ACTIVATED';
  return [kitEvent(patient.patient.patientIdentifier, order, activationCode)];
}

/** Stops a shipment that has not left. @returns Its event, or undefined if it cannot be stopped any more. */
export function stopFulfillment(state: OrderState, how: 'rejected' | 'canceled'): SandboxEvent[] | undefined {
  const { fulfillment } = state;
  if (fulfillment?.status !== 'REQUESTED' && fulfillment?.status !== 'ACCEPTED') return undefined;
  if (how === 'rejected' && fulfillment.status !== 'REQUESTED') return undefined;
  fulfillment.status = how === 'rejected' ? 'REJECTED' : 'CANCELED';
  return [fulfillmentEvent(`fulfillment.${how}`, fulfillment)];
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

export const kits = (order: Order): KitElement[] =>
  order.elements.filter((element): element is KitElement => element.type === 'kit');

export const labVisits = (order: Order): LabVisitElement[] =>
  order.elements.filter((element): element is LabVisitElement => element.type === 'labVisit');

export const surveyElements = (order: Order): SurveyElement[] =>
  order.elements.filter((element): element is SurveyElement => element.type === 'survey');

function fulfillmentMove(
  { patient }: PatientState,
  { order }: OrderState,
  fulfillment: Fulfillment | undefined,
): Move | undefined {
  if (fulfillment?.status === 'REQUESTED') {
    return {
      name: 'accept shipment',
      by: 'sandbox',
      make: () => {
        fulfillment.status = 'ACCEPTED';
        return [fulfillmentEvent('fulfillment.accepted', fulfillment)];
      },
    };
  }
  if (fulfillment?.status !== 'ACCEPTED') return undefined;
  return {
    name: 'ship',
    by: 'sandbox',
    make: () => {
      fulfillment.status = 'SHIPPED';
      for (const kit of kits(order)) if (kit.status === 'UNREGISTERED') kit.status = 'NOT_ACTIVATED';
      // A fulfillment event names no order, so the order says of itself that something changed.
      return [shippedEvent(fulfillment), orderEvent('order.updated', patient.patientIdentifier, order)];
    },
  };
}

function visitMove({ patient }: PatientState, order: Order, visit: LabVisitElement): Move | undefined {
  const updated = (): SandboxEvent[] => [orderEvent('order.updated', patient.patientIdentifier, order)];
  switch (visit.status) {
    case 'NOT_REQUISITIONED':
      return {
        name: 'requisition lab visit',
        by: 'sandbox',
        make: (around) => {
          visit.status = 'REQUISITIONED';
          order.relatedDocuments = [...(order.relatedDocuments ?? []), requisition(order, visit, around)];
          return updated();
        },
      };
    case 'SCHEDULED':
      return {
        name: 'attend lab visit',
        by: 'sandbox',
        make: () => {
          visit.status = 'ATTENDED';
          return updated();
        },
      };
    case 'ATTENDED':
      return {
        name: 'complete lab visit',
        by: 'sandbox',
        make: (around) => {
          visit.status = 'COMPLETED';
          visit.completedTimestamp = around.now().toISOString();
          return updated();
        },
      };
    case 'REQUISITIONED':
    case 'COMPLETED':
      return undefined;
  }
}

/** The lab is done with a kit last: the vendor's widget does not show an open order whose kit is complete. */
function kitMove(patient: PatientState, order: Order, kit: KitElement): Move | undefined {
  if (kit.status === 'ACTIVATED') {
    return {
      name: 'receive kit at lab',
      by: 'sandbox',
      make: () => {
        kit.status = 'AT_LAB';
        return [orderEvent('order.updated', patient.patient.patientIdentifier, order)];
      },
    };
  }
  const othersDone = order.elements.every(
    (element) =>
      element === kit || isComplete(element) || (element.type === 'kit' && element.status === 'AT_LAB'),
  );
  if (kit.status !== 'AT_LAB' || !othersDone) return undefined;
  return {
    name: 'complete kit',
    by: 'sandbox',
    make: (around) => {
      kit.status = 'COMPLETED';
      kit.completedTimestamp = around.now().toISOString();
      return allComplete(order)
        ? complete(patient, order, around)
        : [orderEvent('order.updated', patient.patient.patientIdentifier, order)];
    },
  };
}

/** What waits for the patient or the client, done for them when the order is moved on by hand. */
function patientMove(patient: PatientState, state: OrderState): Move | undefined {
  const { order } = state;
  const updated = (): SandboxEvent[] => [
    orderEvent('order.updated', patient.patient.patientIdentifier, order),
  ];
  const kit = kits(order).find((candidate) => canActivate(state, candidate));
  if (kit) {
    return {
      name: 'activate kit',
      by: 'patient',
      make: (around) => activate(patient, order, kit, madeUpCode(prefixOf(order, kit), around)),
    };
  }
  const visit = labVisits(order).find(({ status }) => status === 'REQUISITIONED');
  if (visit) {
    return {
      name: 'schedule lab visit',
      by: 'patient',
      make: () => {
        visit.status = 'SCHEDULED';
        return updated();
      },
    };
  }
  const survey = surveyElements(order).find(({ status }) => status !== 'COMPLETED');
  return (
    survey && {
      name: 'answer survey',
      by: 'patient',
      make: (around) => {
        completeSurvey(survey, survey.version ?? 1, around.now());
        return updated();
      },
    }
  );
}

export function completeSurvey(survey: SurveyElement, version: number, now: Date): void {
  survey.status = 'COMPLETED';
  survey.version = version;
  survey.completedTimestamp = now.toISOString();
}

function complete(patient: PatientState, order: Order, around: Surroundings): SandboxEvent[] {
  const { details, recommendations } = makeReport(patient.patient, order, around);
  const { orderIdentifier, packageIdentifier } = order;
  patient.reports.push({ orderIdentifier, packageIdentifier, details });
  patient.recommendations.push(...recommendations);
  order.completed = true;
  order.completedTimestamp = around.now().toISOString();
  return [
    orderEvent('order.updated', patient.patient.patientIdentifier, order),
    orderEvent('results.released', patient.patient.patientIdentifier, order),
  ];
}

function requisition(
  order: Order,
  visit: LabVisitElement,
  around: Surroundings,
): NonNullable<Order['relatedDocuments']>[number] {
  const id = around.id();
  return {
    id,
    name: `Requisition for ${visit.labName}`,
    mediaType: 'application/pdf',
    createdTimestamp: around.now().toISOString(),
    downloadUrl: `https://sandbox.example.com/documents/${order.id}-${id}.pdf`,
  };
}

function madeUpCode(prefix: string, around: Surroundings): string {
  if (prefix === '') return String(around.random.int(10_000_000, 99_999_999));
  const letter = (): string => String.fromCharCode(around.random.int(65, 90));
  return `${prefix}-${letter()}${letter()}${letter()}${letter()}`;
}

const isComplete = (element: OrderElement): boolean => element.status === 'COMPLETED';

const allComplete = (order: Order): boolean => order.elements.every(isComplete);

function firstOf<T>(items: readonly T[], find: (item: T) => Move | undefined): Move | undefined {
  for (const item of items) {
    const move = find(item);
    if (move) return move;
  }
  return undefined;
}
