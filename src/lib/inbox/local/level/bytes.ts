/** Reads numbers as LevelDB writes them. Every function returns undefined where there is nothing sensible to read. */
export class Reader {
  constructor(
    readonly bytes: Buffer,
    public at = 0,
    readonly end = bytes.length,
  ) {}

  get done(): boolean {
    return this.at >= this.end;
  }

  byte(): number | undefined {
    return this.at < this.end ? this.bytes[this.at++] : undefined;
  }

  varint(): number | undefined {
    let value = 0;
    for (let factor = 1; factor <= 2 ** 49; factor *= 128) {
      const byte = this.byte();
      if (byte === undefined) return undefined;
      value += (byte & 127) * factor;
      if (byte < 128) return value;
    }
    return undefined;
  }

  take(length: number): Buffer | undefined {
    if (this.at + length > this.end) return undefined;
    this.at += length;
    return this.bytes.subarray(this.at - length, this.at);
  }

  /** Bytes with their length before them. */
  sized(): Buffer | undefined {
    const length = this.varint();
    return length === undefined ? undefined : this.take(length);
  }
}
