import { agreementDocuments } from '../data/catalog';
import { notFound, validationError, type FieldFault } from '../http/errors';
import { patientEvent } from '../webhooks/events';
import type { Agreement, Patient, PatientState } from '../domain/model';
import { created, editPatient, ok, page, readPatient, slice, type Call, type Handler } from './call';

type Members = Record<string, unknown>;

export const patientHandlers: Record<string, Handler> = {
  listPatients: (call) => {
    const { store } = call.services;
    const { pageNumber, start, end } = slice(call);
    const patients = store.patients(start, end);
    return ok({
      pageNumber,
      numberOfElements: patients.length,
      totalNumberOfElements: store.patientCount,
      patients,
    });
  },

  createPatient: (call) => {
    const members = call.body as Members;
    const faults = ['patientIdentifier', 'firstName', 'lastName', 'dateOfBirth']
      .filter((name) => typeof members[name] !== 'string' || members[name] === '')
      .map((fieldName) => ({ fieldName, message: 'is required' }));
    if (faults.length > 0) throw validationError(400, { fieldErrors: faults });
    checkBirth(members.dateOfBirth);
    const patientIdentifier = String(members.patientIdentifier);
    if (call.services.store.read(patientIdentifier)) {
      throw validationError(409, {
        fieldErrors: [{ fieldName: 'patientIdentifier', message: 'is already in use' }],
      });
    }
    return created(addPatient(call, patientIdentifier, members).patient);
  },

  patientDetails: (call) => ok(readPatient(call).patient),

  updatePatient: (call) => {
    const state = editPatient(call);
    changePatient(state, call.body as Members);
    call.events.push(patientEvent('patient.updated', state.patient));
    return ok(state.patient);
  },

  updatePatientAgreements: (call) => {
    const state = editPatient(call);
    const agreements = agreementsOf(state);
    const answers = agreementAnswers(call.body).map(({ documentIdentifier, patientResponse }) => {
      const agreement = agreements.find((entry) => entry.documentIdentifier === documentIdentifier);
      if (!agreement) throw validationError(400, { globalErrors: ['There is no such agreement document.'] });
      return { agreement, patientResponse };
    });
    for (const { agreement, patientResponse } of answers) {
      agreement.patientResponse = patientResponse === 'ACCEPT' ? 'ACCEPTED' : 'DECLINED';
      agreement.respondedTimestamp = call.services.context.now().toISOString();
    }
    return ok({ agreements });
  },

  listPatientAgreementDocuments: (call) =>
    page(
      call,
      'agreementDocuments',
      agreementDocuments.map(({ documentIdentifier, name, version, mediaType }) => ({
        documentIdentifier,
        name,
        version,
        mediaType,
      })),
    ),

  getPatientAgreementDocument: ({ params }) => {
    const found = agreementDocuments.find(
      ({ documentIdentifier }) => documentIdentifier === params.documentIdentifier,
    );
    if (!found) throw notFound('agreement document');
    return ok(found);
  },
};

/** Adds a patient that is not there yet and tells so by webhook. */
export function addPatient(
  { services: services, events }: Call,
  patientIdentifier: string,
  { healthProfile = {}, ...members }: Members,
): PatientState {
  const patient = {
    ...members,
    id: services.store.id(),
    patientIdentifier,
    healthProfile,
    createdTimestamp: services.context.now().toISOString(),
  } as Patient;
  const state = services.store.create(patient);
  events.push(patientEvent('patient.created', patient));
  return state;
}

/** Takes over the members that are given; keys of the health profile that are not given stay. */
export function changePatient({ patient }: PatientState, { healthProfile = {}, ...members }: Members): void {
  const fixed = ['id', 'patientIdentifier', 'createdTimestamp'].filter(
    (name) => name in members && members[name] !== patient[name],
  );
  if (fixed.length > 0) {
    throw validationError(400, {
      fieldErrors: fixed.map((fieldName) => ({ fieldName, message: 'cannot be changed' })),
    });
  }
  if ('dateOfBirth' in members) checkBirth(members.dateOfBirth);
  Object.assign(patient, members, {
    healthProfile: { ...patient.healthProfile, ...(healthProfile as Members) },
  });
}

/** @throws ApiError 400 for anything but a day as YYYY-MM-DD: the sandbox takes the form that the widgets write. */
export function checkBirth(value: unknown, fieldName = 'dateOfBirth'): void {
  const text = typeof value === 'string' && /^\d{4}-\d{2}-\d{2}$/.test(value) ? value : '';
  const time = Date.parse(text);
  if (!Number.isNaN(time) && new Date(time).toISOString().startsWith(text)) return;
  const fault: FieldFault = { fieldName, message: 'must be a day as YYYY-MM-DD' };
  throw validationError(400, { fieldErrors: [fault] });
}

/** What a patient has answered to each document, made up to PENDING where nothing was answered. */
function agreementsOf(state: PatientState): Agreement[] {
  for (const { documentIdentifier } of agreementDocuments) {
    if (!state.agreements.some((entry) => entry.documentIdentifier === documentIdentifier)) {
      state.agreements.push({ documentIdentifier, patientResponse: 'PENDING' });
    }
  }
  return state.agreements;
}

/**
 * The body's shape is not documented, so the sandbox takes an array, one answer, or a wrapper with one array.
 * @throws ApiError 400 when an answer lacks its document or response.
 */
function agreementAnswers(body: unknown): { documentIdentifier: string; patientResponse: string }[] {
  const inner = Array.isArray(body)
    ? (body as unknown[])
    : Object.values(body as Members).find(Array.isArray);
  const answers = ((inner as unknown[] | undefined) ?? [body]) as Members[];
  return answers.map((answer) => {
    const { documentIdentifier, patientResponse } = answer;
    if (
      typeof documentIdentifier !== 'string' ||
      (patientResponse !== 'ACCEPT' && patientResponse !== 'DECLINE')
    ) {
      throw validationError(400, {
        globalErrors: ['Each answer needs documentIdentifier, and ACCEPT or DECLINE as patientResponse.'],
      });
    }
    return { documentIdentifier, patientResponse };
  });
}
