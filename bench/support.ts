/** What several benchmarks need. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import type { NodeRed } from '../test/support/node-red';

export interface Usage {
  /** Processor time so far, in microseconds. */
  cpu: number;
  /** Resident memory, in bytes. */
  rss: number;
}

/** @returns the middle value; of an even number of values, the mean of the two in the middle */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((one, other) => one - other);
  const [low = NaN, high = NaN] = [sorted[(sorted.length - 1) >> 1], sorted[sorted.length >> 1]];
  return (low + high) / 2;
}

/** @returns whether this system can keep a process on one core */
export function pin(pid: number | undefined, core: string): boolean {
  try {
    execFileSync('taskset', ['-a', '-pc', core, String(pid)], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** @returns the processor and what was done to make its figures steadier */
export function machine(pinned: boolean): string {
  return `${cpus()[0]?.model.trim() ?? '?'}, ${cpus().length} cores${pinned ? ', pinned' : ''}`;
}

export function usageOf(nodeRed: NodeRed): Promise<Usage> {
  return nodeRed.evaluate<Usage>(
    '({ cpu: process.cpuUsage().user + process.cpuUsage().system, rss: process.memoryUsage.rss() })',
  );
}

/**
 * Resident memory in bytes, without pages of files that are mapped, as LevelDB does: the system takes those back
 * whenever it needs them. Where the system does not tell them apart, with them.
 */
export async function ownMemory(nodeRed: NodeRed): Promise<number> {
  const file = `/proc/${nodeRed.process.pid}/status`;
  const kilobytes = existsSync(file) && /RssAnon:\s+(\d+) kB/.exec(readFileSync(file, 'utf8'))?.[1];
  return kilobytes ? Number(kilobytes) * 1024 : (await usageOf(nodeRed)).rss;
}

/**
 * Looks at a server's memory while it works.
 * @param rss bytes at this moment
 * @returns what the work gave, and bytes before, at most and after
 */
export async function watch<T>(
  rss: () => Promise<number>,
  work: () => Promise<T>,
): Promise<{ before: number; highest: number; after: number; result: T }> {
  const before = await rss();
  let highest = before;
  let done = false;
  const working = work().finally(() => (done = true));
  while (!done) {
    highest = Math.max(highest, await rss());
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  return { before, highest, after: await rss(), result: await working };
}

/** A count as a reader wants it. */
export function whole(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

export function megabytes(bytes: number): string {
  return (bytes / 2 ** 20).toFixed(0);
}
