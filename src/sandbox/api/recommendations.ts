import type { components } from '../../generated/api-types';
import { generalError, notFound } from '../http/errors';
import type { PatientState, Recommendation } from '../domain/model';
import { editPatient, idOf, ok, page, readPatient, several, type Call, type Handler } from './call';

type Schemas = components['schemas'];

export const recommendationHandlers: Record<string, Handler> = {
  listPatientRecommendations: (call) => {
    const { query } = call;
    const after = moment(query.createdAfter, 'createdAfter') ?? -Infinity;
    const before = moment(query.createdBefore, 'createdBefore') ?? Infinity;
    const types = several(query.recommendationType);
    const shown = readPatient(call).recommendations.filter((recommendation) => {
      const time = Date.parse(recommendation.createdTimestamp);
      return (
        (!recommendation.archived || query.includeArchived === 'true') &&
        time >= after &&
        time < before &&
        (types?.includes(recommendation.recommendationType) ?? true)
      );
    });
    return page(call, 'recommendations', shown.map(summary));
  },

  patientRecommendationDetails: (call) => ok(find(readPatient(call), call)),

  updatePatientRecommendation: (call) => {
    const recommendation = find(editPatient(call), call);
    recommendation.archived = (call.body as Schemas['UpdateRecommendationRequest']).archived;
    return ok(recommendation);
  },
};

function find(patient: PatientState, { params }: Call): Recommendation {
  const id = idOf(params.recommendationId, 'recommendation');
  const found = patient.recommendations.find((recommendation) => recommendation.id === id);
  if (!found) throw notFound('recommendation');
  return found;
}

const summary = (recommendation: Recommendation): Schemas['RecommendationSummary'] => ({
  id: recommendation.id,
  name: recommendation.name,
  recommendationType: recommendation.recommendationType,
  ...(recommendation.category !== undefined && { category: recommendation.category }),
  summary: recommendation.content.replace(/<[^>]*>/g, ''),
  archived: recommendation.archived,
  createdTimestamp: recommendation.createdTimestamp,
});

/**
 * @returns Epoch milliseconds of a filter's date, undefined when it is not given. The format is not documented: the
 *   sandbox takes ISO 8601.
 */
function moment(value: string | string[] | undefined, name: string): number | undefined {
  if (value === undefined) return undefined;
  const time = typeof value === 'string' && /^\d{4}-\d{2}-\d{2}/.test(value) ? Date.parse(value) : NaN;
  if (Number.isNaN(time)) throw generalError(400, `${name} must be an ISO 8601 date.`);
  return time;
}
