import assert from 'node:assert/strict';
import { operations } from '../../../src/generated/operations';
import {
  customBaseUrl,
  defaultScopes,
  environmentOf,
  environments,
  requireResolvedEnv,
  scopesOf,
} from '../../../src/lib/onegevity/environments';
import { neededScopes, getOperation } from '../../../src/lib/api/scopes';

describe('the environment of an account', () => {
  it('is the sandbox where nothing is saved, and one of the four that is named', () => {
    assert.equal(environmentOf(undefined), 'sandbox');
    for (const name of environments) assert.equal(environmentOf(` ${name} `), name);
  });

  it('is never guessed', () => {
    for (const [value, name] of [
      ['Production', 'Production'],
      ['prod', 'prod'],
      ['', ''],
      [null, ''],
      [5, '5'],
    ] as const) {
      assert.throws(() => environmentOf(value), { code: 'bad_environment', values: { name } });
    }
  });

  it('is not taken from a variable that is not set', () => {
    for (const value of ['${OG_ENV}', ' $(OG_ENV) ']) {
      assert.throws(() => environmentOf(value), { code: 'env_not_set', values: { name: 'OG_ENV' } });
    }
    for (const value of ['x${OG_ENV}', '${OG_ENV}x', '$OG_ENV', '${}', '${A B}'])
      assert.equal(requireResolvedEnv(value), value);
  });
});

describe('a setting from a variable that is not a string', () => {
  it('is the text of a number or a truth value', () => {
    for (const [value, text] of [
      [4711, '4711'],
      [-1.5, '-1.5'],
      [0, '0'],
      [true, 'true'],
      [false, 'false'],
      [null, ''],
      [undefined, ''],
    ] as const) {
      assert.equal(requireResolvedEnv(value), text);
    }
  });

  it('is rejected by its name where no text is sure, and its value is not shown', () => {
    for (const value of [2 ** 53, NaN, Infinity, {}, ['a'], Buffer.from('a'), Symbol('a'), 1n]) {
      const values = { name: 'webhookSecret' };
      assert.throws(() => requireResolvedEnv(value, 'webhookSecret'), { code: 'env_not_text', values });
    }
  });
});

describe('the root of another server', () => {
  for (const [value, root] of [
    ['https://api.example.com', 'https://api.example.com'],
    [' https://API.example.com:8443/ ', 'https://api.example.com:8443'],
    ['http://localhost:4010', 'http://localhost:4010'],
    ['http://127.0.0.1:4010/', 'http://127.0.0.1:4010'],
    ['http://127.10.0.255', 'http://127.10.0.255'],
    ['http://[::1]:4010', 'http://[::1]:4010'],
  ] as const) {
    it(`of ${value} is ${root}`, () => assert.equal(customBaseUrl(value), root));
  }

  for (const value of [
    undefined,
    '',
    'api.example.com',
    'http://api.example.com',
    'http://localhost.example.com',
    'http://my-localhost',
    'http://x127.0.0.1',
    'ftp://localhost',
    'https://api.example.com/api/v1',
    'https://api.example.com?a=b',
    'https://api.example.com#a',
    'https://user@api.example.com',
    'https://:secret@api.example.com',
  ]) {
    it(`is refused for ${value}`, () => assert.throws(() => customBaseUrl(value), { code: 'bad_base_url' }));
  }
});

describe('the scopes to ask for', () => {
  const needed = () => ['only', 'these'];

  it('are the default, none, those that the flows need, or those that are named', () => {
    for (const value of [undefined, '', 'default', ' ']) assert.equal(scopesOf(value, needed), defaultScopes);
    assert.deepEqual(scopesOf('none', needed), []);
    assert.deepEqual(scopesOf('minimal', needed), ['only', 'these']);
    for (const value of ['a b', ' a,b ', 'a, b', 'a \t b', ['a', 'b']]) {
      assert.deepEqual(scopesOf(value, needed), ['a', 'b']);
    }
  });

  it('of an operation are its own and those of what is read before it', () => {
    const { createPatientOrder, submitPatientSurvey, patientDetails } = operations;
    const own = neededScopes({ operation: createPatientOrder });
    assert.deepEqual(own, createPatientOrder.scopes);
    const checked = neededScopes({ operation: createPatientOrder, patientMustExist: true });
    assert.deepEqual(checked, [...createPatientOrder.scopes, ...patientDetails.scopes]);
    assert.deepEqual(
      neededScopes({ operation: patientDetails, patientMustExist: true }),
      patientDetails.scopes,
    );
    const survey = neededScopes({ operation: submitPatientSurvey });
    assert.deepEqual(survey, [...submitPatientSurvey.scopes, ...operations.getPatientSurvey.scopes]);
  });

  it('are unknown of an operation that there is not', () => {
    assert.throws(() => getOperation('inventOrder'), {
      code: 'unknown_operation',
      values: { name: 'inventOrder' },
    });
  });
});
