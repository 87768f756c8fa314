import { asObject } from '../http/response';

/** A question as far as its answers need it. What the vendor sends is known from its widget only. */
export interface Question {
  key: string;
  type: string;
  value: string | undefined;
  options: Option[];
  /** The lines of a rating, each answered by a position in the scale. */
  rows: Option[];
  /** Undefined where a position has no label. */
  scale: (string | undefined)[];
}

export interface Option {
  key: string;
  selected: boolean;
  asksForWords: boolean;
  /** A row's position in the scale, or the words given with an option that asks for some. */
  value: string | undefined;
}

/** @returns all questions of a survey, which may stand in the wrapper `survey` */
export function questionsOf(survey: unknown): Question[] {
  return listOf(sectionsOf(survey))
    .flatMap((section) => listOf(section.questions))
    .flatMap((question) => {
      const { key, questionType, value, options, groups, scaleLabels } = question;
      if (typeof key !== 'string') return [];
      return {
        key,
        type: textOf(questionType) ?? '',
        value: textOf(value),
        options: optionsOf(options),
        rows: listOf(groups).flatMap((group) => optionsOf(group.options)),
        scale: Array.isArray(scaleLabels) ? scaleLabels.map(textOf) : [],
      };
    });
}

/** Whether it has sections at all: of what has none, every answer would seem to be wrong. */
export function isSurvey(survey: unknown): boolean {
  return Array.isArray(sectionsOf(survey));
}

function sectionsOf(survey: unknown): unknown {
  return (asObject(asObject(survey)?.survey) ?? asObject(survey))?.sections;
}

function optionsOf(value: unknown): Option[] {
  return listOf(value).flatMap((option) => {
    if (typeof option.key !== 'string') return [];
    return {
      key: option.key,
      selected: option.selected === true,
      asksForWords: option.optionType === 'freeText',
      value: textOf(option.value),
    };
  });
}

function listOf(value: unknown): Record<string, unknown>[] {
  return Array.isArray(value) ? value.map(asObject).filter((item) => item !== undefined) : [];
}

/** @returns undefined for what was not answered */
function textOf(value: unknown): string | undefined {
  if (typeof value === 'number') return String(value);
  return typeof value === 'string' && value !== '' ? value : undefined;
}
