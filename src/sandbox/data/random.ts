/** A seeded source of random numbers: the same seed always gives the same made-up data. */
export interface Random {
  /** A whole number from `min` to `max`, both included. */
  int(min: number, max: number): number;
  /** A number from `min` to `max` with one decimal. */
  decimal(min: number, max: number): number;
  pick<T>(choices: readonly T[]): T;
}

/**
 * @param seeds Numbers that together name one stream (for example the sandbox's seed and a patient's index), so
 *   that each patient can be made without making those before.
 */
export function random(...seeds: readonly number[]): Random {
  let state = seeds.reduce((hash, seed) => Math.imul(hash ^ seed, 0x9e3779b1) ^ (hash >>> 15), 0x2545f491);
  // mulberry32
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  const int = (min: number, max: number): number => min + Math.floor(next() * (max - min + 1));
  return {
    int,
    decimal: (min, max) => Math.round((min + next() * (max - min)) * 10) / 10,
    pick: (choices) => choices[int(0, choices.length - 1)]!,
  };
}
