import assert from 'node:assert/strict';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { generate, readDescription } from '../../../scripts/generate';
import { operationTable } from '../../../scripts/operation-table';
import type { Operation } from '../../../src/lib/api/operation';

const generatedFolder = join(__dirname, '../../../src/generated');
const description = readDescription();
const table = operationTable(description);
const operations = Object.values(table);
const vendorOperations = operations.filter(({ composedOf }) => !composedOf);

function operation(id: string): Operation {
  const found = table[id];
  assert.ok(found, `no operation ${id}`);
  return found;
}

function pathNames(path: string): string[] {
  return [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name ?? '');
}

describe('The API description', () => {
  it('holds the 23 operations of the vendor and the 3 composed ones', () => {
    assert.equal(vendorOperations.length, 23);
    assert.deepEqual(
      operations.filter(({ composedOf }) => composedOf).map(({ id }) => id),
      ['activateKit', 'listKits', 'setLabAppointment'],
    );
  });

  it('says of each operation how sure it is, where it was read and which scope it needs', () => {
    for (const item of Object.values(description.paths)) {
      for (const source of Object.values(item)) {
        const facts = source as unknown as Record<string, unknown>;
        assert.match(source['x-confidence'], /^[AB]$/, source.operationId);
        for (const key of ['x-source', 'summary', 'description']) assert.ok(facts[key], source.operationId);
        assert.equal(source.tags.length, 1, source.operationId);
        assert.equal(operation(source.operationId).scopes.length, 1, source.operationId);
      }
    }
  });

  it('calls every scope a guess, since the vendor documents scopes for fulfillment only', () => {
    for (const { id, scopesKnown } of operations) assert.equal(scopesKnown, false, id);
  });

  it('declares exactly the parameters that stand in the path', () => {
    for (const { id, path, parameters } of vendorOperations) {
      const declared = parameters.filter((parameter) => parameter.in === 'path');
      assert.deepEqual(declared.map(({ name }) => name).sort(), pathNames(path).sort(), id);
      for (const { required, source } of declared) assert.ok(required && source?.startsWith('payload.'), id);
    }
  });

  it('gives query parameters no default place, so that no payload narrows a list unseen', () => {
    for (const { id, parameters } of vendorOperations) {
      for (const parameter of parameters.filter((each) => each.in === 'query')) {
        assert.equal(parameter.source, undefined, `${id} ${parameter.name}`);
        assert.equal(parameter.required, false, `${id} ${parameter.name}`);
      }
    }
  });

  it('offers paging on list operations, and on these only', () => {
    for (const { id, list, parameters } of vendorOperations) {
      const paged = parameters.some(({ name }) => name === 'pageNumber');
      assert.equal(paged, list !== undefined, id);
      assert.equal(id.startsWith('list'), paged, id);
    }
  });

  it('closes the request models that the vendor documents, down to the last object', () => {
    const known = vendorOperations.filter(({ body }) => body?.strict);
    assert.deepEqual(
      known.map(({ id }) => id),
      ['createPatientOrder', 'updatePatientOrder', 'updatePatientRecommendation'],
    );
    for (const { body } of known) assertClosed({ $ref: `#/components/schemas/${body?.schema}` });
  });

  it('leaves the request models open that are not fully known', () => {
    for (const { id, body } of vendorOperations.filter((each) => each.body && !each.body.strict)) {
      assert.ok(!JSON.stringify(schemaOf(body?.schema)).includes('"additionalProperties":false'), id);
    }
  });
});

describe('The operation table', () => {
  it('reads a report id from the payload of the list before it', () => {
    assert.deepEqual(operation('patientReportDetails').parameters, [
      {
        name: 'patientIdentifier',
        in: 'path',
        required: true,
        schema: { type: 'string', format: 'identifier' },
        source: 'payload.patientIdentifier',
      },
      {
        name: 'reportId',
        in: 'path',
        required: true,
        schema: { format: 'identifier' },
        source: 'payload.id',
      },
    ]);
  });

  it('resolves the values of an array filter', () => {
    const filter = operation('listPatientRecommendations').parameters.at(-1);
    assert.deepEqual(filter?.schema, {
      type: 'array',
      items: { type: 'string', enum: ['diet', 'lifestyle', 'product'] },
    });
  });

  it('gives a composed operation the scopes of the calls it is made of', () => {
    const { scopes, writes, method, parameters } = operation('activateKit');
    assert.deepEqual(scopes, ['patients_read', 'patients_write']);
    assert.deepEqual({ writes, method }, { writes: true, method: 'PATCH' });
    assert.deepEqual(
      parameters.map(({ name, in: place, required }) => [name, place, required]),
      [
        ['patientIdentifier', 'argument', true],
        ['orderIdentifier', 'argument', true],
        ['activationCode', 'argument', true],
        ['packageElementIdentifier', 'argument', false],
      ],
    );
    assert.deepEqual(operation('listKits').scopes, ['patients_read']);
  });

  it('agrees about writing with the calls that an operation is composed of', () => {
    for (const { id, writes, composedOf } of operations) {
      if (composedOf)
        assert.equal(
          writes,
          composedOf.map(operation).some((each) => each.writes),
          id,
        );
    }
  });

  it('refuses a description that refers to what is not there', () => {
    const [kit] = description['x-composed-operations'];
    assert.ok(kit);
    const broken = { ...description, 'x-composed-operations': [{ ...kit, composedOf: ['nothing'] }] };
    assert.throws(() => operationTable(broken), /composed of nothing/);
  });

  it('is what the generated file holds', async () => {
    await generate();
    const generated = await import('../../../src/generated/operations.js');
    assert.deepEqual(generated.operations, table);
  });

  it('comes with the description as JSON, nothing added', async () => {
    await generate();
    const generated = readFileSync(join(generatedFolder, 'openapi.json'), 'utf8');
    assert.deepEqual(JSON.parse(generated), description);
  });

  it('leaves a generated file alone that would not change', async () => {
    await generate();
    const file = join(generatedFolder, 'operations.ts');
    const before = statSync(file).mtimeMs;
    await generate();
    assert.equal(statSync(file).mtimeMs, before);
  });
});

function schemaOf(name = ''): unknown {
  const { schemas } = (description as unknown as { components: { schemas: Record<string, unknown> } })
    .components;
  return schemas[name];
}

function assertClosed(node: unknown, place = ''): void {
  if (typeof node !== 'object' || node === null) return;
  const schema = node as Record<string, unknown>;
  if (schema.type === 'object') assert.equal(schema.additionalProperties, false, place);
  for (const [key, value] of Object.entries(schema)) {
    if (key !== '$ref') assertClosed(value, `${place}/${key}`);
    else assertClosed(schemaOf(String(value).split('/').pop()), String(value));
  }
}
