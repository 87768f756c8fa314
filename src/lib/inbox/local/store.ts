import type { Damage } from '../contract';
export type Operation = { type: 'put'; key: string; value: Buffer } | { type: 'del'; key: string };

export interface Range {
  gt?: string;
  gte?: string;
  lt?: string;
  lte?: string;
}

/** A sorted map from text to bytes: what a local inbox needs of the place where it stores. */
export interface Store {
  /** May be called again after `close`. @returns what was damaged, if anything was */
  open(): Promise<Damage | undefined>;
  close(): Promise<void>;
  /** All or nothing. @param sync resolve only when the operations survive a power failure */
  write(operations: readonly Operation[], sync: boolean): Promise<void>;
  get(key: string): Promise<Buffer | undefined>;
  /** In the order of keys. */
  entries(range: Range, limit: number): Promise<[key: string, value: Buffer][]>;
}
