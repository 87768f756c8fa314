import assert from 'node:assert/strict';
import { pages, read } from '../../scripts/docs';

describe('the generated pages', () => {
  it('are what `npm run docs` would write', async () => {
    for (const [file, text] of await pages()) assert.equal(read(file), text, `${file}: run \`npm run docs\``);
  });
});
