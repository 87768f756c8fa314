/** What scripts answer with, as it comes from the client: strings as bytes. */

export interface Taken {
  id: string;
  attempt: number;
  /** `exhausted`: was emitted as often as allowed. */
  kind: 'first' | 'again' | 'exhausted';
  record: Buffer;
}

export function text(value: unknown): string {
  return Buffer.isBuffer(value) ? value.toString() : String(value);
}

export function texts(value: unknown): string[] {
  return list(value).map(text);
}

export function list(value: unknown): unknown[] {
  return Array.isArray(value) ? (value as unknown[]) : [];
}

export function rows(value: unknown): unknown[][] {
  return list(value).map(list);
}

/** A record; none where somebody has removed it by hand. */
export function bytes(value: unknown): Buffer {
  return Buffer.isBuffer(value) ? value : Buffer.alloc(0);
}

export function taken(reply: unknown): {
  time: number;
  /** Milliseconds from now. */
  next: number | undefined;
  taken: Taken[];
  setBack: boolean;
} {
  const [time, next, taken, setBack] = list(reply);
  return {
    time: Number(time),
    next: next === null ? undefined : Number(next),
    taken: rows(taken).map(([id, attempt, kind, record]) => ({
      id: text(id),
      attempt: Number(attempt),
      kind: text(kind) as Taken['kind'],
      record: bytes(record),
    })),
    setBack: setBack === 1,
  };
}
