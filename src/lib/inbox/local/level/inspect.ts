import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { readBatch } from './batch';
import { contentOf, currentManifest, type Files, listFiles } from './files';
import { type Log, readLog } from './log';
import type { Manifest, TableFile } from './manifest';
import { checkTable } from './table';

export interface Healthy {
  /** Number of the last operation. */
  sequence: number;
  /** What a process that ended in the middle of a write has left at the ends of files: to be cut off. */
  cuts: { name: string; length: number }[];
}

/**
 * Checks everything that LevelDB would read: its native code ends the process on some damage, says nothing of other
 * damage, and finds some only when it is too late.
 */
export class Inspector {
  /** Tables never change, so one that was right need not be read again as long as it is the same file. */
  #known = new Set<string>();

  /**
   * @param acknowledged the operation up to which the journal was synced, if that is known
   * @returns undefined where something is damaged or missing
   */
  async inspect(folder: string, acknowledged: number | undefined): Promise<Healthy | undefined> {
    const files = await listFiles(folder);
    if (files.strange.length > 0) return undefined;
    const manifest = await currentManifest(folder);
    if (!manifest) return (await isNew(folder, files, acknowledged)) ? { sequence: 0, cuts: [] } : undefined;
    if (!(await this.#tablesAreRight(folder, files, manifest))) return undefined;
    const journals = await inspectJournals(folder, files, manifest);
    if (!journals || journals.sequence < (acknowledged ?? 0)) return undefined;
    const cuts = [...journals.cuts];
    if (manifest.torn !== undefined) cuts.push({ name: manifest.name, length: manifest.torn });
    // Whether what was cut off had been acknowledged is not known.
    if (cuts.length > 0 && acknowledged === undefined) return undefined;
    return { sequence: journals.sequence, cuts };
  }

  async #tablesAreRight(folder: string, files: Files, { tables }: Manifest): Promise<boolean> {
    const names = new Map(files.tables);
    const known = new Set<string>();
    for (const table of tables.values()) {
      const name = names.get(table.number);
      if (name === undefined) return false;
      const path = join(folder, name);
      const { size, mtimeMs, ino } = await stat(path);
      if (size !== table.size) return false;
      const identity = [path, mtimeMs, ino, table.smallest.toString('hex')].join();
      if (!this.#known.has(identity) && !(await isRight(folder, name, table))) return false;
      known.add(identity);
    }
    this.#known = known;
    return true;
  }
}

async function isRight(folder: string, name: string, table: TableFile): Promise<boolean> {
  const content = await contentOf(folder, name);
  if (!content) return false;
  const { whole, smallest, largest } = checkTable(content);
  return whole && smallest!.equals(table.smallest) && largest!.equals(table.largest);
}

/** Nothing was ever stored: the folder is empty, or a process ended while it made the database. */
async function isNew(folder: string, files: Files, acknowledged: number | undefined): Promise<boolean> {
  if (files.current || files.tables.length > 0 || (acknowledged ?? 0) > 0) return false;
  for (const [, name] of files.logs) if ((await stat(join(folder, name))).size > 0) return false;
  return true;
}

/** Operations have numbers without a gap, from the list of files to the end of the last journal. */
async function inspectJournals(
  folder: string,
  files: Files,
  manifest: Manifest,
): Promise<Healthy | undefined> {
  // It was there before the list of files named it, also where nothing was stored in it yet.
  if (manifest.log > 0 && !files.logs.some(([number]) => number === manifest.log)) return undefined;
  const cuts: Healthy['cuts'] = [];
  let { sequence } = manifest;
  for (const [number, name] of files.logs) {
    if (number < manifest.log) continue;
    const content = await contentOf(folder, name);
    const log = content && readLog(content);
    if (!log || log.damaged) return undefined;
    const last = endOf(log, sequence);
    // What follows a torn end was written by a process that had not read it.
    if (last === undefined || (cuts.length > 0 && log.good > 0)) return undefined;
    sequence = Math.max(sequence, last);
    if (log.torn) cuts.push({ name, length: log.good });
  }
  return { sequence, cuts };
}

/** @returns the number of the last operation, or undefined where one is missing */
function endOf({ records, good }: Log, before: number): number | undefined {
  let last = before;
  for (const [at, record] of records.entries()) {
    if (record.end > good) break;
    const batch = readBatch(record);
    if (!batch?.whole) return undefined;
    if (at === 0 ? batch.sequence > before + 1 : batch.sequence !== last + 1) return undefined;
    last = batch.sequence + batch.count - 1;
  }
  return last;
}
