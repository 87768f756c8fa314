/** What several benchmarks need. */
import { execFileSync } from 'node:child_process';

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
