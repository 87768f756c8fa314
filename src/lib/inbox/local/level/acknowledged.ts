/**
 * Remembers up to which operation the journal was synced, in a file beside it. A journal that ends before that has lost
 * its end, which the journal itself cannot show.
 */
import { write } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32c } from './crc32c';
import { contentOf } from './files';

const fileName = 'ACKNOWLEDGED';
const digits = 16;

export class Acknowledged {
  #file: FileHandle | undefined;
  #latest = 0;
  #written = 0;
  #idle = true;
  #whenIdle: (() => void) | undefined;

  constructor(private readonly folder: string) {}

  /** @returns undefined where there is none, or it cannot be read */
  async read(): Promise<number | undefined> {
    const text = (await contentOf(this.folder, fileName).catch(() => undefined))?.toString('latin1') ?? '';
    const sequence = Number(text.slice(0, digits));
    return text !== '' && text === formatted(sequence) ? sequence : undefined;
  }

  /** Makes the file where it is missing. @param sequence everything up to here is there */
  async open(sequence: number): Promise<void> {
    this.#file = await open(join(this.folder, fileName), 'w', 0o600);
    this.set(sequence);
    await this.#settle();
  }

  /** Written behind: what is written last wins. It is not synced, since it never goes before what it speaks of. */
  set(sequence: number): void {
    this.#latest = Math.max(this.#latest, sequence);
    if (!this.#file || !this.#idle) return;
    this.#idle = false;
    this.#write(this.#file.fd);
  }

  async close(): Promise<void> {
    await this.#settle();
    const file = this.#file;
    this.#file = undefined;
    this.#latest = 0;
    await file?.close().catch(() => undefined);
  }

  /** By callbacks, since it happens with every group of events. */
  #write(file: number): void {
    this.#written = this.#latest;
    const bytes = Buffer.from(formatted(this.#latest));
    // Without it the journal is only checked less, so a fault here is none of the inbox.
    write(file, bytes, 0, bytes.length, 0, () => {
      if (this.#written !== this.#latest) return this.#write(file);
      this.#idle = true;
      this.#whenIdle?.();
    });
  }

  async #settle(): Promise<void> {
    if (!this.#idle) await new Promise<void>((resolve) => (this.#whenIdle = resolve));
    this.#whenIdle = undefined;
  }
}

function formatted(sequence: number): string {
  const number = String(sequence).padStart(digits, '0');
  const bytes = Buffer.from(number);
  return `${number} ${crc32c(bytes, 0, bytes.length).toString(16).padStart(8, '0')}\n`;
}
