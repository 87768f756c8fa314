import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(__dirname, '../../locales');
const source = 'en-US';
const languages = readdirSync(root).filter((name) => /^[a-z]{2}(-[A-Z]{2})?$/.test(name) && name !== source);
const filesOf = (language: string) =>
  readdirSync(join(root, language), { recursive: true }).map(String).sort();
const files = filesOf(source);

interface Catalogue {
  [key: string]: string | Catalogue;
}

const read = (language: string, file: string) => readFileSync(join(root, language, file), 'utf8');

/** Every text of a catalogue by its dotted key. */
function texts(language: string, file: string): Map<string, string> {
  const found = new Map<string, string>();
  const walk = (catalogue: Catalogue, path: string[]): void => {
    for (const [key, value] of Object.entries(catalogue)) {
      if (typeof value === 'string') found.set([...path, key].join('.'), value);
      else walk(value, [...path, key]);
    }
  };
  walk(JSON.parse(read(language, file)) as Catalogue, []);
  return found;
}

const placeholders = (text: string) => (text.match(/__\w+?__/g) ?? []).sort();

/** The tags that carry the structure, in order; `i`, `b` and `code` move within a sentence. */
const structure = (html: string) =>
  [...html.matchAll(/<(\/?(?:script|h[1-6]|p|dl|dt|dd|ol|ul|li|pre)\b[^>]*|!--.*?--)>/g)].map(
    ([, tag]) => tag,
  );

/** Code names and their count, in any order: sentences of other languages are built differently. */
const codeNames = (html: string) =>
  [...html.matchAll(/<code>(.*?)<\/code>/gs)].map(([, name]) => name).sort();

for (const language of languages) {
  describe(`The translation ${language}`, () => {
    it('has the files of the English one', () => {
      assert.deepEqual(filesOf(language), files);
    });

    for (const file of files.filter((name) => name.endsWith('.json'))) {
      it(`has the keys and placeholders of ${file}`, () => {
        const english = texts(source, file);
        const translated = texts(language, file);
        assert.deepEqual([...translated.keys()].sort(), [...english.keys()].sort());
        for (const [key, text] of translated) {
          assert.notEqual(text.trim(), '', key);
          assert.deepEqual(placeholders(text), placeholders(english.get(key)!), key);
        }
      });

      it(`has statuses short enough for a node in ${file}`, () => {
        for (const [key, text] of texts(language, file)) {
          if (!key.startsWith('status.')) continue;
          assert.ok(text.replaceAll(/__\w+?__/g, '').length < 20, `${key}: ${text}`);
        }
      });
    }

    for (const file of files.filter((name) => name.endsWith('.html'))) {
      it(`has the headings, properties and code names of the help in ${file}`, () => {
        assert.deepEqual(structure(read(language, file)), structure(read(source, file)));
        assert.deepEqual(codeNames(read(language, file)), codeNames(read(source, file)));
      });
    }
  });
}
