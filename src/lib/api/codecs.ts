import { OnegevityError } from '../errors';
import type { Operation } from './operation';
import { asObject } from '../http/response';
import { isSurvey } from '../onegevity/surveys';
import { answersOf, toResponses } from '../onegevity/survey-answers';

/**
 * Reads with another operation of the description, for the same parameters.
 * @param verify what the response must show beside what its operation asks for
 */
export type ReadFirst = (operationId: string, verify: (body: unknown) => boolean) => Promise<unknown>;

/** What an operation's body and answer go through, so that people need not write them as the vendor does. */
export interface Codec {
  /** @throws OnegevityError `bad_body` */
  request(body: unknown, read: ReadFirst): Promise<unknown>;
  response(body: unknown): unknown;
}

/** By the name that `x-converts` of the description gives. */
const codecs: Readonly<Record<NonNullable<Operation['codec']>['as'], Codec>> = {
  surveyAnswers: { request: flattenAnswers, response: addAnswers },
};

/** @returns the codec of an operation, or undefined where its body and answer are left as they are */
export function codecOf({ codec }: Operation): Codec | undefined {
  return codec && codecs[codec.as];
}

/**
 * Takes answers from `answers`, or from `responses` where one of them is not a text; responses that are all texts
 * are the vendor's own form and go out as they are.
 */
async function flattenAnswers(body: unknown, read: ReadFirst): Promise<unknown> {
  const members = asObject(body);
  if (!members) return body;
  const { answers, ...others } = members;
  if (answers !== undefined && others.responses !== undefined) throw misplaced('answers');
  const name = answers === undefined ? 'responses' : 'answers';
  const given = asObject(members[name]);
  if (!given) throw misplaced(name);
  if (name === 'responses' && Object.values(given).every((value) => typeof value === 'string')) return body;
  return { ...others, responses: toResponses(await read('getPatientSurvey', isSurvey), given) };
}

function misplaced(name: string): OnegevityError {
  return new OnegevityError('bad_body', { values: { name }, fieldErrors: [{ fieldName: name }] });
}

/** Of what has no sections, "no answers" would be said of questions that nobody has seen. */
function addAnswers(body: unknown): unknown {
  const members = asObject(body);
  return members?.survey === undefined || !isSurvey(body) ? body : { ...members, answers: answersOf(body) };
}
