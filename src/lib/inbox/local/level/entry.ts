/** One version of a key, as the journal or a table has it. */
export interface Entry {
  key: string;
  /** Undefined: the key was deleted. */
  value: Buffer | undefined;
  /** Later versions have greater numbers. */
  sequence: number;
  /** Its checksum was right; otherwise nothing but what is sealed can be believed. */
  whole: boolean;
}
