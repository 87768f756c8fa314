/**
 * Memory for the bodies of deliveries that nobody has verified yet. Anybody can send them, so it is bounded for the
 * whole process: all webhook nodes share one {@link BodyMemory}.
 */

/** Bytes. Small enough that the bodies of a flood don't slow down Node-RED, enough for thousands of real deliveries. */
const DEFAULT_LIMIT = 8 * 2 ** 20;

/** What an open request costs besides its body: about that of its socket, its parser and their objects. */
export const REQUEST_COST = 8 * 2 ** 10;

/** Chunks are copied into blocks of this size: a chunk of one byte costs one byte, not a Buffer. */
const BLOCK_SIZE = 4096;

/** Blocks kept for the next bodies. New ones would only be freed by the garbage collector, so RSS would grow. */
const MAX_FREE_BLOCKS = 1024;

export class BodyMemory {
  #used = 0;
  #pinned = 0;
  #limit: number;
  /** Those that can be dropped, in the order of their coming. */
  readonly #open = new Set<HeldBody>();
  readonly #free: Buffer[] = [];

  /** @param usualLimit bytes of all bodies together, their requests included */
  constructor(private readonly usualLimit = DEFAULT_LIMIT) {
    this.#limit = usualLimit;
  }

  /** Bytes in use. */
  get used(): number {
    return this.#used;
  }

  /**
   * Opens a body. It counts until it is released.
   * @param maxBodySize bytes that it may have: where a user allows very long bodies, there is room for two of them
   */
  open(maxBodySize: number): HeldBody {
    this.#limit = Math.max(this.#limit, 2 * maxBodySize);
    const body = new HeldBody(this);
    this.#open.add(body);
    this.charge(body, REQUEST_COST);
    return body;
  }

  /** Counts bytes for a body. @returns false where it had to be dropped for that */
  charge(body: HeldBody, bytes: number): boolean {
    this.#used += bytes;
    body.cost += bytes;
    if (body.isPinned) this.#pinned += bytes;
    while (this.#used > this.#limit && this.#open.size > 0) this.#largest(body).drop();
    return body.isOpen;
  }

  /** Keeps a body from being dropped. @returns false where too many are kept so already */
  pin(body: HeldBody): boolean {
    if (this.#pinned + body.cost > this.#limit / 2) return false;
    this.#pinned += body.cost;
    return this.#open.delete(body);
  }

  close(body: HeldBody): void {
    this.#open.delete(body);
    this.#used -= body.cost;
    if (body.isPinned) this.#pinned -= body.cost;
    // The user may allow less from now on.
    if (this.#used === 0) this.#limit = this.usualLimit;
  }

  block(): Buffer {
    return this.#free.pop() ?? Buffer.allocUnsafeSlow(BLOCK_SIZE);
  }

  recycle(blocks: readonly Buffer[]): void {
    for (const block of blocks) if (this.#free.length < MAX_FREE_BLOCKS) this.#free.push(block);
  }

  /**
   * The largest body, and of equal ones the oldest, is dropped first: many slow senders of long bodies must not keep
   * out a short one that arrives at once.
   */
  #largest(body: HeldBody): HeldBody {
    let largest: HeldBody | undefined;
    for (const other of this.#open) if (!largest || other.cost > largest.cost) largest = other;
    return largest ?? body;
  }
}

/** One body in a {@link BodyMemory}. */
export class HeldBody {
  /** Bytes that it takes up of the memory. */
  cost = 0;
  /** Bytes that have arrived. */
  size = 0;
  /** Called when the memory is needed for others. The body is released by then. */
  onDropped: ((fault: 'no_room') => void) | undefined;
  /** Most bodies come in one chunk: it is kept as it is. */
  #whole: Buffer | undefined;
  #blocks: Buffer[] = [];
  #open = true;

  #pinned = false;

  constructor(private readonly memory: BodyMemory) {}

  get isOpen(): boolean {
    return this.#open;
  }

  get isPinned(): boolean {
    return this.#pinned;
  }

  /** Keeps it from being dropped. @returns false where it cannot be kept */
  pin(): boolean {
    this.#pinned ||= this.#open && this.memory.pin(this);
    return this.#pinned;
  }

  /** @returns false where the body had to be dropped for that */
  charge(bytes: number): boolean {
    return this.#open && this.memory.charge(this, bytes);
  }

  /** @returns false where there was no room for it: then the body is released */
  append(chunk: Buffer): boolean {
    if (!this.#open) return false;
    const { byteLength } = chunk.buffer;
    // Kept as it is, a chunk keeps the piece of memory that it is a part of: all of that is counted. A copy would
    // cost a block at least, and for most deliveries it would be garbage at once.
    if (this.size === 0 && chunk.length > 0 && byteLength <= Math.max(BLOCK_SIZE, 2 * chunk.length)) {
      this.#whole = chunk;
      this.size = chunk.length;
      return this.charge(byteLength);
    }
    if (this.#whole) {
      const first = this.#whole;
      this.#whole = undefined;
      this.memory.charge(this, -first.buffer.byteLength);
      this.size = 0;
      if (!this.#copy(first)) return false;
    }
    return this.#copy(chunk);
  }

  /** The bytes that have arrived, as they lie in memory. */
  parts(): Buffer[] {
    if (this.#whole) return [this.#whole];
    return this.#blocks.map((block, index) => block.subarray(0, this.size - index * BLOCK_SIZE));
  }

  /** The bytes that have arrived, in one piece. */
  bytes(): Buffer {
    if (!this.#whole) {
      const whole = Buffer.allocUnsafeSlow(this.size);
      let at = 0;
      for (const block of this.#blocks) at += block.copy(whole, at, 0, Math.min(BLOCK_SIZE, this.size - at));
      this.#recycle();
      this.#whole = whole;
    }
    return this.#whole;
  }

  /** Gives the memory back. Calling it again has no effect. */
  release(): void {
    if (!this.#open) return;
    this.#open = false;
    this.memory.close(this);
    this.#recycle();
    this.#whole = undefined;
  }

  /** Releases it because others need its memory. */
  drop(): void {
    this.release();
    this.onDropped?.('no_room');
  }

  #copy(chunk: Buffer): boolean {
    let from = 0;
    while (from < chunk.length) {
      const inBlock = this.size % BLOCK_SIZE;
      if (inBlock === 0) {
        if (!this.charge(BLOCK_SIZE)) return false;
        this.#blocks.push(this.memory.block());
      }
      const copied = chunk.copy(this.#blocks.at(-1)!, inBlock, from);
      from += copied;
      this.size += copied;
    }
    return true;
  }

  #recycle(): void {
    this.memory.recycle(this.#blocks);
    this.#blocks = [];
  }
}

/** That of this process. */
export const bodyMemory = new BodyMemory();
