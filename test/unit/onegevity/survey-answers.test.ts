import assert from 'node:assert/strict';
import fc from 'fast-check';
import { codecOf } from '../../../src/lib/api/codecs';
import { operations } from '../../../src/generated/operations';
import { OnegevityError } from '../../../src/lib/errors';
import { answersOf, toResponses } from '../../../src/lib/onegevity/survey-answers';
import { surveyOf, withAnswers } from '../../../src/sandbox/domain/surveys';

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

  it('take true and false for no more than one option', () => {
    const ask = (...keys: string[]) => ({
      sections: [
        { questions: [{ key: 'Q', questionType: 'choice', options: keys.map((key) => ({ key })) }] },
      ],
    });
    for (const [keys, value, key] of [
      [['yes', 'no'], true, 'yes'],
      [['TRUE', 'FALSE'], true, 'TRUE'],
      [['TRUE', 'FALSE'], false, 'FALSE'],
    ] as const) {
      assert.deepEqual(toResponses(ask(...keys), { Q: value }), { Q: key });
    }
    assert.throws(() => toResponses(ask('YES', 'TRUE', 'NO'), { Q: true }), { code: 'bad_body' });
  });

  it('take a Date and a date as the widget writes it', () => {
    for (const date of [new Date('2026-01-31T10:00:00Z'), '01/31/2026', '2026-01-31T23:00:00Z']) {
      assert.deepEqual(toResponses(survey, { LAST_CHECKUP: date }), { LAST_CHECKUP: '01/31/2026' });
    }
  });

  it('may be one instead of a list, and may say what was not chosen', () => {
    const chosen = toResponses(survey, { EXERCISE: 'WALKING' });
    assert.deepEqual(chosen, { WALKING: 'true', SWIMMING: 'false', OTHER_EXERCISE: 'false' });
    assert.deepEqual(toResponses(survey, { SMOKER: { NEVER: true } }), { SMOKER: 'NEVER' });
    assert.deepEqual(toResponses(survey, { SMOKER: { NEVER: false, OTHER: 'a pipe' } }), {
      SMOKER: 'OTHER',
      SMOKER_INPUT: 'a pipe',
    });
  });

  it('leave out what is not answered', () => {
    const nothing = { NAME: null, WEIGHT: undefined, MOOD: { ANXIETY: null, CHEERFUL: undefined } };
    assert.deepEqual(toResponses(survey, nothing), {});
  });

  it('may have blanks around a number and a date, and go out without them', () => {
    assert.deepEqual(toResponses(survey, { WEIGHT: ' 150.5 ', LAST_CHECKUP: ' 2026-01-31 ' }), {
      WEIGHT: '150.5',
      LAST_CHECKUP: '01/31/2026',
    });
  });

  it('may be words for an option, by their key in the flat map', () => {
    assert.deepEqual(toResponses(survey, { OTHER_EXERCISE_INPUT: 'climbing' }), {
      OTHER_EXERCISE_INPUT: 'climbing',
    });
  });

  for (const [answers, fault] of [
    [{ NEVER: true }, 'NEVER unknown'],
    [{ NOBODY_INPUT: 'x' }, 'NOBODY_INPUT unknown'],
    [{ SMOKER_INPUTS: 'x' }, 'SMOKER_INPUTS unknown'],
    [{ '\nSMOKER_INPUT': 'x' }, '\nSMOKER_INPUT unknown'],
    [{ SMOKER: [] }, 'SMOKER type'],
    [{ SMOKER: {} }, 'SMOKER type'],
    [{ SMOKER: { NEVER: true, OTHER: 'a pipe' } }, 'SMOKER type'],
    [{ EXERCISE: { WALKING: 5 } }, 'EXERCISE type'],
    [{ MOOD: { NOBODY: 1 } }, 'MOOD option'],
    [{ MOOD: { ANXIETY: 1.5 } }, 'MOOD option'],
    [{ LAST_CHECKUP: '13/01/2026' }, 'LAST_CHECKUP type'],
    [{ LAST_CHECKUP: '02/00/2026' }, 'LAST_CHECKUP type'],
    [{ LAST_CHECKUP: '1/31/2026' }, 'LAST_CHECKUP type'],
    [{ LAST_CHECKUP: 'x01/31/2026' }, 'LAST_CHECKUP type'],
    [{ LAST_CHECKUP: '01/31/2026x' }, 'LAST_CHECKUP type'],
    [{ LAST_CHECKUP: 'x2026-01-31' }, 'LAST_CHECKUP type'],
    [{ LAST_CHECKUP: '2026-01-31x' }, 'LAST_CHECKUP type'],
    [{ WEIGHT: ' ' }, 'WEIGHT type'],
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
    [{ NAME: Number.NaN }, 'NAME type'],
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

  it('to a rating are refused where its scale is not known', () => {
    const groups = [{ options: [{ key: 'ROW' }] }];
    for (const scaleLabels of [undefined, null, 'often', []]) {
      const questions = [{ key: 'Q', questionType: 'rating', groups, scaleLabels }];
      assert.throws(() => toResponses({ sections: [{ questions }] }, { Q: { ROW: 1 } }), {
        code: 'bad_body',
      });
    }
  });

  it('say nothing of options that have no key', () => {
    const options = [{ key: 5 }, {}, null, { key: 'A' }];
    const questions = [{ key: 'Q', questionType: 'multiChoice', options }];
    assert.deepEqual(toResponses({ sections: [{ questions }] }, { Q: ['A'] }), { A: 'true' });
  });

  it('that are empty are no place of a scale that labels its ends alone', () => {
    const groups = [{ options: [{ key: 'ROW' }] }];
    const questions = [
      { key: 'Q', questionType: 'rating', groups, scaleLabels: ['never', '', { toString: 1 }, 'always'] },
    ];
    const rate = (place: unknown) => toResponses({ sections: [{ questions }] }, { Q: { ROW: place } });
    assert.throws(() => rate(''), { code: 'bad_body' });
    assert.deepEqual([rate('always'), rate(2)], [{ ROW: '4' }, { ROW: '2' }]);
  });

  it('are read back from what the vendor sends, whatever else it holds', () => {
    const read = (...questions: unknown[]) =>
      answersOf({ sections: [null, 'x', { questions: [null, 5, ...questions] }, {}] });
    const options = [
      { key: 5, selected: true },
      { key: 'A', selected: 'yes' },
      { key: 'B', selected: true, value: 'no words are asked for' },
      { key: 'C', selected: true, optionType: 'freeText', value: '' },
    ];
    assert.deepEqual(read({ key: 'Q', questionType: 'multiChoice', options }), { Q: ['B', 'C'] });
    assert.deepEqual(
      read({ key: 'Q', questionType: 'multiChoice', value: 'A', options: [{ key: 'A' }] }),
      {},
    );
    assert.deepEqual(read({ key: 'Q', questionType: 'choice', value: 'A', options }), { Q: 'A' });
    assert.deepEqual(read({ key: 5, value: 'x' }, { key: 'Q', value: '' }, { key: 'R', value: true }), {});
    assert.deepEqual(read({ key: 'Q', value: 5 }), { Q: '5' });
    assert.deepEqual(read({ key: 'Q', questionType: 'numeric', value: 'heavy' }), { Q: 'heavy' });
    for (const value of ['x01/31/2026', '01/31/2026x']) {
      assert.deepEqual(read({ key: 'Q', questionType: 'date', value }), { Q: value });
    }
    for (const none of [undefined, null, 'x', [], { survey: 'x' }]) assert.deepEqual(answersOf(none), {});
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
  const conversion = codecOf(operations.submitPatientSurvey)!;
  const read = (operationId: string) => {
    assert.equal(operationId, 'getPatientSurvey');
    return Promise.resolve({ survey });
  };
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
    const texts = { answers: { LAST_CHECKUP: '2026-01-31' } };
    assert.deepEqual(await conversion.request(texts, read), { responses: { LAST_CHECKUP: '01/31/2026' } });
    const mixed = { responses: { NAME: 'Ada', WEIGHT: 150 } };
    assert.deepEqual(await conversion.request(mixed, read), { responses: { NAME: 'Ada', WEIGHT: '150' } });
  });

  it('leaves what is no object to the check of the body', async () => {
    for (const body of ['x', null, [1]]) assert.equal(await conversion.request(body, refuseRead), body);
  });

  for (const [body, name] of [
    [{}, 'responses'],
    [{ answers: 'x' }, 'answers'],
    [{ responses: [] }, 'responses'],
    [{ answers: {}, responses: {} }, 'answers'],
  ] as const) {
    it(`refuses ${JSON.stringify(body)} and names ${name}`, async () => {
      await assert.rejects(async () => conversion.request(body, read), {
        code: 'bad_body',
        values: { name },
        fieldErrors: [{ fieldName: name }],
      });
    });
  }

  it('adds the answers to what is read, and leaves any other answer alone', () => {
    const filled = withAnswers(survey, { WEIGHT: '150' });
    assert.deepEqual(conversion.response({ survey: filled }), { survey: filled, answers: { WEIGHT: 150 } });
    const unseen = [{ survey: null }, { survey: [] }, { survey: { sections: null } }];
    for (const body of [null, {}, [], 'x', ...unseen]) assert.equal(conversion.response(body), body);
  });
});
