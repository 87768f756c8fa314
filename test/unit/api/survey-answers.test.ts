import assert from 'node:assert/strict';
import fc from 'fast-check';
import { conversionOf } from '../../../src/lib/api/conversions';
import { operations } from '../../../src/generated/operations';
import { OnegevityError } from '../../../src/lib/api/errors';
import { answersOf, toResponses } from '../../../src/lib/api/survey-answers';
import { surveyOf, withAnswers } from '../../../src/sandbox/surveys';

const survey = surveyOf('lifestyle')!;
const faults = (answers: Record<string, unknown>) => {
  try {
    toResponses(survey, answers);
  } catch (error) {
    assert.ok(error instanceof OnegevityError);
    assert.equal(error.code, 'bad_body');
    return error.fieldErrors?.map(({ fieldName, message }) => `${fieldName} ${message}`);
  }
  return assert.fail('accepted');
};

describe('Answers to a survey', () => {
  it('become the flat map of texts that the vendor’s widget sends', () => {
    const answers = {
      NAME: 'Ada',
      WEIGHT: 150,
      LAST_CHECKUP: '2026-01-31',
      SMOKER: { OTHER: 'a pipe' },
      CIGARETTES_A_DAY: null,
      EXERCISE: ['WALKING', { OTHER_EXERCISE: 'climbing' }],
      MOOD: { ANXIETY: 2, CHEERFUL: 'Always' },
    };
    assert.deepEqual(toResponses(survey, answers), {
      NAME: 'Ada',
      WEIGHT: '150',
      LAST_CHECKUP: '01/31/2026',
      SMOKER: 'OTHER',
      SMOKER_INPUT: 'a pipe',
      WALKING: 'true',
      SWIMMING: 'false',
      OTHER_EXERCISE: 'true',
      OTHER_EXERCISE_INPUT: 'climbing',
      ANXIETY: '2',
      CHEERFUL: '4',
    });
  });

  it('may be given by the keys of the flat map', () => {
    const flat = {
      WALKING: true,
      SWIMMING: false,
      ANXIETY: 'Often',
      SMOKER: 'OTHER',
      SMOKER_INPUT: 'a pipe',
    };
    assert.deepEqual(toResponses(survey, flat), {
      WALKING: 'true',
      SWIMMING: 'false',
      ANXIETY: '3',
      SMOKER: 'OTHER',
      SMOKER_INPUT: 'a pipe',
    });
  });

  it('take true and false for the options that mean yes and no', () => {
    const options = [
      { id: 1, key: 'YES' },
      { id: 2, key: 'NO' },
    ];
    const questions = [{ id: 1, key: 'SMOKER', questionType: 'choice', options }];
    assert.deepEqual(toResponses({ survey: { sections: [{ questions }] } }, { SMOKER: false }), {
      SMOKER: 'NO',
    });
  });

  it('take a Date and a date as the widget writes it', () => {
    for (const date of [new Date('2026-01-31T10:00:00Z'), '01/31/2026', '2026-01-31T23:00:00Z']) {
      assert.deepEqual(toResponses(survey, { LAST_CHECKUP: date }), { LAST_CHECKUP: '01/31/2026' });
    }
  });

  for (const [answers, fault] of [
    [{ WIEGHT: 150 }, 'WIEGHT unknown'],
    [{ WEIGHT: 'heavy' }, 'WEIGHT type'],
    [{ WEIGHT: true }, 'WEIGHT type'],
    [{ WEIGHT: Number.NaN }, 'WEIGHT type'],
    [{ WEIGHT: '' }, 'WEIGHT type'],
    [{ LAST_CHECKUP: 'last week' }, 'LAST_CHECKUP type'],
    [{ LAST_CHECKUP: '2026-02-31' }, 'LAST_CHECKUP type'],
    [{ LAST_CHECKUP: new Date(Number.NaN) }, 'LAST_CHECKUP type'],
    [{ SMOKER: 'RARELY' }, 'SMOKER option'],
    [{ SMOKER: true }, 'SMOKER option'],
    [{ SMOKER: ['NEVER', 'OTHER'] }, 'SMOKER type'],
    [{ SMOKER: { NEVER: 'words for an option that asks for none' } }, 'SMOKER option'],
    [{ EXERCISE: ['FLYING'] }, 'EXERCISE option'],
    [{ EXERCISE: [['WALKING']] }, 'EXERCISE type'],
    [{ MOOD: 2 }, 'MOOD type'],
    [{ MOOD: { ANXIETY: 5 } }, 'MOOD option'],
    [{ MOOD: { ANXIETY: 0 } }, 'MOOD option'],
    [{ NAME: { first: 'Ada' } }, 'NAME type'],
  ] as const) {
    it(`are refused, never guessed: ${JSON.stringify(answers)}`, () => {
      assert.deepEqual(faults(answers), [fault]);
    });
  }

  it('name the question in an error and never hold the answer', () => {
    try {
      toResponses(survey, { WEIGHT: 'CANARY' });
      assert.fail('accepted');
    } catch (error) {
      assert.doesNotMatch(JSON.stringify((error as OnegevityError).values), /CANARY/);
    }
  });

  for (const questionType of ['toString', 'constructor', '__proto__', { toString: 1 }]) {
    it(`go out as text where the question is of the unknown type ${JSON.stringify(questionType)}`, () => {
      const questions = [{ key: 'Q', questionType, options: [{ key: 'A' }] }];
      assert.deepEqual(toResponses({ sections: [{ questions }] }, { Q: 'an answer' }), { Q: 'an answer' });
    });
  }

  it('are read also where a label of a scale is no text', () => {
    const groups = [{ options: [{ key: 'ROW', value: 2 }] }];
    const questions = [{ key: 'Q', questionType: 'rating', groups, scaleLabels: [{ toString: 1 }, 'often'] }];
    assert.deepEqual(answersOf({ sections: [{ questions }] }), { Q: { ROW: 2 } });
  });

  it('come back as they were given', () => {
    const words = fc.string({ minLength: 1 }).filter((text) => text.trim() !== '');
    const place = fc.integer({ min: 1, max: 4 });
    const answers = fc.record(
      {
        NAME: words,
        WEIGHT: fc.integer({ min: 1, max: 999 }),
        LAST_CHECKUP: fc
          .date({ min: new Date('1900-01-01'), max: new Date('2099-12-31'), noInvalidDate: true })
          .map((date) => date.toISOString().slice(0, 10)),
        SMOKER: fc.oneof(
          fc.constantFrom('NEVER', 'SOMETIMES', 'OTHER'),
          fc.record({ OTHER: words }, { noNullPrototype: true }),
        ),
        EXERCISE: fc.subarray(['WALKING', 'SWIMMING', 'OTHER_EXERCISE'], { minLength: 1 }),
        MOOD: fc.record({ ANXIETY: place, CHEERFUL: place }, { noNullPrototype: true }),
      },
      { requiredKeys: [], noNullPrototype: true },
    );
    fc.assert(
      fc.property(answers, (given) => {
        const filled = withAnswers(survey, toResponses(survey, given));
        assert.deepEqual(answersOf({ survey: filled }), given);
      }),
    );
  });
});

describe('The conversion of survey answers', () => {
  const conversion = conversionOf(operations.submitPatientSurvey)!;
  const read = () => Promise.resolve({ survey });
  const refuseRead = () => assert.fail('the survey is not needed');

  it('leaves texts alone, which are the vendor’s own form, and reads nothing', async () => {
    const body = { responses: { WEIGHT: '150', WHATEVER: 'x' }, complete: true };
    assert.equal(await conversion.request(body, refuseRead), body);
  });

  it('takes answers from `answers`, and from `responses` that are not all texts', async () => {
    const expected = { responses: { WEIGHT: '150' }, complete: true };
    for (const name of ['answers', 'responses']) {
      assert.deepEqual(await conversion.request({ [name]: { WEIGHT: 150 }, complete: true }, read), expected);
    }
  });

  for (const body of [{}, { answers: 'x' }, { responses: [] }, { answers: {}, responses: {} }]) {
    it(`refuses ${JSON.stringify(body)}`, async () => {
      await assert.rejects(async () => conversion.request(body, read), { code: 'bad_body' });
    });
  }

  it('adds the answers to what is read, and leaves any other answer alone', () => {
    const filled = withAnswers(survey, { WEIGHT: '150' });
    assert.deepEqual(conversion.response({ survey: filled }), { survey: filled, answers: { WEIGHT: 150 } });
    for (const body of [null, {}, [], 'x']) assert.equal(conversion.response(body), body);
  });
});
