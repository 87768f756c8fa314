import { MAX_TIMEOUT_MS } from '../max-timeout';

/**
 * `taken`: on its way into a flow, while that is being counted in the store. `open`: in a flow. `ending`: no longer in
 * a flow, while its end is being stored. It holds its place in all three.
 */
type Phase = 'taken' | 'open' | 'ending';

/** The one delivery of an event. */
export interface Lease {
  readonly id: string;
  phase: Phase;
  attempt: number;
  /** Monotonic milliseconds. */
  expires: number;
  /** Bytes of the stored record. */
  size: number;
  /** Emitted from memory: nothing but the record itself is stored. */
  direct: boolean;
}

/**
 * The deliveries of an inbox: at most one of each event, and bounded in number. All have the same time in the flow, so the
 * first one opened expires first.
 */
export class Leases {
  /** Those that are open are in the order of their opening. */
  readonly #all = new Map<string, Lease>();
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
    return this.#all.size;
  }

  get available(): number {
    return Math.max(0, this.capacity - this.#all.size - this.#reserved);
  }

  /** Keeps a place for something that is not stored yet. */
  reserve(): boolean {
    if (this.available === 0) return false;
    this.#reserved++;
    return true;
  }

  unreserve(): void {
    this.#reserved--;
  }

  /** Takes an event, which is not open yet. @returns undefined where it is taken already: there must be no second delivery */
  take(id: string): Lease | undefined {
    if (this.#all.has(id)) return undefined;
    const lease: Lease = { id, phase: 'taken', attempt: 0, expires: Infinity, size: 0, direct: false };
    this.#all.set(id, lease);
    return lease;
  }

  /** An event that was taken is now in a flow. */
  open(lease: Lease): void {
    assertPhase(lease, 'taken');
    lease.phase = 'open';
    lease.expires = performance.now() + this.time;
    this.#all.delete(lease.id);
    this.#all.set(lease.id, lease);
    this.#schedule();
  }

  /** Takes an event and opens it. @returns false where there is a delivery of it already */
  acquire(id: string, attempt: number, size: number, direct = false): boolean {
    const lease = this.take(id);
    if (!lease) return false;
    Object.assign(lease, { attempt, size, direct });
    this.open(lease);
    return true;
  }

  ids(): string[] {
    return [...this.#all.keys()];
  }

  /** @returns the delivery of an event that is in a flow */
  get(id: string): Lease | undefined {
    const lease = this.#all.get(id);
    return lease?.phase === 'open' ? lease : undefined;
  }

  /** The end of what was in a flow is being stored. */
  ending(lease: Lease): void {
    assertPhase(lease, 'open');
    lease.phase = 'ending';
  }

  /** The end could not be stored: it is in the flow as before, for what is left of its time. */
  resume(lease: Lease): void {
    // The inbox may have been closed meanwhile.
    if (this.#all.get(lease.id) !== lease) return;
    assertPhase(lease, 'ending');
    lease.phase = 'open';
    // It may expire before all others.
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#schedule();
  }

  end(id: string): void {
    this.#all.delete(id);
  }

  /** Ends all of them. */
  clear(): Lease[] {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const leases = [...this.#all.values()];
    this.#all.clear();
    return leases;
  }

  #schedule(): void {
    if (this.#timer) return;
    for (const { phase, expires } of this.#all.values()) {
      if (phase !== 'open') continue;
      const pause = Math.min(Math.max(0, expires - performance.now()), MAX_TIMEOUT_MS);
      this.#timer = setTimeout(() => this.#expire(), Math.ceil(pause));
      this.#timer.unref();
      return;
    }
  }

  #expire(): void {
    this.#timer = undefined;
    const now = performance.now();
    const leases: Lease[] = [];
    for (const lease of this.#all.values()) {
      if (lease.phase !== 'open') continue;
      if (lease.expires > now) break;
      leases.push(lease);
      this.#all.delete(lease.id);
    }
    if (leases.length > 0) this.expired(leases);
    this.#schedule();
  }
}

function assertPhase({ id, phase }: Lease, expected: Phase): void {
  if (phase !== expected) throw new Error(`delivery ${id} is ${phase}, not ${expected}`);
}
