import assert from 'node:assert/strict';
import { operations } from '../../../src/generated/operations';
import { checkBody } from '../../../src/lib/api/body';
import { OnegevityError } from '../../../src/lib/api/errors';

describe('The check of a body', () => {
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
});
