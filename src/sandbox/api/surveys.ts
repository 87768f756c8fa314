import type { components } from '../../generated/api-types';
import { completeSurvey } from '../domain/element-transitions';
import { notFound, validationError } from '../http/errors';
import { orderEvent } from '../webhooks/events';
import type { OrderState, PatientState, SurveyElement } from '../domain/model';
import { surveyElements } from '../domain/order-parts';
import { incomplete, surveyOf, surveys, withAnswers, type Survey } from '../domain/surveys';
import { editPatient, ok, page, readPatient, type Call, type Handler } from './call';

type SubmitSurveyRequest = components['schemas']['SubmitSurveyRequest'];

export const surveyHandlers: Record<string, Handler> = {
  listSurveys: (call) =>
    page(
      call,
      'surveys',
      surveys.map(({ key, name, version }) => ({ key, name, version })),
    ),

  surveyDetails: (call) => ok({ survey: find(call) }),

  getPatientSurvey: (call) => {
    const survey = find(call);
    const answers = readPatient(call).answers[survey.key];
    // The sandbox keeps the latest answers only: orderIdentifier and version do not select older ones.
    return ok({ survey: withAnswers(survey, answers?.responses ?? {}) });
  },

  submitPatientSurvey: (call) => {
    const survey = find(call);
    const patient = editPatient(call);
    const body = call.body as SubmitSurveyRequest;
    const { responses, complete } = body;
    const former = patient.answers[survey.key];
    const texts = Object.entries(responses).map(([key, value]) => [key, String(value)]);
    const merged = { ...former?.responses, ...(Object.fromEntries(texts) as Record<string, string>) };
    if (complete) {
      const fieldErrors = incomplete(survey, merged);
      if (fieldErrors.length > 0) throw validationError(400, { fieldErrors });
    }
    const orders = ordersWanted(patient, body);
    const version = (former?.version ?? 0) + 1;
    patient.answers[survey.key] = { version, responses: merged };
    Object.assign(patient.patient.healthProfile, merged);
    for (const state of orders) moveOrder(call, patient, state, survey.key, version, body);
    return ok({ key: survey.key, version, complete: complete === true });
  },
};

function find({ params }: Call): Survey {
  const survey = surveyOf(params.key ?? '');
  if (!survey) throw notFound('survey');
  return survey;
}

/** The widget sends `[null]` when it stands outside an order: that names none. */
function ordersWanted(patient: PatientState, { orderIdentifierFilters }: SubmitSurveyRequest): OrderState[] {
  const names = orderIdentifierFilters?.filter((name) => name !== null);
  if (!names) return patient.orders;
  return names.map((name) => {
    const found = patient.orders.find(({ order }) => order.orderIdentifier === name);
    if (found) return found;
    throw validationError(400, {
      fieldErrors: [{ fieldName: 'orderIdentifierFilters', message: 'names an order that does not exist' }],
    });
  });
}

/**
 * A final submission that asks to update orders completes their surveys, any other begins them. What the server
 * of the vendor does with the two flags is not documented.
 */
function moveOrder(
  { services: services, events }: Call,
  patient: PatientState,
  state: OrderState,
  surveyKey: string,
  version: number,
  { complete, updateOrders }: SubmitSurveyRequest,
): void {
  const open = surveyElements(state.order).filter(
    (element) => element.surveyKey === surveyKey && element.status !== 'COMPLETED',
  );
  if (open.length === 0) return;
  for (const element of open) {
    if (complete && updateOrders) completeSurvey(element, version, services.context.now());
    else beginSurvey(element, version);
  }
  events.push(orderEvent('order.updated', patient.patient.patientIdentifier, state.order));
  services.lifecycle.follow(patient, state);
}

function beginSurvey(element: SurveyElement, version: number): void {
  element.status = 'PARTIALLY_COMPLETED';
  element.version = version;
}
