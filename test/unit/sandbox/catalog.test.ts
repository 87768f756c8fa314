import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageOf, packages } from '../../../src/sandbox/data/catalog';
import { codeFits } from '../../../src/sandbox/domain/order-parts';
import { markers } from '../../../src/sandbox/data/biomarkers';
import { surveyOf } from '../../../src/sandbox/domain/surveys';

const folder = join(__dirname, '../../../examples');
const examples = readdirSync(folder)
  .filter((name) => name.endsWith('.json'))
  .map((name) => ({ name, text: readFileSync(join(folder, name), 'utf8') }));

describe("The sandbox's catalog", () => {
  for (const { name, text } of examples) {
    it(`has every package that the example "${name}" orders, and takes its activation codes`, () => {
      const identifiers = [...text.matchAll(/packageIdentifier\\?": *\\?"([^"\\]+)/g)].map(([, id]) => id!);
      const prefixes = identifiers.flatMap((identifier) => {
        const ordered = packageOf(identifier);
        assert.ok(ordered, identifier);
        return ordered.elements.flatMap(({ activationCodePrefix }) => activationCodePrefix ?? []);
      });
      for (const [, code] of text.matchAll(/activationCode\\?": *\\?"([^"\\]+)/g)) {
        assert.ok(
          prefixes.some((prefix) => codeFits(prefix, code!)),
          code,
        );
      }
    });
  }

  it('makes sense in itself: unique identifiers, existing surveys, a prefix for each kit, measures for each package', () => {
    const elements = packages.flatMap((entry) => entry.elements);
    for (const names of [packages, elements].map((list) => list.map((entry) => entry.clientIdentifier))) {
      assert.equal(new Set(names).size, names.length);
    }
    const prefixes = elements.flatMap(({ activationCodePrefix }) => activationCodePrefix ?? []);
    assert.equal(new Set(prefixes).size, prefixes.length, 'the UI-Kit tells packages apart by prefix alone');
    for (const element of elements) {
      if (element.objectType === 'kit') assert.match(element.activationCodePrefix ?? '-', /^([A-Z]{2})?$/);
      if (element.objectType === 'survey') assert.ok(surveyOf(element.surveyKey ?? ''));
    }
    for (const { clientIdentifier } of packages) assert.ok(markers(clientIdentifier).length > 0);
  });
});
