import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { completeHelp } from '../../../scripts/help';
import { errorCodes } from '../../../src/lib/errors';
import { nodeTypes } from '../../../scripts/node-pages';
import { catalogue, languages, localesFolder, unbalanced } from '../../support/locales';

function helpOf(language: string, type: string): string {
  const folder = join(localesFolder, language);
  const shared = join(folder, 'shared');
  const texts = [...catalogue(language, 'onegevity-config')];
  const group = (name: string) =>
    Object.fromEntries(
      texts
        .filter(([key]) => key.startsWith(`${name}.`))
        .map(([key, text]) => [key.slice(name.length + 1), text]),
    );
  const parts = readdirSync(shared).map((name) => [
    basename(name, '.html'),
    readFileSync(join(shared, name), 'utf8'),
  ]);
  return completeHelp(readFileSync(join(folder, `${type}.html`), 'utf8'), {
    parts: Object.fromEntries(parts) as Record<string, string>,
    errors: group('errors'),
    statuses: group('status'),
  });
}

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

  it('lists every error under the text of its status', () => {
    const help = helpOf('en-US', 'onegevity-config');
    const statuses = catalogue('en-US', 'onegevity-config');
    for (const code of errorCodes) {
      assert.ok(
        help.includes(`<dt>${statuses.get(`status.${code}`)} <span class="property-type">${code}</span>`),
        code,
      );
    }
  });

  it('cannot refer to a part that does not exist', () => {
    const parts = { parts: {}, errors: {}, statuses: {} };
    assert.throws(() => completeHelp('  <!-- include: nothing -->\n', parts), /nothing/);
  });
});
