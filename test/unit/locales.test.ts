import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { bodyForms } from '../../src/generated/body-forms';
import { operations } from '../../src/generated/operations';
import { topics } from '../../src/generated/topics';
import { errorCodes } from '../../src/lib/errors';
import type { BodyMember, Operation } from '../../src/lib/api/operation';
import { nodePage, nodeTypes } from '../../scripts/node-pages';
import { typeOf } from '../../src/editor/lib/operations';
import { catalogue, languages, localesFolder } from '../support/locales';

const source = 'en-US';
const sharedNamespace = '@lowcode-health/node-red-onegevity/onegevity-config:';
const editorFolder = join(__dirname, '../../src/editor');
const texts = catalogue(source, 'onegevity-config');

const filesOf = (language: string) =>
  readdirSync(join(localesFolder, language), { recursive: true }).map(String).sort();
const read = (language: string, file: string) => readFileSync(join(localesFolder, language, file), 'utf8');
const placeholders = (text = '') => (text.match(/__\w+?__/g) ?? []).sort();

/** The tags that carry the structure, in order; `i`, `b` and `code` move within a sentence. */
const structure = (html: string) =>
  [...html.matchAll(/<(\/?(?:script|h[1-6]|p|dl|dt|dd|ol|ul|li|pre)\b[^>]*|!--.*?--)>/g)].map(
    ([, tag]) => tag,
  );

/** Code names and their count, in any order: sentences of other languages are built differently. */
const codeNames = (html: string) =>
  [...html.matchAll(/<code>(.*?)<\/code>/gs)].map(([, name]) => name).sort();

for (const language of languages.filter((name) => name !== source)) {
  describe(`The translation ${language}`, () => {
    it('has the files of the English one', () => {
      assert.deepEqual(filesOf(language), filesOf(source));
    });

    for (const type of nodeTypes) {
      it(`has the keys and the values to fill in of ${type}.json`, () => {
        const english = catalogue(source, type);
        const translated = catalogue(language, type);
        assert.deepEqual([...translated.keys()], [...english.keys()]);
        for (const [key, text] of translated) {
          assert.notEqual(text.trim(), '', key);
          assert.deepEqual(placeholders(text), placeholders(english.get(key)), key);
        }
      });
    }

    for (const file of filesOf(source).filter((name) => name.endsWith('.html'))) {
      it(`has the headings, properties and code names of the help in ${file}`, () => {
        assert.deepEqual(structure(read(language, file)), structure(read(source, file)));
        assert.deepEqual(codeNames(read(language, file)), codeNames(read(source, file)));
      });
    }
  });
}

describe('the catalogues', () => {
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
          // Worth its length in English too: nobody may take made-up data for real.
          const limit = key === 'status.sandbox' ? 22 : 20;
          const bare = text.replace(/__\w+?__/g, '');
          if (key.startsWith('status.')) assert.ok(bare.length < limit, `${type}: ${key}: ${text}`);
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
      const own = catalogue(source, type);
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
  const files = readdirSync(editorFolder, { recursive: true, encoding: 'utf8' });
  return files
    .filter((name) => name.endsWith('.ts'))
    .map((name) => ({
      name,
      text: readFileSync(join(editorFolder, name), 'utf8'),
    }));
}
