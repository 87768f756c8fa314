import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packages } from '../../../src/sandbox/data/catalog';
import { routePatterns } from '../../../src/sandbox/control/routes';
import { faultKinds } from '../../../src/sandbox/faults/kinds';

const page = readFileSync(join(__dirname, '../../../docs/reference/sandbox.md'), 'utf8');

describe('docs/reference/sandbox.md', () => {
  it('lists every fault with its members and their defaults', () => {
    for (const { name, members } of faultKinds) {
      const row = page.split('\n').find((line) => line.startsWith(`| \`${name}\` `)) ?? '';
      assert.ok(row, name);
      for (const member of members) {
        const numeric = member.type === 'number' ? ` ${member.default}` : '';
        assert.ok(row.includes(`\`${member.name}\`${numeric}`), `${name}: ${member.name}${numeric}`);
      }
    }
  });

  it('lists every control route', () => {
    for (const pattern of routePatterns) {
      const path = pattern.replace(/^\w+ /, '').replace(/:(\w+)/g, '{$1}');
      const [last] = path.split('/').slice(-1);
      assert.ok(page.includes(`/sandbox/${path}`) || page.includes(`\`…/${last}\``), pattern);
    }
  });

  it('lists every package', () => {
    for (const { clientIdentifier } of packages) assert.ok(page.includes(`\`${clientIdentifier}\``));
  });
});
