import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { bodyForms } from '../../../src/generated/body-forms';
import { operations } from '../../../src/generated/operations';
import { topics } from '../../../src/generated/topics';
import { errorCodes } from '../../../src/lib/api/errors';
import type { BodyMember, Operation } from '../../../src/lib/api/operation';
import { nodePage, nodeTypes } from '../../../scripts/node-pages';
import { typeOf } from '../../../src/editor/operations';
import { catalogue, languages } from '../../support/locales';

const sharedNamespace = '@lowcode-health/node-red-onegevity/onegevity-config:';
const editorFolder = join(__dirname, '../../../src/editor');
const texts = catalogue('en-US', 'onegevity-config');

describe('the catalogues', () => {
  for (const language of languages.filter((name) => name !== 'en-US')) {
    it(`in ${language} have exactly the keys and the values to fill in of those in en-US`, () => {
      for (const type of nodeTypes) {
        const [source, target] = [catalogue('en-US', type), catalogue(language, type)];
        assert.deepEqual([...target.keys()], [...source.keys()], type);
        for (const [key, text] of source) {
          const filled = (value = '') => [...value.matchAll(/__\w+?__/g)].map(([name]) => name).sort();
          assert.deepEqual(filled(target.get(key)), filled(text), `${type}: ${key}`);
        }
      }
    });
  }

  for (const language of languages) {
    it(`in ${language} name every operation, parameter, body member, topic and error`, () => {
      const shared = catalogue(language, 'onegevity-config');
      const missing: string[] = [];
      const need = (keys: Map<string, string>, ...wanted: string[]) =>
        missing.push(...wanted.filter((key) => !keys.get(key)?.trim()));
      for (const { id, tag, parameters } of Object.values<Operation>(operations)) {
        const own = catalogue(language, typeOf(tag));
        need(own, `operations.${id}.label`, `operations.${id}.description`);
        need(shared, ...parameters.map(({ name }) => `fields.${name}`));
      }
      const names = (members: readonly BodyMember[]): string[] =>
        members.flatMap(({ name, members: inner }) => [name, ...(inner ? names(inner) : [])]);
      need(
        shared,
        ...Object.values(bodyForms)
          .flatMap(names)
          .map((name) => `fields.${name}`),
      );
      need(catalogue(language, 'onegevity-webhook'), ...topics.map(({ name }) => `topics.${name}`));
      need(shared, ...errorCodes.flatMap((code) => [`errors.${code}`, `status.${code}`]));
      assert.deepEqual(missing, []);
    });

    it(`in ${language} have short statuses and palette labels`, () => {
      for (const type of nodeTypes) {
        for (const [key, text] of catalogue(language, type)) {
          // Worth its length: it stays, and nobody may take made-up data for real.
          if (key === 'status.sandbox') continue;
          // German words are longer; 20 is the aim in English.
          const limit = language === 'en-US' ? 20 : 25;
          const bare = text.replace(/__\w+__/g, '');
          if (key.startsWith('status.')) assert.ok(bare.length <= limit, `${type}: ${key}: ${text}`);
          if (key === 'paletteLabel') assert.ok(text.length <= 13, `${type}: ${text}`);
        }
      }
    });
  }

  it('hold every text that the editor asks for', () => {
    const missing = sources().flatMap(({ name, text }) =>
      [...text.matchAll(/\bshared(?:IfAny)?\(\s*'([^']+)'/g)]
        .map(([, key = '']) => key)
        .filter((key) => !texts.has(key))
        .map((key) => `${name}: ${key}`),
    );
    assert.deepEqual(missing, []);
  });

  it('hold every text that a template names', () => {
    for (const type of nodeTypes) {
      const own = catalogue('en-US', type);
      const html = nodePage(type);
      for (const [, value = ''] of html.matchAll(/data-i18n="([^"]+)"/g)) {
        const key = value.replace(/^\[[\w-]+\]/, '');
        const found = key.startsWith(sharedNamespace)
          ? texts.has(key.slice(sharedNamespace.length))
          : own.has(key);
        assert.ok(found, `${type}: ${key}`);
      }
    }
  });

  it('hold nothing that nobody asks for', () => {
    const code = [...sources().map(({ text }) => text), ...nodeTypes.map(nodePage)].join('\n');
    const unused = [...texts.keys()].filter((key) => {
      const [group = '', ...rest] = key.split('.');
      if (['errors', 'status', 'fields', 'environments'].includes(group)) return false;
      const asked = [key, [group, ...rest.slice(0, -1)].join('.') + '.${'];
      return !asked.some((text) => code.includes(text));
    });
    assert.deepEqual(unused, []);
  });
});

describe('the templates of the dialogs', () => {
  for (const type of nodeTypes) {
    it(`of ${type} hold no text of their own`, () => {
      const html = nodePage(type);
      const template = /<script type="text\/html"[^>]*>(.*?)<\/script>/s.exec(html)?.[1] ?? '';
      assert.notEqual(template, '');
      const words = template.replace(/<[^>]*>/g, ' ').trim();
      assert.equal(words, '');
      for (const [, name, value = ''] of template.matchAll(
        /\b(placeholder|title|aria-label|alt)="([^"]*)"/g,
      )) {
        assert.ok(!value.includes(' ') && /^[/\w:.-]*$/.test(value), `${name}: ${value}`);
      }
    });
  }
});

function sources(): { name: string; text: string }[] {
  return readdirSync(editorFolder).map((name) => ({
    name,
    text: readFileSync(join(editorFolder, name), 'utf8'),
  }));
}
