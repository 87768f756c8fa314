import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { completeHelp, helpTexts } from '../../../scripts/help';
import { errorCodes } from '../../../src/lib/errors';
import { nodeTypes } from '../../../scripts/node-pages';
import { catalogue, languages, localesFolder, unbalanced } from '../../support/locales';

const helps = new Map(languages.map((language) => [language, helpTexts(join(localesFolder, language))]));
const helpOf = (language: string, type: string) => helps.get(language)?.get(type) ?? '';

describe('the help', () => {
  for (const language of languages) {
    for (const type of nodeTypes) {
      it(`of ${type} in ${language} has the form of Node-RED's style guide`, () => {
        const help = helpOf(language, type);
        const [, name, body = ''] =
          /^<script type="text\/html" data-help-name="([^"]+)">\n(.*)<\/script>\n$/s.exec(help) ?? [];
        assert.equal(name, type);
        assert.match(body, /^\s*<p>/, 'the first paragraph is the tooltip');
        assert.deepEqual(unbalanced(body), []);
        assert.doesNotMatch(body, /<(b|i|h1|h2|h5)>/);
        assert.doesNotMatch(body, /<!--/);
        assert.match(body, /<h3>[^<]*<\/h3>/);
      });
    }
  }

  it('leads to the page that lists every error by its status and its code', () => {
    assert.match(helpOf('en-US', 'onegevity-config'), /docs\/reference\/errors\.html/);
    const page = readFileSync(join(localesFolder, '../docs/reference/errors.md'), 'utf8');
    const texts = catalogue('en-US', 'onegevity-config');
    for (const code of errorCodes)
      assert.match(page, new RegExp(`id="${code}".*\\| ${texts.get(`status.${code}`)} +\\|`), code);
  });

  it('cannot refer to a part that does not exist', () => {
    assert.throws(() => completeHelp('  <!-- include: nothing -->\n', {}), /nothing/);
  });
});
