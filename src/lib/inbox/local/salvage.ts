import { keys } from './context';
import type { Operation } from './store';
import { readBatch } from './level/batch';
import type { Entry } from './level/entry';
import { contentOf, listFiles } from './level/files';
import { readLog } from './level/log';
import { tableEntries } from './level/table';

/** Bytes that are written at once. */
const batchBytes = 2 ** 20;
/** Nothing that is sealed is shorter. */
const shortestRecord = 38;

/**
 * Reads whatever can be read of a damaged database, the latest version of each key.
 *
 * What stands where a checksum is wrong is believed only if it is sealed, since the inbox finds out later whether it
 * is right. So an event whose end was lost may come again, and none is taken for ended that is not.
 * @param write gets what makes up the new database
 * @returns how many events and dead letters there are
 */
export async function salvage(
  folder: string,
  write: (operations: readonly Operation[]) => Promise<void>,
): Promise<number> {
  const winners = await findWinners(folder);
  let operations: Operation[] = [];
  let bytes = 0;
  let stored = 0;
  for await (const [{ key, value }, place] of entriesOf(folder)) {
    if (!value || winners.get(key)?.place !== place || !belongs(key, winners)) continue;
    if (/^[ed]!/.test(key)) stored++;
    operations.push({ type: 'put', key, value });
    bytes += value.length;
    if (bytes < batchBytes && operations.length < 4096) continue;
    await write(operations);
    operations = [];
    bytes = 0;
  }
  await write(operations);
  return stored;
}

interface Winner {
  place: number;
  sequence: number;
  whole: boolean;
  stored: boolean;
}

async function findWinners(folder: string): Promise<Map<string, Winner>> {
  const winners = new Map<string, Winner>();
  for await (const [{ key, value, sequence, whole }, place] of entriesOf(folder)) {
    const known = winners.get(key);
    const better = !known || (whole === known.whole ? sequence > known.sequence : whole);
    if (better) winners.set(key, { place, sequence, whole, stored: value !== undefined });
  }
  return winners;
}

/** Every entry that may be believed, and its place, which is the same whenever this is called. */
async function* entriesOf(folder: string): AsyncGenerator<[Entry, place: number]> {
  let place = 0;
  const { tables, logs } = await listFiles(folder);
  for (const [, name] of tables) {
    const content = await contentOf(folder, name);
    for (const entry of content ? tableEntries(content) : []) if (isCredible(entry)) yield [entry, place++];
  }
  for (const [, name] of logs) {
    const content = await contentOf(folder, name);
    for (const record of content ? readLog(content).records : [])
      for (const entry of readBatch(record)?.entries ?? []) if (isCredible(entry)) yield [entry, place++];
  }
}

function isCredible({ key, value, whole }: Entry): boolean {
  if (whole) return !value || !/^[edx]!/.test(key) || value.length >= shortestRecord;
  return value !== undefined && value.length >= shortestRecord && /^[edx]!\d{16}$/.test(key);
}

/** Whether a key still means something beside what else was read. */
function belongs(key: string, winners: ReadonlyMap<string, Winner>): boolean {
  const id = key.slice(2);
  const has = (other: string) => winners.get(other)?.stored === true;
  switch (key.slice(0, 2)) {
    case 'e!':
    case 'd!': {
      // Both only if the end of one was lost: the later one holds.
      const other = winners.get(key.startsWith('e!') ? keys.dead(id) : keys.event(id));
      return !other?.stored || other.sequence < winners.get(key)!.sequence;
    }
    case 's!':
      return has(keys.event(id));
    case 'x!':
    case 'a!':
      return has(keys.dead(id));
    // An event that was lost is no duplicate when it is sent again.
    case 'h!':
    case 't!':
      return false;
    default:
      return true;
  }
}
