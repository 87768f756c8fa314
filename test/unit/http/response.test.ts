import assert from 'node:assert/strict';
import { errorOf, header, parseJson } from '../../../src/lib/http/response';

describe('the error of an answer', () => {
  const errorFor = (
    statusCode: number,
    { body = '', writes = false, retryAfter, scopes = [] }: Partial<Parameters> = {},
  ) => errorOf({ statusCode, headers: {}, body }, { writes, scopes }, retryAfter);
  interface Parameters {
    body: string;
    writes: boolean;
    retryAfter: number;
    scopes: string[];
  }

  for (const [statusCode, code] of [
    [199, 'http_error'],
    [300, 'redirected'],
    [399, 'redirected'],
    [400, 'validation'],
    [401, 'unauthorized'],
    [403, 'forbidden'],
    [404, 'not_found'],
    [408, 'server_error'],
    [409, 'conflict'],
    [425, 'server_error'],
    [418, 'http_error'],
    [422, 'validation'],
    [429, 'rate_limited'],
    [500, 'server_error'],
    [599, 'server_error'],
  ] as const) {
    it(`with status ${statusCode} is ${code}`, () => {
      assert.deepEqual([errorFor(statusCode).code, errorFor(statusCode).statusCode], [code, statusCode]);
    });
  }

  it("is a validation error where it has the vendor's lists, whatever its status", () => {
    for (const body of [
      '{"globalErrors":[]}',
      '{"fieldErrors":[]}',
      '{"fieldErrors":[],"globalErrors":[]}',
    ]) {
      assert.equal(errorFor(418, { body }).code, 'validation');
    }
    for (const body of ['{}', 'null', '[]', 'x', '{"globalErrors":"x"}']) {
      assert.equal(errorFor(418, { body }).code, 'http_error');
    }
  });

  it('takes from those lists only what is text', () => {
    const lists = {
      fieldErrors: [{ fieldName: 5, message: {} }, 'x', { fieldName: 'f', message: 'm' }],
      globalErrors: [1, 'g'],
    };
    const { fieldErrors, globalErrors } = errorFor(400, { body: JSON.stringify(lists) });
    assert.deepEqual(fieldErrors, [{}, {}, { fieldName: 'f', message: 'm' }]);
    assert.deepEqual(globalErrors, ['g']);
  });

  it("has the answer's id, be it a text or a number", () => {
    assert.equal(errorFor(400, { body: '{"id":"v1"}' }).requestId, 'v1');
    assert.equal(errorFor(400, { body: '{"id":7}' }).requestId, '7');
    assert.equal(errorFor(400, { body: '{"id":{}}' }).requestId, undefined);
  });

  it('has what its text needs', () => {
    assert.deepEqual(errorFor(403, { scopes: ['a', 'b'], retryAfter: 0 }).values, {
      statusCode: 403,
      scope: 'a b',
      seconds: 0,
    });
    assert.deepEqual(errorFor(403).values, { statusCode: 403, scope: '?', seconds: '?' });
    assert.deepEqual([errorFor(429, { retryAfter: 5 }).retryAfter, errorFor(429).retryAfter], [5, undefined]);
  });

  it('names fields that are documented, and nothing that may be data', () => {
    for (const [names, text] of [
      [['email'], 'email'],
      [['patientInformation.address.postalCode', 'email'], 'patientInformation.address.postalCode, email'],
      [['kitActivations[0].activationCode'], 'kitActivations.0.activationCode'],
      [['/labAppointments/1/scheduled'], 'labAppointments.1.scheduled'],
      [['$.patientInformation.email'], 'patientInformation.email'],
      [["$['patientInformation']['email']"], 'patientInformation.email'],
      [['PatientInformation.Address.City'], 'patientInformation.address.city'],
      [['createOrderRequest.orderIdentifier'], 'orderIdentifier'],
      [['kitActivations[].activationCode'], 'kitActivations.activationCode'],
      [['email', 'email'], 'email'],
      [['Smith', 'email', 'canary@example.com', 'Lin Example'], '?, email'],
      [['email.Smith'], 'email.?'],
      [['email 5550100'], '?'],
      [['email[5550100]'], 'email.?'],
      [['Smith.5', '17', 'email\n'], '?'],
      [['smith@example.com/email'], 'email'],
      [['constructor', '__proto__', ''], '?'],
      [[5], '?'],
      [
        ['firstName', 'lastName', 'gender', 'email', 'city', 'region'],
        'firstName, lastName, gender, email, city',
      ],
      [[], '-'],
    ] as const) {
      const body = JSON.stringify({
        fieldErrors: names.map((fieldName) => ({ fieldName, message: 'CANARY' })),
      });
      assert.equal(errorFor(400, { body }).values.name, text);
    }
  });

  for (const [statusCode, retryAfter, outcome] of [
    [408, 1, 'unknown'],
    [425, undefined, 'failed'],
    [499, undefined, 'failed'],
    [500, undefined, 'unknown'],
    [500, 1, 'unknown'],
    [502, 1, 'unknown'],
    [503, undefined, 'unknown'],
    [503, 1, 'failed'],
  ] as const) {
    it(`with status ${statusCode} and Retry-After ${retryAfter} leaves a write ${outcome}, and no read`, () => {
      const more = retryAfter === undefined ? {} : { retryAfter };
      assert.equal(errorFor(statusCode, { writes: true, ...more }).outcome, outcome);
      assert.equal(errorFor(statusCode, more).outcome, 'failed');
    });
  }

  it('has the first value of a header that came more than once', () => {
    const response = { statusCode: 200, headers: { a: ['x', 'y'], b: 'z' }, body: '' };
    assert.deepEqual(
      [header(response, 'a'), header(response, 'b'), header(response, 'c')],
      ['x', 'z', undefined],
    );
  });

  it('has no body where that is no JSON', () => {
    assert.equal(parseJson('<html>'), undefined);
    assert.equal(parseJson('null'), null);
  });
});
