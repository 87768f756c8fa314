import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { errorTexts } from '../../scripts/catalogs';
import { type ErrorCode, errorCodes, OnegevityError } from '../../src/lib/errors';

const catalogues = join(__dirname, '../../locales');

/** What each text may name; anything else in it would stay an unfilled blank. */
const values: Record<string, string[]> = {
  bad_environment: ['name'],
  missing_credentials: ['name'],
  env_not_set: ['name'],
  env_not_text: ['name'],
  linked_node_missing: ['name'],
  missing_parameter: ['name'],
  bad_parameter: ['name'],
  bad_identifier: ['name', 'reason'],
  bad_body: ['name'],
  unknown_operation: ['name'],
  bad_expression: ['name'],
  invalid_scope: ['scope'],
  forbidden: ['scope'],
  validation: ['name'],
  rate_limited: ['seconds'],
  timeout: ['seconds'],
  delivery_redelivered: ['attempt'],
  newer_flow: ['version', 'known'],
  inbox_locked: ['folder'],
  inbox_no_locks: ['folder'],
  inbox_disk_full: ['folder'],
  inbox_no_permission: ['folder'],
  inbox_bad_folder: ['folder'],
  inbox_disk_fault: ['folder'],
};

describe('Errors', () => {
  for (const language of readdirSync(catalogues).filter((name) => /^[a-z]{2}(-[A-Z]{2})?$/.test(name))) {
    it(`have a sentence and a short status each in ${language}`, () => {
      const texts = errorTexts(join(catalogues, language));
      for (const code of errorCodes) {
        assert.ok(texts.errors[code], code);
        const named = [...texts.errors[code].matchAll(/__(\w+?)__/g)].map(([, name]) => name);
        for (const name of named) assert.ok(values[code]?.includes(name!), `${code} names ${name}`);
        const status = texts.status[code] ?? '';
        assert.ok(status !== '' && status.length < 20, `${code}: ${status}`);
      }
    });
  }

  it('show neither the vendor’s words nor a cause when they are inspected', () => {
    const error = new OnegevityError('validation', {
      statusCode: 400,
      globalErrors: ['CANARY'],
      fieldErrors: [{ fieldName: 'email', message: 'CANARY' }],
      values: { name: 'CANARY' },
    });
    assert.doesNotMatch(inspect(error, { depth: 9 }) + JSON.stringify(error) + String(error), /CANARY/);
    assert.equal('cause' in error, false);
    assert.deepEqual(error.globalErrors, ['CANARY']);
  });

  it('are retryable where the service or the configuration is at fault, not where the message is', () => {
    const retryable = (code: ErrorCode) => new OnegevityError(code).retryable;
    for (const code of [
      'server_error',
      'bad_response',
      'timeout',
      'rate_limited',
      'invalid_client',
    ] as const) {
      assert.equal(retryable(code), true, code);
    }
    for (const code of [
      'bad_parameter',
      'bad_body',
      'validation',
      'conflict',
      'not_found',
      'internal',
    ] as const) {
      assert.equal(retryable(code), false, code);
    }
  });

  it('are never retryable where a write may have been carried out', () => {
    for (const code of errorCodes) {
      assert.equal(new OnegevityError(code, { outcome: 'unknown' }).retryable, false, code);
    }
  });

  it('say what they are, and that nothing was done unless that is not certain', () => {
    const error = new OnegevityError('internal');
    assert.deepEqual(
      [String(error), error.outcome, error.values],
      ['OnegevityError: internal', 'failed', {}],
    );
    assert.equal(Object.hasOwn(error, 'fieldErrors'), false);
  });
});
