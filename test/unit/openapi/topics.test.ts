import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readDescription } from '../../../scripts/generate';
import { topicList } from '../../../scripts/operation-table';

interface Vector {
  name: string;
  body: string;
}

const fixture = join(__dirname, '../../fixtures/webhook-vectors.json');
const { vectors } = JSON.parse(readFileSync(fixture, 'utf8')) as { vectors: Vector[] };

describe('The webhook topics', () => {
  it('are the eleven of the integration page, in its order, with the members of its examples', () => {
    const examples = vectors.slice(0, 11).map(({ name, body }) => {
      const { id, ...others } = JSON.parse(body) as Record<string, unknown>;
      assert.equal(typeof id, 'number', name);
      return { name, members: Object.keys(others) };
    });
    assert.deepEqual(topicList(readDescription()), examples);
  });
});
