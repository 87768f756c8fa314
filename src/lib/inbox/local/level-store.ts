import { constants } from 'node:fs';
import { access, lstat, mkdir, open, readdir, rename, rm, stat, truncate } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { ClassicLevel } from 'classic-level';
import type { OnegevityError } from '../../errors';
import { Acknowledged } from './level/acknowledged';
import { FolderWatch } from './level/folder-watch';
import { Inspector } from './level/inspect';
import { salvage } from './salvage';
import { storageFault } from '../storage-errors';
import type { Operation, Range, Store } from './store';
import type { Damage } from '../contract';

type Database = ClassicLevel<string, Buffer>;

/** How many damaged copies of one inbox are kept. */
const keptCopies = 3;

/**
 * A LevelDB in a folder of its own. One process at a time.
 *
 * Beside the folder lie, under its name with an ending: `.lock`, `.rebuilding` and `.rebuilt` while a damaged database is
 * replaced, and `.damaged-` with the time, what it replaced.
 */
export class LevelStore implements Store {
  #database: Database | undefined;
  #lock: Database | undefined;
  readonly #acknowledged: Acknowledged;
  #inspector = new Inspector();
  #watch: FolderWatch | undefined;
  /** Number of the last operation. */
  #sequence = 0;
  /** Whether something was stored in the folder since this process opened it for the first time. */
  #used = false;
  #unsynced = false;
  #closing: Promise<void> | undefined;
  /** Found, and not told yet. */
  #damage: Damage | undefined;

  /** @param folder created where it is missing, for the owner's eyes only */
  constructor(readonly folder: string) {
    this.#acknowledged = new Acknowledged(folder);
  }

  /** @throws OnegevityError `inbox_locked` and other codes of the storage, see storage-faults.ts */
  async open(): Promise<Damage | undefined> {
    try {
      await mkdir(dirname(this.folder), { recursive: true, mode: 0o700 });
      this.#lock = await openLock(this.#beside('lock'));
      this.#damage = (await this.#prepare()) ?? this.#damage;
      this.#database = await openDatabase(this.folder);
      await this.#acknowledged.open(this.#sequence);
      this.#watch = await FolderWatch.start(this.folder);
      const damage = this.#damage;
      this.#damage = undefined;
      return damage;
    } catch (error) {
      await this.close().catch(() => undefined);
      throw storageFault(error, this.folder);
    }
  }

  /** Closed twice at the same time, as after a fault and at an end, it closes once. */
  close(): Promise<void> {
    this.#closing ??= this.#close().finally(() => (this.#closing = undefined));
    return this.#closing;
  }

  async #close(): Promise<void> {
    await this.#complete().catch(() => undefined);
    const [database, lock] = [this.#database, this.#lock];
    this.#database = this.#lock = this.#watch = undefined;
    try {
      await database?.close();
    } finally {
      await this.#acknowledged.close();
      await lock?.close();
    }
  }

  /** @throws OnegevityError as {@link open}, and `inbox_damaged` where the folder is not what it was when it was opened */
  async write(operations: readonly Operation[], sync: boolean): Promise<void> {
    this.#sequence += operations.length;
    const sequence = this.#sequence;
    // Nothing may follow a write that failed.
    this.#unsynced = false;
    try {
      // The system lets a process write to files that are deleted.
      await Promise.all([this.#write(operations, sync), sync ? this.#watch!.check() : undefined]);
    } catch (error) {
      throw this.#faulty(error);
    }
    this.#used = true;
    this.#unsynced = !sync;
    if (sync) this.#acknowledged.set(sequence);
  }

  async #write(operations: readonly Operation[], sync: boolean): Promise<void> {
    // Costs half of what an array of operations does, which is copied and taken apart again.
    const batch = this.#opened().batch();
    for (const operation of operations) {
      if (operation.type === 'put') batch.put(operation.key, operation.value);
      else batch.del(operation.key);
    }
    await batch.write({ sync });
  }

  /** @throws OnegevityError as {@link write} */
  async get(key: string): Promise<Buffer | undefined> {
    return this.#read((database) => database.get(key));
  }

  /** @throws OnegevityError as {@link write} */
  entries(range: Range, limit: number): Promise<[string, Buffer][]> {
    return this.#read((database) => database.iterator({ ...range, limit }).all());
  }

  async #read<T>(read: (database: Database) => Promise<T>): Promise<T> {
    try {
      return await read(this.#opened());
    } catch (error) {
      throw this.#faulty(error);
    }
  }

  /** A table that turns out to be damaged may look as it did when it was right: all are checked again. */
  #faulty(error: unknown): OnegevityError {
    const fault = storageFault(error, this.folder);
    if (fault.code === 'inbox_damaged') this.#inspector = new Inspector();
    return fault;
  }

  /** After an orderly end the whole journal is known to be there, also what need not have been synced. */
  async #complete(): Promise<void> {
    if (this.#unsynced) await this.write([{ type: 'del', key: 'p!end' }], true);
  }

  #opened(): Database {
    if (!this.#database) throw new Error('the store is not open');
    return this.#database;
  }

  #beside(ending: string): string {
    return `${this.folder}.${ending}`;
  }

  /** Leaves a folder that LevelDB can open without harm. */
  async #prepare(): Promise<Damage | undefined> {
    await this.#endReplacement();
    const found = await kindOf(this.folder);
    const kept = found === 'file' ? await this.#moveAside() : undefined;
    await mkdir(this.folder, { recursive: true, mode: 0o700 });
    await access(this.folder, constants.R_OK | constants.W_OK | constants.X_OK);
    const used = this.#used && (found === 'missing' || (await readdir(this.folder)).length === 0);
    const healthy = await this.#inspector.inspect(this.folder, await this.#acknowledged.read());
    if (!healthy) return this.#replace();
    for (const { name, length } of healthy.cuts) await truncate(join(this.folder, name), length);
    this.#sequence = healthy.sequence;
    if (kept !== undefined) return { readable: 0, kept };
    return used ? { readable: 0 } : undefined;
  }

  /** Puts what can be read of the folder in its place. Whenever the process ends, one of the two is there as a whole. */
  async #replace(): Promise<Damage> {
    const building = this.#beside('rebuilding');
    await rm(building, { recursive: true, force: true });
    await mkdir(building, { mode: 0o700 });
    const database = await openDatabase(building);
    let readable: number;
    let operations = 0;
    try {
      readable = await salvage(this.folder, async (more) => {
        operations += more.length;
        await database.batch([...more], { sync: true });
      });
    } finally {
      await database.close();
    }
    await rename(building, this.#beside('rebuilt'));
    const kept = await this.#moveAside();
    await rename(this.#beside('rebuilt'), this.folder);
    await syncFolder(dirname(this.folder));
    this.#sequence = operations;
    return { readable, kept };
  }

  /** Ends what a process has begun that has ended since. */
  async #endReplacement(): Promise<void> {
    const rebuilt = this.#beside('rebuilt');
    const found = await kindOf(rebuilt);
    if (found === 'missing') return;
    if (found === 'folder' && (await kindOf(this.folder)) === 'missing') await rename(rebuilt, this.folder);
    else await rm(rebuilt, { recursive: true });
  }

  /** @returns where it is now */
  async #moveAside(): Promise<string> {
    const parent = dirname(this.folder);
    const start = `${basename(this.folder)}.damaged-`;
    const times = (await readdir(parent))
      .filter((name) => name.startsWith(start))
      .map((name) => name.slice(start.length))
      .filter((time) => /^\d+$/.test(time))
      .sort();
    const kept = this.#beside(`damaged-${timeAfter(times.at(-1))}`);
    await rename(this.folder, kept);
    for (const time of times.slice(0, -(keptCopies - 1)))
      await rm(join(parent, start + time), { recursive: true, force: true });
    return kept;
  }
}

/** The time as digits; a later one where the clock was ahead before. What is newest stays the last. */
function timeAfter(latest: string | undefined): string {
  const now = new Date().toISOString().replace(/\D/g, '');
  return latest === undefined || latest < now ? now : String(BigInt(latest) + 1n);
}

/** Deletes an inbox that is not open, but not what was put aside because it was damaged. */
export async function removeLevelStore(folder: string): Promise<void> {
  for (const path of [folder, `${folder}.lock`]) await rm(path, { recursive: true, force: true });
}

async function openDatabase(folder: string): Promise<Database> {
  const { ClassicLevel } = await import('classic-level');
  const database: Database = new ClassicLevel(folder, {
    keyEncoding: 'utf8',
    valueEncoding: 'buffer',
    // Encrypted records do not get any smaller.
    compression: false,
  });
  await database.open();
  return database;
}

/**
 * Keeps every other process out, already while the files are checked and replaced. It is a database of its own, which
 * stays empty: Node.js cannot lock a file by itself, and LevelDB does not lock one without opening the rest.
 */
async function openLock(folder: string): Promise<Database> {
  if ((await kindOf(folder)) === 'file') await rm(folder);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  // Another process that has it open needs no file but the locked one, and nobody needs what is damaged.
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (entry.name === 'LOCK' && entry.isFile()) continue;
    await rm(join(folder, entry.name), { recursive: true, force: true });
  }
  return openDatabase(folder);
}

async function kindOf(path: string): Promise<'folder' | 'file' | 'missing'> {
  try {
    return (await stat(path)).isDirectory() ? 'folder' : 'file';
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    // A link that leads nowhere is in the way, too.
    return (await lstat(path).catch(() => undefined)) ? 'file' : 'missing';
  }
}

/** Makes renamed folders survive a power failure, where the system offers that. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r').catch(() => undefined);
  await handle?.sync().catch(() => undefined);
  await handle?.close();
}
