/** Reads LevelDB's list of files. */
import { Reader } from './bytes';
import { readLog } from './log';

export interface TableFile {
  number: number;
  size: number;
  smallest: Buffer;
  largest: Buffer;
}

export interface Manifest {
  tables: Map<number, TableFile>;
  /** Journals from this number on hold what is in no table yet. */
  log: number;
  /** As of its last change; the journals go on from here. */
  sequence: number;
  /** Its end, where a process ended while it wrote it. */
  torn?: number;
}

enum Tag {
  comparator = 1,
  log,
  nextFile,
  sequence,
  compaction,
  removed,
  added,
  previousLog = 9,
}

/** @returns undefined where it is damaged */
export function readManifest(bytes: Buffer): Manifest | undefined {
  const { records, damaged, torn, good } = readLog(bytes);
  if (damaged || good === 0) return undefined;
  const manifest: Manifest = { tables: new Map(), log: 0, sequence: 0, ...(torn ? { torn: good } : {}) };
  const changes = records.filter(({ end }) => end <= good);
  return changes.every(({ data }) => apply(manifest, new Reader(data))) ? manifest : undefined;
}

function apply(manifest: Manifest, reader: Reader): boolean {
  while (!reader.done) if (!change(manifest, reader)) return false;
  return true;
}

function change(manifest: Manifest, reader: Reader): boolean {
  switch (reader.varint()) {
    case Tag.comparator:
      return reader.sized()?.toString() === 'leveldb.BytewiseComparator';
    case Tag.log:
      return number(reader, (value) => (manifest.log = value));
    case Tag.sequence:
      return number(reader, (value) => (manifest.sequence = value));
    case Tag.nextFile:
    case Tag.previousLog:
      return number(reader, () => undefined);
    case Tag.compaction:
      return reader.varint() !== undefined && reader.sized() !== undefined;
    case Tag.removed:
      return reader.varint() !== undefined && number(reader, (value) => manifest.tables.delete(value));
    case Tag.added:
      return reader.varint() !== undefined && added(manifest, reader);
    default:
      return false;
  }
}

function number(reader: Reader, set: (value: number) => unknown): boolean {
  const value = reader.varint();
  if (value === undefined) return false;
  set(value);
  return true;
}

function added({ tables }: Manifest, reader: Reader): boolean {
  const number = reader.varint();
  const size = reader.varint();
  const smallest = reader.sized();
  const largest = reader.sized();
  if (number === undefined || size === undefined || !smallest || !largest) return false;
  tables.set(number, { number, size, smallest, largest });
  return true;
}
