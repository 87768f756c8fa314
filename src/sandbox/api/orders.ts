import type { components } from '../../generated/api-types';
import { packageOf } from '../data/catalog';
import { activate } from '../domain/element-transitions';
import { validationError, type FieldFault } from '../http/errors';
import { fulfillmentEvent, orderEvent, patientEvent, type SandboxEvent } from '../webhooks/events';
import type { OrderState, PatientState } from '../domain/model';
import { createOrder } from '../domain/new-order';
import { canActivate, codeFits, kits, labVisits, prefixOf } from '../domain/order-parts';
import { orderOf } from '../domain/store';
import { addPatient, changePatient, checkBirth } from './patients';
import { created, editPatient, findOrder, ok, page, readPatient, type Handler } from './call';

type Schemas = components['schemas'];
type CreateOrderRequest = Schemas['CreateOrderRequest'];
type UpdateOrderRequest = Schemas['UpdateOrderRequest'];
type Changes = Pick<UpdateOrderRequest, 'kitActivations' | 'labAppointments'>;

export const orderHandlers: Record<string, Handler> = {
  listPatientOrders: (call) =>
    page(
      call,
      'orders',
      readPatient(call).orders.map(({ order }) => order),
    ),

  patientOrderDetails: (call) => ok(findOrder(readPatient(call), call).order),

  createPatientOrder: (call) => {
    const { services: services, events } = call;
    const body = call.body as CreateOrderRequest;
    const patientIdentifier = call.params.patientIdentifier ?? '';
    checkBirth(body.patientInformation.dateOfBirth, 'patientInformation.dateOfBirth');
    const known = services.store.read(patientIdentifier);
    if (known && orderOf(known, body.orderIdentifier)) {
      // What the vendor answers to a second order of that name is not documented.
      throw validationError(409, {
        fieldErrors: [{ fieldName: 'orderIdentifier', message: 'is already in use for this patient' }],
      });
    }
    const state = newOrder(body, services.context);
    rejectFaults(state, body);
    const patient =
      services.store.edit(patientIdentifier) ??
      addPatient(call, patientIdentifier, { ...body.patientInformation });
    patient.orders.push(state);
    events.push(orderEvent('order.created', patientIdentifier, state.order));
    if (state.fulfillment) events.push(fulfillmentEvent('fulfillment.requested', state.fulfillment));
    events.push(...applyChanges(patient, state, body));
    services.lifecycle.follow(patient, state);
    return created(state.order);
  },

  updatePatientOrder: (call) => {
    const patient = editPatient(call);
    const state = findOrder(patient, call);
    const body = call.body as UpdateOrderRequest;
    rejectFaults(state, body);
    const { patientIdentifier } = patient.patient;
    if (body.patientInformation) {
      checkBirth(body.patientInformation.dateOfBirth, 'patientInformation.dateOfBirth');
      changePatient(patient, { ...body.patientInformation });
      call.events.push(patientEvent('patient.updated', patient.patient));
    }
    if (body.notes !== undefined) state.order.notes = body.notes;
    call.events.push(...applyChanges(patient, state, body));
    if (body.notes !== undefined || body.patientInformation || body.labAppointments?.length) {
      call.events.push(orderEvent('order.updated', patientIdentifier, state.order));
    }
    call.services.lifecycle.follow(patient, state);
    return ok(state.order);
  },
};

function newOrder(body: CreateOrderRequest, around: Parameters<typeof createOrder>[1]): OrderState {
  const ordered = packageOf(body.packageIdentifier);
  if (!ordered) {
    throw validationError(400, {
      fieldErrors: [{ fieldName: 'packageIdentifier', message: 'is not a package of this account' }],
    });
  }
  const { orderIdentifier, notes, fulfillmentInformation } = body;
  return createOrder(
    {
      orderIdentifier,
      package: ordered,
      ...(notes !== undefined && { notes }),
      ...(fulfillmentInformation && { fulfillmentInformation }),
    },
    around,
  );
}

/** Checks all changes before the first is made, so that a rejected request leaves nothing behind. */
function rejectFaults(state: OrderState, { kitActivations = [], labAppointments = [] }: Changes): void {
  const fieldErrors = [
    ...kitActivations.flatMap((activation, index) => activationFault(state, activation, index)),
    ...repeated(kitActivations.map(({ packageElementIdentifier }) => packageElementIdentifier)),
    ...labAppointments.flatMap((appointment, index) => appointmentFault(state, appointment, index)),
  ];
  if (fieldErrors.length > 0) throw validationError(400, { fieldErrors });
}

const repeated = (elements: readonly string[]): FieldFault[] =>
  new Set(elements).size === elements.length
    ? []
    : [{ fieldName: 'kitActivations', message: 'names a kit more than once' }];

function activationFault(state: OrderState, wanted: Schemas['KitActivation'], index: number): FieldFault[] {
  const fault = (member: string, message: string): FieldFault[] => [
    { fieldName: `kitActivations[${index}].${member}`, message },
  ];
  const kit = kits(state.order).find(
    (candidate) => candidate.packageElementIdentifier === wanted.packageElementIdentifier,
  );
  if (!kit) return fault('packageElementIdentifier', 'is not a kit of this order');
  if (!codeFits(prefixOf(state.order, kit), wanted.activationCode)) {
    return fault('activationCode', 'is not a valid activation code of this kit');
  }
  if (canActivate(state, kit)) return [];
  return fault(
    'packageElementIdentifier',
    kit.status === 'UNREGISTERED' ? 'has not been shipped yet' : 'has been activated before',
  );
}

function appointmentFault(
  state: OrderState,
  wanted: Schemas['LabVisitAppointment'],
  index: number,
): FieldFault[] {
  const fieldName = `labAppointments[${index}].packageElementIdentifier`;
  const visit = labVisits(state.order).find(
    (candidate) => candidate.packageElementIdentifier === wanted.packageElementIdentifier,
  );
  if (!visit) return [{ fieldName, message: 'is not a lab visit of this order' }];
  const open = visit.status === 'REQUISITIONED' || visit.status === 'SCHEDULED';
  return open ? [] : [{ fieldName, message: `cannot be scheduled while it is ${visit.status}` }];
}

function applyChanges(
  patient: PatientState,
  { order }: OrderState,
  { kitActivations = [], labAppointments = [] }: Changes,
): SandboxEvent[] {
  for (const { packageElementIdentifier, scheduled } of labAppointments) {
    const visit = labVisits(order).find(
      (entry) => entry.packageElementIdentifier === packageElementIdentifier,
    );
    if (visit) visit.status = scheduled ? 'SCHEDULED' : 'REQUISITIONED';
  }
  return kitActivations.flatMap(({ packageElementIdentifier, activationCode }) => {
    const kit = kits(order).find((entry) => entry.packageElementIdentifier === packageElementIdentifier);
    return kit ? activate(patient, order, kit, activationCode) : [];
  });
}
