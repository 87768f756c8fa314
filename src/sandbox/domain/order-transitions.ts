/**
 * The life of an order as a state machine without timers, so that the same rules make live orders move and seeded
 * orders look as if they had moved. The vendor documents the names of the statuses and no transitions: these are
 * the sandbox's.
 */
import { completion, kitMove, patientMoves, reversals, visitMove } from './element-transitions';
import { fulfillmentEvent, orderEvent, shippedEvent, type SandboxEvent } from '../webhooks/events';
import type { OrderState, PatientState, SimulationContext } from './model';
import { allComplete, kits, labVisits } from './order-parts';

/** Something that can happen to an order now. */
export interface Transition {
  name: string;
  /** The packageElementIdentifier of what moves, where it is one element. */
  element?: string;
  /**
   * `sandbox`: happens by itself. `patient`: waits for the client, unless it is moved on by hand. `hand`: a setback,
   * which never happens by itself.
   */
  by: 'sandbox' | 'patient' | 'hand';
  apply(around: SimulationContext): SandboxEvent[];
}

/** @returns All that can happen now: what happens by itself first, then what waits for the patient, then setbacks. */
export function moves(patient: PatientState, state: OrderState): Transition[] {
  const { order } = state;
  if (order.completed) return [];
  const all = [
    shipmentMove(patient, state),
    ...labVisits(order).map((visit) => visitMove(patient, order, visit)),
    ...kits(order).map((kit) => kitMove(patient, order, kit)),
    allComplete(order) ? completion(patient, order) : undefined,
    ...patientMoves(patient, state),
    ...shipmentSetbacks(state),
    ...reversals(patient, order),
  ];
  return all.filter((move) => move !== undefined);
}

/** @returns The next step forward, those that happen by themselves first; undefined when the order is complete. */
export const nextMove = (patient: PatientState, state: OrderState): Transition | undefined =>
  moves(patient, state).find(({ by }) => by !== 'hand');

function shipmentMove({ patient }: PatientState, { order, fulfillment }: OrderState): Transition | undefined {
  if (fulfillment?.status === 'REQUESTED') {
    return {
      name: 'accept shipment',
      by: 'sandbox',
      apply: () => {
        fulfillment.status = 'ACCEPTED';
        return [fulfillmentEvent('fulfillment.accepted', fulfillment)];
      },
    };
  }
  if (fulfillment?.status !== 'ACCEPTED') return undefined;
  return {
    name: 'ship',
    by: 'sandbox',
    apply: () => {
      fulfillment.status = 'SHIPPED';
      for (const kit of kits(order)) if (kit.status === 'UNREGISTERED') kit.status = 'NOT_ACTIVATED';
      // A fulfillment event names no order, so the order says of itself that something changed.
      return [shippedEvent(fulfillment), orderEvent('order.updated', patient.patientIdentifier, order)];
    },
  };
}

/** A shipment can be rejected until it is accepted, and canceled until it has left. */
function shipmentSetbacks({ fulfillment }: OrderState): Transition[] {
  if (fulfillment?.status !== 'REQUESTED' && fulfillment?.status !== 'ACCEPTED') return [];
  const stop = (name: string, status: 'REJECTED' | 'CANCELED'): Transition => ({
    name,
    by: 'hand',
    apply: () => {
      fulfillment.status = status;
      const topic = status === 'REJECTED' ? 'fulfillment.rejected' : 'fulfillment.canceled';
      return [fulfillmentEvent(topic, fulfillment)];
    },
  });
  const cancel = stop('cancel shipment', 'CANCELED');
  return fulfillment.status === 'REQUESTED' ? [stop('reject shipment', 'REJECTED'), cancel] : [cancel];
}
