import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { readDescription } from '../../../scripts/generate';
import { operationTable } from '../../../scripts/operation-table';

interface Model {
  required?: string[];
  properties?: Record<string, { enum?: string[]; type?: string }>;
  allOf?: ({ $ref: string } | Model)[];
}

const description = readDescription();
const { schemas } = (description as unknown as { components: { schemas: Record<string, Model> } }).components;
const operations = Object.values(operationTable(description)).filter(({ composedOf }) => !composedOf);
const typedClients = ['orders', 'recommendations'].map((area) => `@onegevity/${area}-api-client`);

/** The vendor's base model of recommendations, whose name is the union of the three kinds here. */
const otherNames: Record<string, string> = { Recommendation: 'RecommendationBase' };
/** Query objects, which the clients flatten. */
const queryObjects = ['Paging', 'RecommendationsFilter'];
const clientPlumbing = ['FetchAPI', 'FetchArgs'];

function read(packageName: string, file: string): string {
  return readFileSync(join(dirname(require.resolve(`${packageName}/package.json`)), file), 'utf8');
}

/** Each call of a generated client as "METHOD /path": the template first, then the request's method. */
function calls(source: string): string[] {
  const pattern = /"(\/(?:patients|packages|surveys)[^"]*)"[^]*?method: ?["'](\w+)["']/g;
  return [...source.matchAll(pattern)].map(([, path, method]) => `${method} ${path}`);
}

interface Interface {
  name: string;
  members: { name: string; optional: boolean }[];
}

function interfaces(declarations: string): Interface[] {
  const bare = declarations.replace(/\/\*[^]*?\*\//g, '');
  return [...bare.matchAll(/export interface (\w+)[^{]*\{([^]*?)\n\}/g)].map(([, name = '', body = '']) => ({
    name,
    members: [...body.matchAll(/^\s+(\w+)(\??):/gm)].map(([, member = '', mark]) => ({
      name: member,
      optional: mark === '?',
    })),
  }));
}

/** The model's own part: without what it takes over from another one by reference. */
function ownPart(model: Model): Model {
  return model.allOf?.find((part): part is Model => !('$ref' in part)) ?? model;
}

describe("The description and the vendor's published clients", () => {
  it('agree about every method and path', () => {
    const known = [
      ...typedClients.flatMap((name) => calls(read(name, 'dist/api.js'))),
      ...calls(read('@onegevity/ui-kit', 'dist/index.mjs')),
    ];
    const described = operations.map(({ method, path }) => `${method} ${path}`);
    assert.deepEqual([...new Set(known)].sort(), described.sort());
  });

  for (const client of typedClients) {
    it(`agree about the operations' names (${client})`, () => {
      const declarations = read(client, 'dist/api.d.ts');
      const names = new Set(
        [...declarations.matchAll(/^ {4}(\w+)\(.*: FetchArgs;/gm)].map(([, name]) => name),
      );
      assert.ok(names.size >= 3);
      for (const name of names)
        assert.ok(
          operations.some(({ id }) => id === name),
          name,
        );
    });

    it(`agree about the members of every model and which are required (${client})`, () => {
      const models = interfaces(read(client, 'dist/api.d.ts')).filter(
        ({ name }) => !queryObjects.includes(name) && !clientPlumbing.includes(name),
      );
      assert.ok(models.length >= 8);
      for (const { name, members } of models) {
        const model = schemas[otherNames[name] ?? name];
        assert.ok(model, name);
        const { properties = {}, required = [] } = ownPart(model);
        assert.deepEqual(Object.keys(properties).sort(), members.map((member) => member.name).sort(), name);
        const mandatory = members.filter(({ optional }) => !optional).map((member) => member.name);
        assert.deepEqual([...required].sort(), mandatory.sort(), name);
      }
    });
  }

  it('agree about the names of flattened query members', () => {
    const objects = typedClients.flatMap((name) => interfaces(read(name, 'dist/api.d.ts')));
    const list = operations.find(({ id }) => id === 'listPatientRecommendations');
    const queries = list?.parameters.filter((each) => each.in === 'query').map(({ name }) => name);
    const members = objects
      .filter(({ name }) => queryObjects.includes(name))
      .flatMap((each) => each.members.map(({ name }) => name));
    assert.deepEqual(queries?.sort(), [...new Set(members)].sort());
  });
});
