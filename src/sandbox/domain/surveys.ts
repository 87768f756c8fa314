import type { components } from '../../generated/api-types';

type Option = components['schemas']['Option'];
type Question = components['schemas']['Question'];

export type Survey = components['schemas']['Survey'] & { key: string; name: string; version: number };

const option = (key: string, label: string, more: Partial<Option> = {}): Option => ({
  id: `option-${key}`,
  key,
  label,
  ...more,
});

/** The made-up surveys, with a question of every type. */
const lifestyle: Survey = {
  key: 'lifestyle',
  name: 'Lifestyle survey (made-up)',
  version: 1,
  sections: [
    {
      id: 'section-body',
      title: 'About you',
      instructions: 'A few facts. Answer for the past month.',
      questions: [
        {
          id: 'q-name',
          key: 'NAME',
          title: 'What shall we call you?',
          questionType: 'freeText',
          display: 'text',
          required: true,
          placeholder: 'A first name',
        },
        {
          id: 'q-weight',
          key: 'WEIGHT',
          title: 'Your weight in pounds',
          questionType: 'numeric',
          display: 'numeric',
          required: true,
          integersOnly: true,
          minValue: 1,
          maxValue: 999,
        },
        {
          id: 'q-checkup',
          key: 'LAST_CHECKUP',
          title: 'When was your last check-up?',
          subtitle: 'mm/dd/yyyy',
          questionType: 'date',
          display: 'text',
          required: true,
          placeholder: 'mm/dd/yyyy',
        },
      ],
    },
    {
      id: 'section-habits',
      title: 'Habits',
      instructions: 'There are no wrong answers.',
      questions: [
        {
          id: 'q-smoker',
          key: 'SMOKER',
          title: 'Do you smoke?',
          questionType: 'choice',
          display: 'radio',
          required: true,
          options: [
            option('NEVER', 'Never'),
            option('SOMETIMES', 'Sometimes'),
            option('OTHER', 'Something else', { optionType: 'freeText', placeholder: 'Tell us' }),
          ],
        },
        {
          id: 'q-cigarettes',
          key: 'CIGARETTES_A_DAY',
          title: 'How many cigarettes a day?',
          questionType: 'numeric',
          display: 'numeric',
          required: false,
          integersOnly: true,
          minValue: 0,
          maxValue: 200,
          conditions: [{ field: 'SMOKER', operand: 'EQ', value: 'SOMETIMES' }],
        },
        {
          id: 'q-exercise',
          key: 'EXERCISE',
          title: 'What do you do for exercise?',
          questionType: 'multiChoice',
          display: 'checkbox',
          required: false,
          options: [
            option('WALKING', 'Walking', { examples: 'to work, with a dog' }),
            option('SWIMMING', 'Swimming'),
            option('OTHER_EXERCISE', 'Something else', { optionType: 'freeText', placeholder: 'Tell us' }),
          ],
        },
        {
          id: 'q-mood',
          key: 'MOOD',
          title: 'How often in the past week…',
          questionType: 'rating',
          display: 'rating',
          required: false,
          scaleLabels: ['Never', 'Sometimes', 'Often', 'Always'],
          groups: [
            {
              id: 'group-mood',
              label: 'Mood',
              options: [
                { key: 'ANXIETY', label: 'were you anxious?', value: null },
                { key: 'CHEERFUL', label: 'were you cheerful?', value: null },
              ],
            },
          ],
        },
        {
          id: 'q-sleep',
          key: 'SLEEP_DURATION',
          title: 'How long do you sleep?',
          questionType: 'duration',
          display: 'duration',
          required: false,
        },
      ],
    },
  ],
};

const stress: Survey = {
  key: 'stress',
  name: 'Stress survey (made-up)',
  version: 1,
  sections: [
    {
      id: 'section-stress',
      title: 'Stress',
      instructions: 'Answer for the past week.',
      questions: [
        {
          id: 'q-level',
          key: 'STRESS_LEVEL',
          title: 'How stressed were you?',
          questionType: 'choice',
          display: 'dropdown',
          required: true,
          options: [option('CALM', 'Calm'), option('SO_SO', 'So-so'), option('VERY', 'Very')],
        },
        {
          id: 'q-causes',
          key: 'STRESS_CAUSES',
          title: 'What was it about?',
          questionType: 'freeText',
          display: 'text',
          required: false,
          conditions: [{ field: 'STRESS_LEVEL', operand: 'NEQ', value: 'CALM' }],
        },
      ],
    },
  ],
};

export const surveys: readonly Survey[] = [lifestyle, stress];

export const surveyOf = (key: string): Survey | undefined => surveys.find((survey) => survey.key === key);

/** What a patient answered: the flat map of strings that is submitted. */
export type Answers = Readonly<Record<string, string>>;

/** @returns A copy of the survey with the answers filled in where a widget looks for them. */
export function withAnswers(survey: Survey, answers: Answers): Survey {
  const copy = structuredClone(survey);
  for (const question of copy.sections.flatMap((section) => section.questions)) fillIn(question, answers);
  return copy;
}

function fillIn(question: Question, answers: Answers): void {
  const answer = answers[question.key];
  if (answer !== undefined && question.questionType !== 'multiChoice') question.value = answer;
  for (const choice of question.options ?? []) {
    const single = question.questionType === 'choice';
    choice.selected = single ? answer === choice.key : answers[choice.key] === 'true';
    const text = answers[single ? `${question.key}_INPUT` : `${choice.key}_INPUT`];
    if (choice.optionType === 'freeText' && choice.selected && text !== undefined) choice.value = text;
  }
  for (const row of (question.groups ?? []).flatMap((group) => group.options)) {
    row.value = answers[row.key] ?? null;
  }
}

/** @returns What keeps these answers from being final, by question. */
export function incomplete(survey: Survey, answers: Answers): { fieldName: string; message: string }[] {
  return survey.sections
    .flatMap((section) => section.questions)
    .filter((question) => !question.conditions)
    .flatMap((question) => {
      const answer = answers[question.key] ?? '';
      if (question.required && answer === '') return [{ fieldName: question.key, message: 'is required' }];
      const allowed =
        question.questionType === 'choice' ? question.options?.map(({ key }) => key) : undefined;
      if (answer !== '' && allowed && !allowed.includes(answer)) {
        return [{ fieldName: question.key, message: 'is not one of the options' }];
      }
      return question.questionType === 'numeric' && answer !== ''
        ? numericFault(question, Number(answer))
        : [];
    });
}

function numericFault(question: Question, value: number): { fieldName: string; message: string }[] {
  const minValue = question.minValue ?? -Infinity;
  const maxValue = question.maxValue ?? Infinity;
  const { integersOnly = false } = question;
  const good = value >= minValue && value <= maxValue && (!integersOnly || Number.isInteger(value));
  return good
    ? []
    : [{ fieldName: question.key, message: `must be a number from ${minValue} to ${maxValue}` }];
}
