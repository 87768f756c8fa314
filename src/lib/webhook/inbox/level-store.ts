import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ClassicLevel } from 'classic-level';
import type { Operation, Range, Store } from './store';

type Database = ClassicLevel<string, Buffer>;

/** A LevelDB in a folder of its own. One process at a time. */
export class LevelStore implements Store {
  #database: Database | undefined;

  /** @param folder created where it is missing, for the owner's eyes only */
  constructor(readonly folder: string) {}

  async open(): Promise<number> {
    await mkdir(this.folder, { recursive: true, mode: 0o700 });
    const { ClassicLevel } = await import('classic-level');
    let damage = 0;
    try {
      await this.#open();
    } catch (error) {
      if (!isCorruption(error)) throw error;
      // Keeps what it can read, and puts aside the files that it cannot (in the folder `lost`).
      await ClassicLevel.repair(this.folder);
      damage++;
      await this.#open();
    }
    return damage + (await this.#reportedDamage());
  }

  async close(): Promise<void> {
    const database = this.#database;
    this.#database = undefined;
    await database?.close();
  }

  async write(operations: readonly Operation[], sync: boolean): Promise<void> {
    // Costs half of what an array of operations does, which is copied and taken apart again.
    const batch = this.#opened().batch();
    for (const operation of operations) {
      if (operation.type === 'put') batch.put(operation.key, operation.value);
      else batch.del(operation.key);
    }
    await batch.write({ sync });
  }

  get(key: string): Promise<Buffer | undefined> {
    return this.#opened().get(key);
  }

  entries(range: Range, limit: number): Promise<[string, Buffer][]> {
    return this.#opened()
      .iterator({ ...range, limit })
      .all();
  }

  async #open(): Promise<void> {
    const { ClassicLevel } = await import('classic-level');
    const database: Database = new ClassicLevel(this.folder, {
      keyEncoding: 'utf8',
      valueEncoding: 'buffer',
      // Encrypted records do not get any smaller.
      compression: false,
    });
    await database.open();
    this.#database = database;
  }

  #opened(): Database {
    if (!this.#database) throw new Error('the store is not open');
    return this.#database;
  }

  /**
   * LevelDB leaves out what it finds damaged in its journal, and says so only in its own log, which it starts anew
   * whenever it opens.
   */
  async #reportedDamage(): Promise<number> {
    const log = await readFile(join(this.folder, 'LOG'), 'utf8').catch(() => '');
    return log.match(/dropping \d+ bytes/g)?.length ?? 0;
  }
}

function isCorruption(error: unknown): boolean {
  const cause = error instanceof Error ? (error.cause as { code?: unknown } | undefined) : undefined;
  return cause?.code === 'LEVEL_CORRUPTION';
}
