import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { names } from '../../../src/lib/inbox/redis/keys';

const folder = join(__dirname, '../../../src/lib/inbox/redis/lua');
const files = readdirSync(folder);
const textOf = (file: string) => readFileSync(join(folder, file), 'utf8');

describe('the Lua files of the inbox in Redis', () => {
  it('know the keys in the order of keys.ts', () => {
    assert.match(textOf('common.lua'), new RegExp(`^local ${names.join(', ')} = unpack\\(KEYS\\)$`, 'm'));
  });

  for (const file of files) {
    it(`say in the header of ${file} what they do with each of its arguments`, () => {
      const text = textOf(file);
      const [header = ''] = /^(?:--.*\n)+/.exec(text) ?? [];
      const argumentsOf = (part: string) => new Set(part.match(/ARGV\[\d\]/g));
      const code = text.slice(header.length);
      assert.match(header, /^-- \w/);
      for (const argument of argumentsOf(code)) assert.ok(header.includes(argument), argument);
    });
  }
});
