export type Operation = { type: 'put'; key: string; value: Buffer } | { type: 'del'; key: string };

export interface Range {
  gt?: string;
  gte?: string;
  lt?: string;
  lte?: string;
}

/** What was found and done about it when a storage was opened. How much was lost is not known. */
export interface Damage {
  /** Events and dead letters that could be read. */
  readable: number;
  /** Where the damaged files were put. */
  kept?: string;
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
