/** What can happen to the elements of an order: kits, lab visits and surveys. */
import { kitEvent, orderEvent, type SandboxEvent } from '../webhooks/events';
import type { Transition } from './order-transitions';
import type {
  KitElement,
  LabVisitElement,
  Order,
  OrderState,
  PatientState,
  SimulationContext,
  SurveyElement,
} from './model';
import {
  allComplete,
  canActivate,
  isComplete,
  kits,
  labVisits,
  prefixOf,
  surveyElements,
} from './order-parts';
import { makeReport } from './reports';

const updated = ({ patient }: PatientState, order: Order): SandboxEvent[] => [
  orderEvent('order.updated', patient.patientIdentifier, order),
];

export function visitMove(
  patient: PatientState,
  order: Order,
  visit: LabVisitElement,
): Transition | undefined {
  const move = (name: string, change: (around: SimulationContext) => void): Transition => ({
    name,
    element: visit.packageElementIdentifier,
    by: 'sandbox',
    apply: (around) => {
      change(around);
      return updated(patient, order);
    },
  });
  switch (visit.status) {
    case 'NOT_REQUISITIONED':
      return move('requisition lab visit', (around) => {
        visit.status = 'REQUISITIONED';
        order.relatedDocuments = [...(order.relatedDocuments ?? []), requisition(order, visit, around)];
      });
    case 'SCHEDULED':
      return move('attend lab visit', () => {
        visit.status = 'ATTENDED';
      });
    case 'ATTENDED':
      return move('complete lab visit', (around) => {
        visit.status = 'COMPLETED';
        visit.completedTimestamp = around.now().toISOString();
      });
    case 'REQUISITIONED':
    case 'COMPLETED':
      return undefined;
  }
}

/** The lab is done with a kit last: the vendor's widget does not show an open order whose kit is complete. */
export function kitMove(patient: PatientState, order: Order, kit: KitElement): Transition | undefined {
  const element = kit.packageElementIdentifier;
  if (kit.status === 'ACTIVATED') {
    return {
      name: 'receive kit at lab',
      element,
      by: 'sandbox',
      apply: () => {
        kit.status = 'AT_LAB';
        return updated(patient, order);
      },
    };
  }
  const othersDone = order.elements.every(
    (other) => other === kit || isComplete(other) || (other.type === 'kit' && other.status === 'AT_LAB'),
  );
  if (kit.status !== 'AT_LAB' || !othersDone) return undefined;
  return {
    name: 'complete kit',
    element,
    by: 'sandbox',
    apply: (around) => {
      kit.status = 'COMPLETED';
      kit.completedTimestamp = around.now().toISOString();
      return allComplete(order) ? complete(patient, order, around) : updated(patient, order);
    },
  };
}

export const completion = (patient: PatientState, order: Order): Transition => ({
  name: 'complete',
  by: 'sandbox',
  apply: (around) => complete(patient, order, around),
});

/** What waits for the patient or the client, done for them when the order is moved on by hand. */
export function patientMoves(patient: PatientState, state: OrderState): Transition[] {
  const { order } = state;
  return [
    ...kits(order)
      .filter((kit) => canActivate(state, kit))
      .map((kit) => ({
        ...mark('activate kit', kit),
        apply: (around: SimulationContext) =>
          activate(patient, order, kit, madeUpCode(prefixOf(order, kit), around)),
      })),
    ...labVisits(order)
      .filter(({ status }) => status === 'REQUISITIONED')
      .map((visit) => ({
        ...mark('schedule lab visit', visit),
        apply: () => {
          visit.status = 'SCHEDULED';
          return updated(patient, order);
        },
      })),
    ...surveyElements(order)
      .filter((survey) => !isComplete(survey))
      .map((survey) => ({
        ...mark('answer survey', survey),
        apply: (around: SimulationContext) => {
          completeSurvey(survey, survey.version ?? 1, around.now());
          return updated(patient, order);
        },
      })),
  ];
}

const mark = (name: string, { packageElementIdentifier: element }: { packageElementIdentifier: string }) =>
  ({ name, element, by: 'patient' }) as const;

/** Steps back that only a person takes: a sample that the lab cannot use, an appointment that is called off. */
export function reversals(patient: PatientState, order: Order): Transition[] {
  const back = (name: string, element: string, change: () => void): Transition => ({
    name,
    element,
    by: 'hand',
    apply: () => {
      change();
      return updated(patient, order);
    },
  });
  return [
    ...kits(order)
      .filter(({ status }) => status === 'ACTIVATED' || status === 'AT_LAB')
      .map((kit) =>
        back('reject sample', kit.packageElementIdentifier, () => {
          kit.status = 'NOT_ACTIVATED';
        }),
      ),
    ...labVisits(order)
      .filter(({ status }) => status === 'SCHEDULED')
      .map((visit) =>
        back('cancel appointment', visit.packageElementIdentifier, () => {
          visit.status = 'REQUISITIONED';
        }),
      ),
  ];
}

export function activate(
  { patient }: PatientState,
  order: Order,
  kit: KitElement,
  activationCode: string,
): SandboxEvent[] {
  kit.status = 'ACTIVATED';
  return [kitEvent(patient.patientIdentifier, order, activationCode)];
}

export function completeSurvey(survey: SurveyElement, version: number, now: Date): void {
  survey.status = 'COMPLETED';
  survey.version = version;
  survey.completedTimestamp = now.toISOString();
}

function complete(patient: PatientState, order: Order, around: SimulationContext): SandboxEvent[] {
  const { details, recommendations } = makeReport(patient.patient, order, around);
  const { orderIdentifier, packageIdentifier } = order;
  patient.reports.push({ orderIdentifier, packageIdentifier, details });
  patient.recommendations.push(...recommendations);
  order.completed = true;
  order.completedTimestamp = around.now().toISOString();
  const released = orderEvent('results.released', patient.patient.patientIdentifier, order);
  return [...updated(patient, order), released];
}

function requisition(
  order: Order,
  visit: LabVisitElement,
  around: SimulationContext,
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

function madeUpCode(prefix: string, around: SimulationContext): string {
  if (prefix === '') return String(around.random.int(10_000_000, 99_999_999));
  const letter = (): string => String.fromCharCode(around.random.int(65, 90));
  return `${prefix}-${letter()}${letter()}${letter()}${letter()}`;
}
