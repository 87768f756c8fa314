/** An event's id: the microseconds since 1970 at which it arrived, as 16 digits, and larger than any before. */

/** Whether a text can be the id of an event: what a message carries may be anything. */
export function isId(text: string): boolean {
  return /^\d{16}$/.test(text);
}

/** Milliseconds since 1970 at which an event of this id arrived. */
export function arrival(id: string): number {
  return Math.floor(Number(id) / 1000);
}
