import { generalError, notFound, validationError } from '../http/errors';
import { moves, nextMove } from '../domain/order-transitions';
import type { OrderState, PatientState } from '../domain/model';
import { orderOf } from '../domain/store';
import type { ControlCall, Controls } from './routes';
import type { ShownMove } from './state';

type Found = [PatientState, OrderState];

export function overview(controls: Controls, call: ControlCall) {
  return shown(...find(controls, call));
}

export function advanceOrder(controls: Controls, call: ControlCall) {
  const [patient, state] = find(controls, call);
  const move = controls.services.lifecycle.advance(patient, state);
  if (!move) throw generalError(409, 'The order is complete.');
  return { step: move.name, ...shown(patient, state) };
}

export function releaseOrder(controls: Controls, call: ControlCall) {
  const [patient, state] = find(controls, call);
  const steps = controls.services.lifecycle.release(patient, state);
  if (steps.length === 0) throw generalError(409, 'The order is complete.');
  return { steps, ...shown(patient, state) };
}

/** Makes the first setback of that kind that is possible: of the shipment, else of an element. */
export function setBack(controls: Controls, call: ControlCall, how: 'reject' | 'cancel') {
  const [patient, state] = find(controls, call);
  const setback = moves(patient, state).find(({ by, name }) => by === 'hand' && name.startsWith(how));
  if (!setback) throw generalError(409, `There is nothing in this order that can be ${how}ed now.`);
  return makeMove(controls, [patient, state], setback.name, setback.element);
}

/** Makes one of the moves that {@link overview} lists. */
export function moveOrder(controls: Controls, call: ControlCall) {
  const { name, element } = call.members;
  if (typeof name !== 'string' || (element !== undefined && typeof element !== 'string')) {
    throw validationError(400, { fieldErrors: [{ fieldName: 'name', message: 'must name a move' }] });
  }
  return makeMove(controls, find(controls, call), name, element);
}

function makeMove({ services }: Controls, [patient, state]: Found, name: string, element?: string) {
  const move = services.lifecycle.move(patient, state, name, element);
  if (!move) throw generalError(409, 'This move is not possible now.');
  return { step: move.name, ...shown(patient, state) };
}

function find({ services }: Controls, { params, query }: ControlCall): Found {
  const orderIdentifier = params.order ?? '';
  const owner = query.get('patientIdentifier');
  const owners = services.store
    .ownersOf(orderIdentifier)
    .filter(({ patient }) => owner === null || patient.patientIdentifier === owner);
  const [first, second] = owners;
  if (!first) throw notFound('order');
  if (second) throw generalError(409, 'Several patients have such an order: add ?patientIdentifier=.');
  const state = orderOf(first, orderIdentifier);
  if (!state) throw notFound('order');
  return [first, state];
}

function shown(patient: PatientState, state: OrderState) {
  const next = nextMove(patient, state);
  return {
    patientIdentifier: patient.patient.patientIdentifier,
    order: state.order,
    fulfillment: state.fulfillment ?? null,
    next: next ? { name: next.name, by: next.by } : null,
    moves: listed(patient, state),
  };
}

export const listed = (patient: PatientState, state: OrderState): ShownMove[] =>
  moves(patient, state).map(({ name, element, by }) => ({
    name,
    by,
    ...(element !== undefined && { element }),
  }));
