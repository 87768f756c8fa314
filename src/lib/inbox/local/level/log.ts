/**
 * Reads LevelDB's log format, in which both the journal and the list of files (MANIFEST) are written: blocks of 32 KiB,
 * each with pieces of records. See doc/log_format.md of LevelDB.
 */
import { maskedCrc } from './crc32c';

const blockSize = 32_768;
const headerSize = 7;

export interface LogRecord {
  data: Buffer;
  /** All its checksums are right. */
  whole: boolean;
  /** Where the next record begins. */
  end: number;
}

export interface Log {
  records: LogRecord[];
  /** End of the last record before anything that is wrong. */
  good: number;
  /** What follows is what a process that ended in the middle of a write leaves, too. */
  torn: boolean;
  /** Something is wrong that a torn write does not explain, or is followed by more. */
  damaged: boolean;
}

interface Piece {
  kind: number;
  start: number;
  end: number;
}

/** Of a piece; the one left out, 3, is in the middle of a record. */
const type = { full: 1, first: 2, last: 4 };

export function readLog(bytes: Buffer): Log {
  const records: LogRecord[] = [];
  const log: Log = { records, good: 0, torn: false, damaged: false };
  let pieces: Buffer[] = [];
  let whole = true;
  let wrong = false;
  let at = 0;
  const broken = () => {
    wrong = true;
    pieces = [];
  };
  while (at < bytes.length) {
    const left = blockSize - (at % blockSize);
    if (left < headerSize) {
      at += left;
      continue;
    }
    const piece = pieceAt(bytes, at);
    if (!piece) {
      wrong = true;
      pieces = [];
      at = nextPiece(bytes, at + 1);
      continue;
    }
    const { kind, start, end } = piece;
    const right = isRight(bytes, at, piece);
    if (!right) {
      wrong = true;
      // Where its length fits what follows, only its content is damaged, and most of that may still be readable.
      if (!follows(bytes, end)) {
        pieces = [];
        at = nextPiece(bytes, at + 1);
        continue;
      }
    }
    at = end;
    const begins = kind === type.full || kind === type.first;
    if (begins !== (pieces.length === 0)) {
      broken();
      if (!begins) continue;
    }
    if (begins) whole = true;
    whole &&= right;
    pieces.push(bytes.subarray(start, end));
    if (kind === type.full || kind === type.last) {
      // What is right behind what is wrong: not the end of an interrupted write.
      if (whole && wrong) log.damaged = true;
      else if (whole) log.good = end;
      records.push({ data: pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces), whole, end });
      pieces = [];
    }
  }
  log.torn = wrong || pieces.length > 0;
  return log;
}

/** A piece that fits into its block, right or not. */
function pieceAt(bytes: Buffer, at: number): Piece | undefined {
  const start = at + headerSize;
  if (start > bytes.length) return undefined;
  const kind = bytes[at + 6]!;
  const end = start + bytes.readUInt16LE(at + 4);
  const blockEnd = at - (at % blockSize) + blockSize;
  if (kind < 1 || kind > 4 || end > blockEnd || end > bytes.length) return undefined;
  return { kind, start, end };
}

function isRight(bytes: Buffer, at: number, { end }: Piece): boolean {
  return maskedCrc(bytes, at + 6, end) === bytes.readUInt32LE(at);
}

function follows(bytes: Buffer, at: number): boolean {
  if (at === bytes.length || blockSize - (at % blockSize) < headerSize) return true;
  const next = pieceAt(bytes, at);
  return next !== undefined && isRight(bytes, at, next);
}

/** Looks for something whose checksum is right. */
function nextPiece(bytes: Buffer, from: number): number {
  for (let at = from; at < bytes.length; at++) {
    // Zeros are most of what a power failure leaves.
    if (!bytes[at + 6]) continue;
    if (blockSize - (at % blockSize) < headerSize) continue;
    const piece = pieceAt(bytes, at);
    if (piece && isRight(bytes, at, piece)) return at;
  }
  return bytes.length;
}
