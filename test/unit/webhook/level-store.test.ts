import assert from 'node:assert/strict';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hasLeftovers } from '../../../src/lib/webhook/inbox';
import { LevelStore } from '../../../src/lib/webhook/inbox/level-store';

describe('store on disk', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'onegevity-store-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  async function fill(count: number): Promise<void> {
    const store = new LevelStore(folder);
    await store.open();
    for (let at = 0; at < count; at++)
      await store.write([{ type: 'put', key: `e!${1000 + at}`, value: Buffer.alloc(600, at) }], false);
    await store.close();
  }

  /** Opens the store, and counts what is left. */
  async function readBack(): Promise<{ damage: number; entries: number }> {
    const store = new LevelStore(folder);
    const damage = await store.open();
    const entries = await store.entries({ gt: 'e!', lt: 'e"' }, Infinity);
    await store.close();
    return { damage, entries: entries.length };
  }

  function flip(ending: string, position: (length: number) => number): void {
    const file = join(
      folder,
      readdirSync(folder).find((name) => name.endsWith(ending))!,
    );
    const bytes = readFileSync(file);
    bytes[position(bytes.length)]! ^= 1;
    writeFileSync(file, bytes);
  }

  it('makes its folder for the owner alone', async () => {
    rmSync(folder, { recursive: true });
    await fill(1);
    assert.equal(statSync(folder).mode & 0o077, 0);
  });

  it('reports nothing where nothing is damaged', async () => {
    await fill(500);
    assert.deepEqual(await readBack(), { damage: 0, entries: 500 });
  });

  it('reports damage in the journal, and keeps the rest', async () => {
    await fill(500);
    flip('.log', (length) => Math.floor(length / 2));
    const { damage, entries } = await readBack();
    assert.ok(damage > 0);
    assert.ok(entries > 400 && entries < 500, `${entries} entries`);
  });

  it('repairs itself where its list of files is damaged, and reports that', async () => {
    await fill(500);
    writeFileSync(join(folder, 'CURRENT'), 'nonsense');
    assert.deepEqual(await readBack(), { damage: 1, entries: 500 });
  });

  it('repairs nothing where another fault keeps it from opening', async () => {
    await fill(500);
    const list = join(folder, 'CURRENT');
    renameSync(list, `${list}.kept`);
    mkdirSync(list);
    const files = () => readdirSync(folder).filter((name) => !name.startsWith('LOG'));
    const before = files();
    await assert.rejects(new LevelStore(folder).open());
    assert.deepEqual(files(), before);
    rmdirSync(list);
    renameSync(`${list}.kept`, list);
    assert.deepEqual(await readBack(), { damage: 0, entries: 500 });
  });

  it('can be used by one at a time', async () => {
    const first = new LevelStore(folder);
    await first.open();
    await assert.rejects(new LevelStore(folder).open());
    await first.close();
    assert.deepEqual(await readBack(), { damage: 0, entries: 0 });
  });

  it('tells what is left of an inbox: an event or a dead letter, and nothing else', async () => {
    assert.equal(await hasLeftovers(join(folder, 'missing')), false);
    assert.equal(existsSync(join(folder, 'missing')), false, 'asking makes no folder');
    for (const [key, left] of [
      ['u!hash', false],
      ['d!1', true],
      ['e!1', true],
    ] as const) {
      const store = new LevelStore(folder);
      await store.open();
      await store.write([{ type: 'put', key, value: Buffer.from('x') }], true);
      await store.close();
      assert.equal(await hasLeftovers(folder), left, key);
      await store.open();
      await store.write([{ type: 'del', key }], true);
      await store.close();
    }
    assert.equal(await hasLeftovers(folder), false);
  });
});
