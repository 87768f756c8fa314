import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { hasLeftovers } from '../../../src/lib/inbox';
import { LevelStore } from '../../../src/lib/inbox/local/level-store';
import type { Damage } from '../../../src/lib/inbox/contract';

describe('store on disk', () => {
  let root: string;
  let folder: string;
  before(() => {
    root = mkdtempSync(join(tmpdir(), 'onegevity-store-'));
  });
  beforeEach(() => {
    folder = mkdtempSync(join(root, 'inbox-'));
  });
  afterEach(() => {
    for (const name of readdirSync(root)) rmSync(join(root, name), { recursive: true, force: true });
  });
  after(() => rmSync(root, { recursive: true }));

  async function fill(count: number): Promise<void> {
    const store = new LevelStore(folder);
    await store.open();
    for (let at = 0; at < count; at++)
      await store.write(
        [{ type: 'put', key: `e!${String(at).padStart(16, '0')}`, value: Buffer.alloc(600, at) }],
        false,
      );
    await store.close();
  }

  /** Opens the store, and counts what is left. */
  async function readBack(): Promise<{ damage: Damage | undefined; entries: number }> {
    const store = new LevelStore(folder);
    const damage = await store.open();
    const entries = await store.entries({ gt: 'e!', lt: 'e"' }, Infinity);
    await store.close();
    return { damage, entries: entries.length };
  }

  function fileOf(ending: string): string {
    return join(
      folder,
      readdirSync(folder).find((name) => name.endsWith(ending) || name.startsWith(ending))!,
    );
  }

  function flip(ending: string, position: (length: number) => number): void {
    const file = fileOf(ending);
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
    assert.deepEqual(await readBack(), { damage: undefined, entries: 500 });
  });

  it('reports damage in the journal, and keeps the rest', async () => {
    await fill(500);
    flip('.log', (length) => Math.floor(length / 2));
    const { damage, entries } = await readBack();
    assert.equal(damage?.readable, 500);
    assert.equal(entries, 500, 'the flipped one as well: what is sealed shows by itself that it is damaged');
  });

  it('notices that its journal is missing, also where nothing says any more how long it was', async () => {
    await fill(100);
    await fill(150);
    rmSync(fileOf('.log'));
    rmSync(fileOf('ACKNOWLEDGED'));
    const { damage, entries } = await readBack();
    assert.deepEqual([damage?.readable, entries], [100, 100]);
  });

  it('rebuilds itself where its list of files is damaged, and keeps the damaged files', async () => {
    await fill(500);
    writeFileSync(join(folder, 'CURRENT'), 'nonsense');
    const { damage, entries } = await readBack();
    assert.deepEqual([damage?.readable, entries], [500, 500]);
    assert.equal(readFileSync(join(damage!.kept!, 'CURRENT'), 'utf8'), 'nonsense');
    assert.deepEqual(await readBack(), { damage: undefined, entries: 500 });
  });

  it('keeps the three latest damaged copies', async () => {
    const kept: string[] = [];
    for (let time = 0; time < 4; time++) {
      await fill(1);
      writeFileSync(join(folder, 'CURRENT'), 'nonsense');
      kept.push((await readBack()).damage!.kept!);
    }
    assert.deepEqual(
      kept.map((path) => existsSync(path)),
      [false, true, true, true],
    );
  });

  it('keeps the latest copy also where the clock was ahead when those before were made', async () => {
    const future = [2098, 2099, 2100].map((year) => `${folder}.damaged-${year}0101000000000`);
    for (const copy of [...future, `${folder}.damaged-mine`]) mkdirSync(copy);
    const kept: string[] = [];
    for (let time = 0; time < 2; time++) {
      await fill(1);
      writeFileSync(join(folder, 'CURRENT'), 'nonsense');
      kept.push((await readBack()).damage!.kept!);
    }
    assert.deepEqual(
      [...future, ...kept, `${folder}.damaged-mine`].map((path) => existsSync(path)),
      [false, false, true, true, true, true],
    );
  });

  it('ends what a process has begun that was killed while it replaced a damaged folder', async () => {
    await fill(500);
    renameSync(folder, `${folder}.rebuilt`);
    assert.deepEqual(await readBack(), { damage: undefined, entries: 500 });
    cpSync(folder, `${folder}.rebuilt`, { recursive: true });
    cpSync(folder, `${folder}.rebuilding`, { recursive: true });
    writeFileSync(join(folder, 'CURRENT'), 'nonsense');
    assert.equal((await readBack()).entries, 500);
    assert.deepEqual([existsSync(`${folder}.rebuilt`), existsSync(`${folder}.rebuilding`)], [false, false]);
  });

  for (const ending of ['rebuilt', 'rebuilding', 'lock'])
    for (const link of [false, true])
      it(`removes ${link ? 'a link that leads nowhere' : 'a file'} that has the name of its .${ending}`, async () => {
        await fill(100);
        const inTheWay = `${folder}.${ending}`;
        rmSync(inTheWay, { recursive: true, force: true });
        if (link) symlinkSync(join(root, 'nowhere'), inTheWay);
        else writeFileSync(inTheWay, '');
        writeFileSync(join(folder, 'CURRENT'), 'nonsense');
        assert.equal((await readBack()).entries, 100);
      });

  it('cuts off what a killed process has half written, without a word', async () => {
    const store = new LevelStore(folder);
    await store.open();
    for (let at = 0; at < 9; at++)
      await store.write([{ type: 'put', key: `e!${at}`, value: Buffer.alloc(600, at) }], at < 8);
    const copy = join(folder, '..', `${basename(folder)}-copy`);
    cpSync(folder, copy, { recursive: true });
    await store.close();
    rmSync(folder, { recursive: true });
    renameSync(copy, folder);
    const journal = join(
      folder,
      readdirSync(folder).find((name) => name.endsWith('.log'))!,
    );
    truncateSync(journal, statSync(journal).size - 10);
    assert.deepEqual(await readBack(), { damage: undefined, entries: 8 });
  });

  for (const [what, harm] of [
    ['its folder was deleted', () => rmSync(folder, { recursive: true })],
    ['its folder was emptied', () => readdirSync(folder).forEach((name) => rmSync(join(folder, name)))],
    ['its journal was deleted', () => rmSync(fileOf('.log'))],
    ['a table was deleted', () => rmSync(fileOf('.ldb'))],
    ['its folder was moved', () => renameSync(folder, `${folder}.elsewhere`)],
    [
      'its folder is a file now',
      () => {
        rmSync(folder, { recursive: true });
        writeFileSync(folder, '');
      },
    ],
    [
      'its folder is another now',
      () => {
        rmSync(folder, { recursive: true });
        mkdirSync(folder);
      },
    ],
  ] as const)
    it(`accepts nothing more when ${what} while it is open, says so, and works again`, async () => {
      await fill(100);
      const store = new LevelStore(folder);
      await store.open();
      const put = (key: string) =>
        store.write([{ type: 'put', key: `e!${key.padStart(16, '0')}`, value: Buffer.alloc(600) }], true);
      await put('1000');
      harm();
      await assert.rejects(put('1001'), { code: 'inbox_damaged' });
      await store.close();
      const damage = await store.open();
      assert.ok(damage && damage.readable < 101, JSON.stringify(damage));
      await put('1002');
      await store.close();
      const { damage: more, entries } = await readBack();
      assert.deepEqual([more, entries], [undefined, damage.readable + 1]);
    });

  for (const ending of ['.log', 'MANIFEST'])
    it(`accepts nothing more when a copy has replaced its ${ending} while it is open`, async () => {
      await fill(100);
      const store = new LevelStore(folder);
      await store.open();
      const put = (key: string) =>
        store.write([{ type: 'put', key: `e!${key.padStart(16, '0')}`, value: Buffer.alloc(600) }], true);
      await put('1000');
      // As restoring a backup does it.
      const file = fileOf(ending);
      cpSync(file, `${file}.copy`);
      renameSync(`${file}.copy`, file);
      await assert.rejects(put('1001'), { code: 'inbox_damaged' });
      await store.close();
      await store.open();
      await put('1002');
      await store.close();
      const { damage, entries } = await readBack();
      // What was refused may be there: who wrote it deletes it again.
      assert.deepEqual([damage, entries >= 102], [undefined, true]);
    });

  for (const [what, harm] of [
    ['has a name that LevelDB does not use', (file) => renameSync(file, join(folder, `0${basename(file)}`))],
    ['has a name in capitals', (file) => renameSync(file, join(folder, basename(file).toUpperCase()))],
    [
      'has moved elsewhere, and left a link',
      (file) => {
        renameSync(file, join(root, basename(file)));
        symlinkSync(join(root, basename(file)), file);
      },
    ],
    ['is 3 GB longer', (file) => truncateSync(file, 3 * 2 ** 30)],
  ] as [string, (file: string) => void][])
    for (const ending of ['.log', '.ldb'])
      it(`loses nothing when its ${ending} ${what}`, async () => {
        await fill(100);
        await fill(150);
        harm(fileOf(ending));
        assert.equal((await readBack()).entries, 150);
        assert.deepEqual(await readBack(), { damage: undefined, entries: 150 });
      });

  for (const name of ['ACKNOWLEDGED', 'CURRENT', 'MANIFEST', '.log', '.ldb', 'LOCK'])
    for (const [what, put] of [
      ['a pipe', (file) => execFileSync('mkfifo', [file])],
      ['a link to itself', (file) => symlinkSync(basename(file), file)],
      ['a link to a device without an end', (file) => symlinkSync('/dev/zero', file)],
    ] as [string, (file: string) => void][])
      it(`opens, and does not wait for ever, where ${what} is in the place of ${name}`, async function () {
        if (process.platform === 'win32') return this.skip();
        await fill(100);
        await fill(150);
        const file = fileOf(name);
        rmSync(file);
        put(file);
        assert.ok((await readBack()).damage!.readable >= 50);
        assert.equal((await readBack()).damage, undefined);
      });

  it('goes on while LevelDB itself replaces its files', async () => {
    const store = new LevelStore(folder);
    await store.open();
    for (let round = 0; round < 40; round++)
      await store.write(
        Array.from({ length: 500 }, (_, at) => ({
          type: 'put' as const,
          key: `e!${String((at * 7919) % 20_011).padStart(16, '0')}`,
          value: Buffer.alloc(1000, round),
        })),
        true,
      );
    await store.close();
    assert.deepEqual(await readBack(), { damage: undefined, entries: 500 });
  });

  it('says that its folder cannot be created, and works once what is in the way has gone', async () => {
    const inTheWay = join(folder, 'onegevity');
    writeFileSync(inTheWay, '');
    const store = new LevelStore(join(inTheWay, 'inbox', 'hook'));
    await assert.rejects(store.open(), { code: 'inbox_bad_folder' });
    rmSync(inTheWay);
    assert.equal(await store.open(), undefined);
    await store.close();
    await assert.rejects(new LevelStore(join(folder, 'x'.repeat(300), 'hook')).open(), {
      code: 'inbox_bad_folder',
    });
  });

  it('can be used by one at a time', async () => {
    const first = new LevelStore(folder);
    await first.open();
    await assert.rejects(new LevelStore(folder).open(), { code: 'inbox_locked' });
    await first.close();
    assert.deepEqual(await readBack(), { damage: undefined, entries: 0 });
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

  it('tells of damage that it finds when it is asked what is left', async () => {
    await fill(5);
    writeFileSync(join(folder, 'CURRENT'), 'nonsense');
    const damages: Damage[] = [];
    assert.equal(await hasLeftovers(folder, (damage) => damages.push(damage)), true);
    assert.deepEqual(
      damages.map(({ readable }) => readable),
      [5],
    );
  });
});
