import { type FieldError, validationError } from '../errors';
import { asObject } from '../http/response';
import { type Question, questionsOf } from './surveys';

/** What the API takes: flat, every value a text. */
export type Responses = Record<string, string>;

/** A value that does not fit its question. */
class InvalidAnswer extends Error {
  constructor(readonly reason: 'type' | 'option' | 'unknown') {
    super(reason);
  }
}

/**
 * Turns answers as people write them into the flat map of texts that the vendor's widget sends.
 *
 * Answers go by the question's key: a text or number; a date as YYYY-MM-DD or mm/dd/yyyy; for `choice` the
 * option's key, or true and false where the options mean yes and no; for `multiChoice` a list of option keys; for
 * `rating` an object that gives each row's key a position from 1, or a label of the scale. An option that asks for
 * words is given as `{ [key]: words }`. `null` leaves a question out. The keys of the flat map are understood too.
 * @param survey the survey, in the wrapper `survey` or not
 * @throws OnegevityError `bad_body`, whose `fieldErrors` name questions and never hold an answer
 */
export function toResponses(survey: unknown, answers: Readonly<Record<string, unknown>>): Responses {
  const questions = questionsOf(survey);
  const responses: Responses = {};
  const faults: Required<FieldError>[] = [];
  for (const [key, value] of Object.entries(answers)) {
    if (value === null || value === undefined) continue;
    try {
      Object.assign(responses, responsesTo(questions, key, value));
    } catch (error) {
      if (!(error instanceof InvalidAnswer)) throw error;
      faults.push({ fieldName: key, message: error.reason });
    }
  }
  if (faults.length === 0) return responses;
  throw validationError(faults);
}

function responsesTo(questions: readonly Question[], key: string, value: unknown): Responses {
  const asked = questions.find((question) => question.key === key);
  if (asked) return converters.get(asked.type)?.(asked, value) ?? { [key]: text(value) };
  const owner = questions.find(({ type, options, rows }) => {
    const keys = type === 'rating' ? rows : type === 'multiChoice' ? options : [];
    return keys.some((option) => option.key === key);
  });
  if (owner?.type === 'rating') return { [key]: position(owner, value) };
  if (owner || isInput(questions, key)) return { [key]: text(value) };
  throw new InvalidAnswer('unknown');
}

/** The words that belong to an option, by their key in the flat map. */
function isInput(questions: readonly Question[], key: string): boolean {
  const name = /^(.+)_INPUT$/.exec(key)?.[1];
  return questions.some(
    (question) => question.key === name || question.options.some((one) => one.key === name),
  );
}

type Converter = (question: Question, value: unknown) => Responses;

/** By question type; what is not listed is sent as text under the question's key. */
const converters = new Map<string, Converter>([
  ['numeric', ({ key }, value) => ({ [key]: numberText(value) })],
  ['date', ({ key }, value) => ({ [key]: dateText(value) })],
  ['choice', choice],
  ['multiChoice', multiChoice],
  ['rating', rating],
]);

function choice(question: Question, value: unknown): Responses {
  const [one, ...more] = Array.isArray(value) ? (value as unknown[]) : [value];
  if (more.length > 0) throw new InvalidAnswer('type');
  const chosen = [...chosenOptions(question, typeof one === 'boolean' ? yesOrNo(question, one) : one)].filter(
    ([, text]) => text !== false,
  );
  const [option] = chosen;
  if (!option || chosen.length > 1) throw new InvalidAnswer('type');
  const [key, text] = option;
  return { [question.key]: key, ...(typeof text === 'string' ? { [`${question.key}_INPUT`]: text } : {}) };
}

/** As the widget does, every option is said to be chosen or not. */
function multiChoice(question: Question, value: unknown): Responses {
  const chosen = new Map<string, string | boolean>();
  for (const one of Array.isArray(value) ? (value as unknown[]) : [value]) {
    for (const [key, text] of chosenOptions(question, one)) chosen.set(key, text);
  }
  const responses: Responses = {};
  for (const { key } of question.options) {
    const text = chosen.get(key) ?? false;
    responses[key] = String(text !== false);
    if (typeof text === 'string') responses[`${key}_INPUT`] = text;
  }
  return responses;
}

/** Reads `KEY`, `{ KEY: true }` or `{ KEY: 'words' }`. */
function chosenOptions({ options }: Question, value: unknown): Map<string, string | boolean> {
  const chosen = asObject(value) ?? { [text(value)]: true };
  return new Map(
    Object.entries(chosen).map(([key, text]) => {
      const option = options.find((one) => one.key === key);
      if (!option || (typeof text === 'string' && !option.asksForWords)) throw new InvalidAnswer('option');
      if (typeof text !== 'string' && typeof text !== 'boolean') throw new InvalidAnswer('type');
      return [key, text];
    }),
  );
}

/** The key of the option that means yes or no. */
function yesOrNo({ options }: Question, value: boolean): string {
  const text = value ? ['true', 'yes'] : ['false', 'no'];
  const meant = options.filter(({ key }) => text.includes(key.toLowerCase()));
  if (meant.length !== 1 || !meant[0]) throw new InvalidAnswer('option');
  return meant[0].key;
}

function rating(question: Question, value: unknown): Responses {
  const rows = asObject(value);
  if (!rows) throw new InvalidAnswer('type');
  return Object.fromEntries(
    Object.entries(rows).flatMap(([key, place]) => {
      if (!question.rows.some((row) => row.key === key)) throw new InvalidAnswer('option');
      return place === null || place === undefined ? [] : [[key, position(question, place)]];
    }),
  );
}

/** @returns the position in the scale, from 1 */
function position({ scale }: Question, value: unknown): string {
  const place = scale.findIndex((label) => label === value) + 1 || Number(text(value));
  if (!Number.isInteger(place) || place < 1 || place > scale.length) throw new InvalidAnswer('option');
  return String(place);
}

function numberText(value: unknown): string {
  const written = text(value).trim();
  if (written === '' || !Number.isFinite(Number(written))) throw new InvalidAnswer('type');
  return written;
}

/** @returns mm/dd/yyyy, which the widget sends and needs */
function dateText(value: unknown): string {
  const written = value instanceof Date ? isoText(value) : text(value).trim();
  const [, year, month, day] = /^(\d{4})-(\d{2})-(\d{2})(?:T.*)?$/.exec(written) ?? [];
  const date = year ? `${month}/${day}/${year}` : written;
  if (!isDate(date)) throw new InvalidAnswer('type');
  return date;
}

function isoText(date: Date): string {
  return Number.isNaN(date.getTime()) ? '' : date.toISOString();
}

function isDate(date: string): boolean {
  const [, month, day, year] = /^(\d{2})\/(\d{2})\/(\d{4})$/.exec(date) ?? [];
  // A day that its month does not have falls into another month.
  const real = new Date(Date.UTC(Number(year), Number(month) - 1, Number(day)));
  return real.getUTCMonth() === Number(month) - 1;
}

function text(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'boolean' || (typeof value === 'number' && Number.isFinite(value)))
    return String(value);
  throw new InvalidAnswer('type');
}

/**
 * Reads a survey's answers back, in the form that {@link toResponses} takes; what is not answered is left out.
 * @param survey a patient's survey, in the wrapper `survey` or not
 */
export function answersOf(survey: unknown): Record<string, unknown> {
  const answers = questionsOf(survey).flatMap((question) => {
    const answer = answerTo(question);
    return answer === undefined ? [] : [[question.key, answer] as const];
  });
  return Object.fromEntries(answers);
}

function answerTo({ type, value, options, rows }: Question): unknown {
  const chosen = options
    .filter(({ key, selected }) => selected || (type === 'choice' && key === value))
    .map(({ key, value: text, asksForWords }) => (asksForWords && text ? { [key]: text } : key));
  switch (type) {
    case 'choice':
      return chosen[0];
    case 'multiChoice':
      return chosen.length > 0 ? chosen : undefined;
    case 'rating': {
      const places = rows.filter((row) => row.value).map((row) => [row.key, Number(row.value)] as const);
      return places.length > 0 ? Object.fromEntries(places) : undefined;
    }
    case 'numeric':
      return value && Number.isFinite(Number(value)) ? Number(value) : value;
    case 'date':
      return value?.replace(/^(\d{2})\/(\d{2})\/(\d{4})$/, '$3-$1-$2');
    default:
      return value;
  }
}
