/** The requests that the sandbox has received, for the page. Tokens, secrets and forms are never kept. */
export interface RequestEntry {
  readonly id: string;
  readonly timestamp: string;
  readonly method: string;
  readonly path: string;
  /** The API's operationId, or `token`, or `authorize`; absent where nothing was met. */
  operation?: string;
  /** Absent while it is served; null when the connection was cut before an answer. */
  status?: number | null;
  milliseconds?: number;
  /** The fault that was applied. */
  fault?: string;
  /** The body as text, of API calls only. */
  body?: string;
  /** The answer's body as text, of API calls only. */
  answer?: string;
}

/** Entries that are kept. */
const KEPT = 200;
/** Characters that are kept of each body. */
const KEPT_TEXT = 20_000;

export class RequestLog {
  private entries: RequestEntry[] = [];
  private lastId = 0;

  constructor(private readonly changed: () => void) {}

  add(method: string, path: string): RequestEntry {
    const entry: RequestEntry = {
      id: String(++this.lastId),
      timestamp: new Date().toISOString(),
      method,
      path,
    };
    this.entries.push(entry);
    if (this.entries.length > KEPT) this.entries.shift();
    return entry;
  }

  finish(entry: RequestEntry, result: Omit<Partial<RequestEntry>, 'id'>): void {
    Object.assign(entry, result);
    this.changed();
  }

  get(id: string): RequestEntry | undefined {
    return this.entries.find((entry) => entry.id === id);
  }

  /** Newest first. */
  list(): RequestEntry[] {
    return [...this.entries].reverse();
  }

  clear(): void {
    this.entries = [];
  }
}

/** @returns The JSON text of a body, cut where it is very long; undefined for no body. */
export function keptText(body: unknown): string | undefined {
  if (body === undefined) return undefined;
  const text = JSON.stringify(body);
  return text.length > KEPT_TEXT ? `${text.slice(0, KEPT_TEXT)}…` : text;
}
