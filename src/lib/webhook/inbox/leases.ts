/** A delivery that is in a flow. */
export interface Lease {
  id: string;
  attempt: number;
  /** Milliseconds since 1970. */
  expires: number;
  /** Bytes of the stored record. */
  size: number;
  /** Emitted from memory: nothing but the record itself is stored. */
  direct: boolean;
}

/** The deliveries that are in flows, bounded in number. All have the same time, so the first one in expires first. */
export class Leases {
  readonly #open = new Map<string, Lease>();
  #reserved = 0;
  #timer: NodeJS.Timeout | undefined;

  /**
   * @param time milliseconds until a lease expires
   * @param expired gets leases that are no longer open
   */
  constructor(
    private readonly capacity: number,
    private readonly time: number,
    private readonly expired: (leases: Lease[]) => void,
  ) {}

  get size(): number {
    return this.#open.size;
  }

  get room(): number {
    return Math.max(0, this.capacity - this.#open.size - this.#reserved);
  }

  /** Keeps a place for something that is not stored yet. */
  reserve(): boolean {
    if (this.room === 0) return false;
    this.#reserved++;
    return true;
  }

  unreserve(): void {
    this.#reserved--;
  }

  begin(id: string, attempt: number, size: number, direct = false): void {
    this.#open.set(id, { id, attempt, size, direct, expires: Date.now() + this.time });
    this.#schedule();
  }

  ids(): string[] {
    return [...this.#open.keys()];
  }

  get(id: string): Lease | undefined {
    return this.#open.get(id);
  }

  end(id: string): void {
    this.#open.delete(id);
  }

  /** Ends all of them. */
  clear(): Lease[] {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const leases = [...this.#open.values()];
    this.#open.clear();
    return leases;
  }

  #schedule(): void {
    const [first] = this.#open.values();
    if (this.#timer || !first) return;
    this.#timer = setTimeout(() => this.#expire(), Math.max(0, first.expires - Date.now()));
    this.#timer.unref();
  }

  #expire(): void {
    this.#timer = undefined;
    const now = Date.now();
    const leases: Lease[] = [];
    for (const lease of this.#open.values()) {
      if (lease.expires > now) break;
      leases.push(lease);
      this.#open.delete(lease.id);
    }
    if (leases.length > 0) this.expired(leases);
    this.#schedule();
  }
}
