import assert from 'node:assert/strict';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { diskInbox } from '../../../src/lib/inbox';
import type { Inbox } from '../../../src/lib/inbox/contract';
import { Keyring } from '../../../src/lib/inbox/keyring';
import { InboxRecorder } from '../../support/inbox-recorder';

const options = { visibilityTimeout: 3_600_000, maxAttempts: 9, inFlight: 100_000 };
const kinds: Readonly<Record<string, RegExp>> = {
  list: /^MANIFEST-/,
  current: /^CURRENT$/,
  journal: /\.log$/,
  table: /\.ldb$/,
  lock: /^LOCK$/,
  log: /^LOG$/,
  acknowledged: /^ACKNOWLEDGED$/,
};

/** What happens to one file of a folder. `at` is a part of its length. */
const harms: Readonly<Record<string, (file: string, at: number, other: string) => void>> = {
  flipped: (file, at) => change(file, (bytes) => void (bytes[Math.floor(at * bytes.length)]! ^= 0x10)),
  zeroed: (file, at) => change(file, (bytes) => void bytes.fill(0, Math.floor(at * bytes.length)).length),
  'zeroed in part': (file, at) =>
    change(file, (bytes) => {
      const start = Math.floor(at * bytes.length);
      bytes.fill(0, start, Math.min(start + 4096, bytes.length));
    }),
  truncated: (file, at) => truncateSync(file, Math.floor(at * readFileSync(file).length)),
  removed: (file) => rmSync(file),
  'replaced by a folder': (file) => {
    rmSync(file);
    mkdirSync(file);
  },
  swapped: (file, _at, other) => {
    renameSync(file, `${file}.tmp`);
    if (existsSync(other)) renameSync(other, file);
    renameSync(`${file}.tmp`, other);
  },
};

function change(file: string, edit: (bytes: Buffer) => void): void {
  const bytes = readFileSync(file);
  edit(bytes);
  writeFileSync(file, bytes);
}

interface Template {
  folder: string;
  /** Contents of the events that are to be delivered. */
  waiting: string[];
  /** Contents of those that have ended. */
  ended: string[];
}

describe('a durable inbox on disk whose files are damaged', function () {
  this.timeout(120_000);
  const key = Keyring.generate();
  let root: string;
  let templates: Template[];
  let open: Inbox | undefined;

  before(async () => {
    // In memory, if possible: a synced write takes its time on a disk, and there are thousands.
    root = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'onegevity-damage-'));
    templates = [
      await makeTemplate('small', 5, 40, 600),
      await makeTemplate('large', 2, 2, 2 ** 20),
      await makeTemplate('empty', 1, 0, 0),
    ];
  });
  after(() => rmSync(root, { recursive: true, force: true }));
  afterEach(async () => {
    await open?.close();
    open = undefined;
  });

  async function start(folder: string): Promise<{ inbox: Inbox; seen: InboxRecorder }> {
    const inbox = diskInbox(folder, new Keyring(key), options);
    const seen = new InboxRecorder();
    open = inbox;
    await inbox.open(seen);
    await seen.rest(inbox);
    return { inbox, seen };
  }

  const contents = (seen: InboxRecorder) =>
    seen.deliveries.map(({ event }) => event.content.toString('latin1'));

  /** A folder that was in use `rounds` times, so that it has tables and a journal. */
  async function makeTemplate(name: string, rounds: number, events: number, size: number): Promise<Template> {
    const folder = join(root, name);
    const all: string[] = [];
    const ended = new Set<string>();
    for (let round = 0; round < rounds; round++) {
      const { inbox, seen } = await start(folder);
      for (let number = 0; number < events; number++) {
        const content = Buffer.alloc(size, `event ${round}/${number} `);
        all.push(content.toString('latin1'));
        await inbox.put({ topic: 'order.created', receivedAt: 1, content });
      }
      await seen.rest(inbox);
      for (const [at, { id, event }] of seen.deliveries.entries())
        if (at % 5 === 4) {
          ended.add(event.content.toString('latin1'));
          await inbox.done(id);
        }
      await inbox.close();
    }
    open = undefined;
    return { folder, waiting: all.filter((content) => !ended.has(content)), ended: [...ended] };
  }

  it('makes templates with every kind of file', () => {
    for (const { folder, waiting } of templates.slice(0, 2)) {
      const files = readdirSync(folder);
      for (const [kind, pattern] of Object.entries(kinds))
        assert.ok(
          files.some((name) => pattern.test(name)),
          kind,
        );
      assert.ok(waiting.length > 3);
    }
  });

  const places = [0, 0.04, 0.2, 0.37, 0.61, 0.98];
  for (const [kind, pattern] of Object.entries(kinds))
    for (const harm of Object.keys(harms))
      it(`delivers what is readable and says what is not: ${kind} ${harm}`, async () => {
        const [small, large, empty] = templates as [Template, Template, Template];
        const many = /^(list|journal|table)$/.test(kind) && !/^(removed|replaced|swapped)/.test(harm);
        for (const at of many ? places : [0.1, 0.4, 0.9]) await survives(small, pattern, harm, at);
        for (const at of many ? [0.3, 0.98] : kind === 'current' ? [0.6] : [])
          await survives(large, pattern, harm, at);
        if (kind !== 'table') await survives(empty, pattern, harm, 0.4);
      });

  it('goes on with what is left when its folder was deleted while events are in flows', async () => {
    const folder = join(root, 'running');
    const { inbox, seen } = await start(folder);
    const put = (text: string) =>
      inbox.put({ topic: 'order.created', receivedAt: 1, content: Buffer.from(text) });
    await put('a');
    await put('b');
    const [lost] = await seen.next(2);
    rmSync(folder, { recursive: true });
    await assert.rejects(put('c'), { code: 'inbox_unavailable' });
    assert.equal(seen.problems.at(-1), 'inbox_damaged');
    await seen.until(() => seen.problems.at(-1) === undefined);
    assert.deepEqual(seen.damages, [{ readable: 0 }]);
    await assert.rejects(
      inbox.done(lost!.id),
      { code: 'delivery_already_done' },
      'a lost event is in no flow any more',
    );
    assert.equal(await put('d'), 'stored');
    const [next] = await seen.next(1);
    assert.equal(next!.event.content.toString(), 'd');
    const { waiting, inFlight, delayed, dead, unreadable } = await inbox.stats();
    assert.deepEqual(
      { waiting, inFlight, delayed, dead, unreadable },
      {
        waiting: 0,
        inFlight: 1,
        delayed: 0,
        dead: 0,
        unreadable: 0,
      },
    );
    await inbox.done(next!.id);
    await inbox.close();
    const again = await start(folder);
    assert.deepEqual([again.seen.damages, contents(again.seen)], [[], []]);
  });

  async function survives(template: Template, pattern: RegExp, harm: string, at: number): Promise<void> {
    const folder = mkdtempSync(join(root, 'copy-'));
    cpSync(template.folder, folder, { recursive: true });
    const all = readdirSync(folder).sort();
    const names = all.filter((name) => pattern.test(name));
    const name = names[Math.floor(at * names.length)]!;
    const others = all.filter((other) => other !== name);
    harms[harm]!(join(folder, name), at, join(folder, others[Math.floor(at * others.length)]!));

    const { inbox, seen } = await start(folder);
    const where = `${name} ${harm} at ${at}`;
    assert.deepEqual(seen.problems, [undefined], where);
    const got = contents(seen);
    const allowed = new Set([...template.waiting, ...template.ended]);
    for (const content of got) assert.ok(allowed.has(content), `${where}: something that never was stored`);
    assert.equal(new Set(got).size, got.length, `${where}: twice`);
    const missing = template.waiting.filter((content) => !got.includes(content)).length;
    const unreadable = seen.quarantines.reduce((sum, { count }) => sum + count, 0);
    if (seen.damages.length === 0) {
      assert.equal(unreadable + missing, 0, `${where}: ${missing} lost without a word`);
      assert.equal(got.length, template.waiting.length, where);
    } else {
      assert.equal(seen.damages.length, 1);
      assert.ok(existsSync(seen.damages[0]!.kept!), where);
      // One file was harmed, so what is in the others is there; and a flipped bit harms no more than its neighbors.
      if (harm === 'flipped')
        assert.ok(missing <= 16, `${where}: ${missing} of ${template.waiting.length} lost`);
      if (!/\.(log|ldb)$/.test(name) && harm !== 'swapped') assert.equal(missing, 0, where);
      if (harm === 'zeroed in part') assert.ok(missing <= 40, `${where}: ${missing} lost`);
    }
    await inbox.put({ topic: 'order.created', receivedAt: 1, content: Buffer.from('new') });
    await inbox.close();

    const again = await start(folder);
    assert.deepEqual(again.seen.damages, [], `${where}: damaged again`);
    assert.deepEqual(
      contents(again.seen).sort(),
      [...got, 'new'].sort(),
      `${where}: other events than before`,
    );
    await again.inbox.close();
    open = undefined;
    for (const entry of readdirSync(root).filter((entry) => entry.startsWith('copy-')))
      rmSync(join(root, entry), { recursive: true });
  }
});
