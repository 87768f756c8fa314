/** Whether a text can be the id of an event: what a message carries may be anything. */
export function isId(text: string): boolean {
  return /^\d{16}$/.test(text);
}
