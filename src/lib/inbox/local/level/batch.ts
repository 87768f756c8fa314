/** Reads what the journal holds: batches of operations, each operation with a number of its own. */
import { Reader } from './bytes';
import type { Entry } from './entry';
import type { LogRecord } from './log';

const headerSize = 12;

export interface Batch {
  /** Number of the first operation. */
  sequence: number;
  count: number;
  entries: Entry[];
  /** Every operation was read. */
  whole: boolean;
}

export function readBatch({ data, whole }: LogRecord): Batch | undefined {
  if (data.length < headerSize) return undefined;
  const sequence = data.readUIntLE(0, 6);
  const count = data.readUInt32LE(8);
  const entries: Entry[] = [];
  const reader = new Reader(data, headerSize);
  let intact = whole;
  while (!reader.done) {
    const start = reader.at;
    const entry = operation(reader);
    if (entry) entries.push({ ...entry, sequence: sequence + entries.length, whole });
    else {
      intact = false;
      const next = nextRecord(data, start + 1);
      if (next < 0) break;
      reader.at = next;
    }
  }
  return { sequence, count, entries, whole: intact && entries.length === count };
}

function operation(reader: Reader): Pick<Entry, 'key' | 'value'> | undefined {
  const kind = reader.byte();
  if (kind !== 0 && kind !== 1) return undefined;
  const key = reader.sized();
  if (!key?.length) return undefined;
  if (kind === 0) return { key: key.toString(), value: undefined };
  const value = reader.sized();
  return value && { key: key.toString(), value };
}

/** Where the next event or dead letter is stored, in a batch whose operations cannot be read one after another. */
function nextRecord(data: Buffer, from: number): number {
  const found = ['\x01\x12e!', '\x01\x12d!']
    .map((start) => data.indexOf(start, from, 'latin1'))
    .filter((at) => at >= 0);
  return found.length > 0 ? Math.min(...found) : -1;
}
