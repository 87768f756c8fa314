import assert from 'node:assert/strict';
import { operations } from '../../../src/generated/operations';
import { topics } from '../../../src/generated/topics';
import { checkBody, isWebhookEvent } from '../../../src/lib/api/body';
import { OnegevityError } from '../../../src/lib/errors';
import type { OperationBody } from '../../../src/lib/api/operation';

describe('The check of a body', () => {
  const faultOf = async (
    body: unknown,
    { body: model }: { body?: OperationBody } = operations.updatePatientOrder,
  ) => {
    const error = await checkBody(model!, body).then(
      () => undefined,
      (fault: unknown) => fault,
    );
    if (error === undefined) return undefined;
    assert.ok(error instanceof OnegevityError);
    assert.equal(error.code, 'bad_body');
    return error.values.name;
  };

  it('names what a documented model requires, does not know or has otherwise, the first five of it', async () => {
    const right = { notes: 'a note' };
    assert.equal(await faultOf(right), undefined);
    assert.equal(await faultOf(right), undefined, 'the second time too');
    assert.equal(
      await faultOf({ orderIdentifier: 5, packageIdentifier: '' }, operations.createPatientOrder),
      'patientInformation (required), orderIdentifier (type), packageIdentifier (minLength)',
    );
    assert.equal(
      await faultOf({ kitActivations: [{ activationCode: 'A1', code: 5 }] }),
      'kitActivations.0.packageElementIdentifier (required), kitActivations.0.code (unknown)',
    );
    assert.equal(await faultOf({}), 'payload (minProperties)');
    assert.equal(await faultOf([]), 'payload (type)');
    const unknown = Object.fromEntries(['a', 'b', 'c', 'd', 'e', 'f'].map((name) => [name, 1]));
    assert.equal(
      await faultOf({ ...right, ...unknown }),
      'a (unknown), b (unknown), c (unknown), d (unknown), e (unknown)',
    );
    assert.equal(await faultOf({ ...right, 'a b': 1, b: 1 }), '? (unknown), b (unknown)');
  });

  it('names a member that breaks two rules once', async () => {
    const place = { streetAddress1: '1 Way', city: 'X', region: 'NY', country: 'US', postalCode: '1' };
    const patient = {
      firstName: 'A',
      lastName: 'B',
      dateOfBirth: '1990-04-01',
      email: 'e',
      phoneNumber: '1',
    };
    // Neither a text nor one of the three words.
    const patientInformation = { ...patient, address: place, gender: 5 };
    assert.equal(await faultOf({ patientInformation }), 'patientInformation.gender (type)');
  });

  it('needs an object or a list with something in it, where no more is known of the model', async () => {
    const { createPatient } = operations;
    assert.equal(await faultOf({ whatever: 1 }, createPatient), undefined);
    assert.equal(await faultOf([1], createPatient), undefined);
    for (const empty of [undefined, {}, []]) assert.equal(await faultOf(empty, createPatient), '-');
    for (const other of ['{"a":1}', 5, null, Buffer.from('{}')]) {
      assert.equal(await faultOf(other, createPatient), 'JSON?');
      assert.equal(await faultOf(other), 'JSON?');
    }
  });

  it('may find nothing where nothing is required', async () => {
    const optional = { body: { required: false, schema: 'CreatePatientRequest', strict: false } };
    for (const empty of [undefined, {}, []]) assert.equal(await faultOf(empty, optional), undefined);
  });

  it('knows a webhook event, by its members alone or by where it comes from', () => {
    const order = { id: 1, orderIdentifier: 'O1', patientIdentifier: 'P1' };
    assert.equal(isWebhookEvent(order, topics, false), true);
    assert.equal(isWebhookEvent({ ...order, more: 1 }, topics, false), false);
    assert.equal(isWebhookEvent({ ...order, more: 1 }, topics, true), true);
    assert.equal(isWebhookEvent({ id: 1, orderIdentifier: 'O1', name: 'x' }, topics, false), false);
    for (const other of [{ id: 1 }, { ...order, id: undefined, more: 1 }, null, [order], 'x']) {
      assert.equal(isWebhookEvent(other, topics, false), false);
    }
    const { id: _, ...without } = order;
    assert.equal(isWebhookEvent(without, topics, true), false);
  });

  it('keeps names of members that may be data out of the text of its error', async () => {
    const data = ['ada@canary.example', 'Ada Canary', '1990-04-01'];
    const body = { packageIdentifer: 'typo', ...Object.fromEntries(data.map((name) => [name, 1])) };
    const error = await checkBody(operations.createPatientOrder.body!, body).then(
      () => assert.fail('accepted'),
      (fault: unknown) => fault,
    );
    assert.ok(error instanceof OnegevityError);
    const { name: text } = error.values;
    assert.match(String(text), /packageIdentifer \(unknown\)/);
    for (const name of data) {
      assert.ok(!String(text).includes(name), String(text));
      assert.ok(
        error.fieldErrors?.some(({ fieldName }) => fieldName === name),
        'the message has it',
      );
    }
  });

  it('names an identifier without the way to it, which may be data', async () => {
    for (const [value, text] of [
      ['P1 ', 'patientIdentifier'],
      [{}, 'patientIdentifier (type)'],
    ]) {
      for (const name of ['canary@example.com', 'Canary']) {
        const error = await checkBody(operations.createPatient.body!, {
          [name]: { patientIdentifier: value },
        }).then(
          () => assert.fail('accepted'),
          (fault: unknown) => fault,
        );
        assert.ok(error instanceof OnegevityError);
        assert.equal(error.values.name, text);
        assert.equal(error.fieldErrors?.[0]?.fieldName, `${name}.patientIdentifier`);
      }
    }
  });
});
