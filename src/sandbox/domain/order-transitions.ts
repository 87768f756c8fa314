/**
 * The life of an order as a state machine without timers, so that the same rules make live orders move and seeded
 * orders look as if they had moved. The vendor documents the names of the statuses and no transitions: these are
 * the sandbox's.
 */
import { completion, kitMove, patientMoves, setbacks, visitMove } from './element-transitions';
import { fulfillmentEvent, orderEvent, shippedEvent, type SandboxEvent } from '../webhooks/events';
import type { OrderState, PatientState, Surroundings } from './model';
import { allComplete, kits, labVisits } from './order-parts';

/** Something that can happen to an order now. */
export interface Move {
  name: string;
  /** The packageElementIdentifier of what moves, where it is one element. */
  element?: string;
  /**
   * `sandbox`: happens by itself. `patient`: waits for the client, unless it is moved on by hand. `hand`: a setback,
   * which never happens by itself.
   */
  by: 'sandbox' | 'patient' | 'hand';
  make(around: Surroundings): SandboxEvent[];
}

/** @returns All that can happen now: what happens by itself first, then what waits for the patient, then setbacks. */
export function moves(patient: PatientState, state: OrderState): Move[] {
  const { order } = state;
  if (order.completed) return [];
  const all = [
    shipmentMove(patient, state),
    ...labVisits(order).map((visit) => visitMove(patient, order, visit)),
    ...kits(order).map((kit) => kitMove(patient, order, kit)),
    allComplete(order) ? completion(patient, order) : undefined,
    ...patientMoves(patient, state),
    ...shipmentSetbacks(state),
    ...setbacks(patient, order),
  ];
  return all.filter((move) => move !== undefined);
}

/** @returns The next step forward, those that happen by themselves first; undefined when the order is complete. */
export const nextMove = (patient: PatientState, state: OrderState): Move | undefined =>
  moves(patient, state).find(({ by }) => by !== 'hand');

function shipmentMove({ patient }: PatientState, { order, fulfillment }: OrderState): Move | undefined {
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

/** A shipment can be rejected until it is accepted, and canceled until it has left. */
function shipmentSetbacks({ fulfillment }: OrderState): Move[] {
  if (fulfillment?.status !== 'REQUESTED' && fulfillment?.status !== 'ACCEPTED') return [];
  const stop = (name: string, status: 'REJECTED' | 'CANCELED'): Move => ({
    name,
    by: 'hand',
    make: () => {
      fulfillment.status = status;
      const topic = status === 'REJECTED' ? 'fulfillment.rejected' : 'fulfillment.canceled';
      return [fulfillmentEvent(topic, fulfillment)];
    },
  });
  const cancel = stop('cancel shipment', 'CANCELED');
  return fulfillment.status === 'REQUESTED' ? [stop('reject shipment', 'REJECTED'), cancel] : [cancel];
}
