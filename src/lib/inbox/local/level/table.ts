/** Reads LevelDB's tables (.ldb), without compression. See doc/table_format.md of LevelDB. */
import { Reader } from './bytes';
import { maskedCrc } from './crc32c';
import type { Entry } from './entry';

const footerSize = 48;
const magic = Buffer.from('57fb808b247547db', 'hex');
const trailerSize = 5;
const restartEvery = 16;

interface Handle {
  offset: number;
  size: number;
}

interface Raw {
  internalKey: Buffer;
  value: Buffer;
}

export interface Table {
  /** Every checksum is right. */
  whole: boolean;
  /** Internal keys, as the list of files has them. */
  smallest?: Buffer;
  largest?: Buffer;
}

/** Verifies every block of a table. */
export function checkTable(bytes: Buffer): Table {
  const footer = readFooter(bytes);
  if (!footer || !isRight(bytes, footer.index) || !isRight(bytes, footer.meta)) return { whole: false };
  const blocks = handlesIn(bytes, footer.index);
  const filters = handlesIn(bytes, footer.meta);
  if (!blocks?.length || !filters || ![...blocks, ...filters].every((block) => isRight(bytes, block)))
    return { whole: false };
  const smallest = blockEntries(bytes, blocks[0]!)?.[0]?.internalKey;
  const largest = blockEntries(bytes, blocks.at(-1)!)?.at(-1)?.internalKey;
  return smallest && largest ? { whole: true, smallest, largest } : { whole: false };
}

/** Whatever can be read of a table, damaged or not. */
export function* tableEntries(bytes: Buffer): Generator<Entry> {
  const footer = readFooter(bytes);
  const blocks = footer && isRight(bytes, footer.index) ? handlesIn(bytes, footer.index) : undefined;
  if (!blocks) {
    yield* scan(bytes);
    return;
  }
  for (const block of blocks) {
    const entries = isRight(bytes, block) ? blockEntries(bytes, block) : undefined;
    if (entries) for (const entry of entries) yield* decoded(entry, true);
    else yield* scan(bytes.subarray(block.offset, block.offset + block.size));
  }
}

/**
 * Reads one entry after another without knowing where blocks begin. After something that cannot be read it goes on
 * with the next event whose whole key is stored.
 */
function* scan(bytes: Buffer): Generator<Entry> {
  const reader = new Reader(bytes);
  let before: Buffer = Buffer.alloc(0);
  let count = 0;
  while (!reader.done) {
    const start = reader.at;
    const raw = nextEntry(reader, before);
    // A length that is wrong swallows what follows.
    const swallowed = raw ? nextWholeKey(bytes, reader.at - raw.value.length, reader.at) : -1;
    if (raw && swallowed < 0) {
      before = raw.internalKey;
      count++;
      yield* decoded(raw, false);
      continue;
    }
    const behind = behindRestarts(bytes, start, count);
    const next = behind ?? nextWholeKey(bytes, start + 1);
    if (next < 0) return;
    reader.at = next;
    before = Buffer.alloc(0);
    count = 0;
  }
}

function readFooter(bytes: Buffer): { meta: Handle; index: Handle } | undefined {
  const start = bytes.length - footerSize;
  if (start < 0 || !bytes.subarray(-magic.length).equals(magic)) return undefined;
  const reader = new Reader(bytes, start);
  const meta = readHandle(reader);
  const index = readHandle(reader);
  return meta && index && { meta, index };
}

function readHandle(reader: Reader): Handle | undefined {
  const offset = reader.varint();
  const size = reader.varint();
  return offset === undefined || size === undefined ? undefined : { offset, size };
}

/** Type (0: not compressed) and checksum stand behind a block. */
function isRight(bytes: Buffer, { offset, size }: Handle): boolean {
  const end = offset + size;
  if (end + trailerSize > bytes.length || bytes[end] !== 0) return false;
  return maskedCrc(bytes, offset, end + 1) === bytes.readUInt32LE(end + 1);
}

function handlesIn(bytes: Buffer, block: Handle): Handle[] | undefined {
  const handles = blockEntries(bytes, block)?.map(({ value }) => readHandle(new Reader(value)));
  return handles?.every((handle) => handle !== undefined) ? handles : undefined;
}

/** The entries of a block whose checksum is right. */
function blockEntries(bytes: Buffer, { offset, size }: Handle): Raw[] | undefined {
  if (size < 4) return undefined;
  const end = offset + size - 4 - 4 * bytes.readUInt32LE(offset + size - 4);
  if (end < offset) return undefined;
  const reader = new Reader(bytes, offset, end);
  const entries: Raw[] = [];
  while (!reader.done) {
    const entry = nextEntry(reader, entries.at(-1)?.internalKey ?? Buffer.alloc(0));
    if (!entry) return undefined;
    entries.push(entry);
  }
  return entries;
}

/** Keys leave out what they share with the key before. */
function nextEntry(reader: Reader, before: Buffer): Raw | undefined {
  const shared = reader.varint();
  const more = reader.varint();
  const length = reader.varint();
  if (shared === undefined || more === undefined || length === undefined) return undefined;
  if (shared > before.length || shared + more === 0) return undefined;
  const rest = reader.take(more);
  const value = rest && reader.take(length);
  if (!rest || !value) return undefined;
  return { internalKey: shared === 0 ? rest : Buffer.concat([before.subarray(0, shared), rest]), value };
}

/** Behind the key stand its kind and its number. */
function* decoded({ internalKey, value }: Raw, whole: boolean): Generator<Entry> {
  const end = internalKey.length - 8;
  if (end <= 0) return;
  const kind = internalKey[end];
  if (kind !== 0 && kind !== 1) return;
  const key = internalKey.toString('utf8', 0, end);
  const sequence = internalKey.readUIntLE(end + 1, 6);
  yield { key, value: kind === 1 ? value : undefined, sequence, whole };
}

/** A block ends with the places at which whole keys are stored. */
function behindRestarts(bytes: Buffer, at: number, entries: number): number | undefined {
  const restarts = Math.ceil(entries / restartEvery);
  const end = at + 4 * restarts;
  if (restarts === 0 || end + 4 + trailerSize > bytes.length) return undefined;
  return bytes.readUInt32LE(end) === restarts ? end + 4 + trailerSize : undefined;
}

/** @param before where it must begin at the latest: most entries are short, and the rest of the file may be long */
function nextWholeKey(bytes: Buffer, from: number, before = bytes.length): number {
  const size = 26;
  const searched = bytes.subarray(0, before + 1);
  // Behind a zero, which is no help to search for: there may be millions of them.
  for (let at = searched.indexOf(size, from + 1); at > 0; at = searched.indexOf(size, at + 1)) {
    if (bytes[at - 1] !== 0) continue;
    const reader = new Reader(bytes, at + 1);
    if (reader.varint() === undefined) continue;
    const key = reader.take(size);
    if (key && /^[edx]!\d{16}/.test(key.toString('latin1'))) return at - 1;
  }
  return -1;
}
