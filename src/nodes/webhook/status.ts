import type { Node, NodeAPI } from 'node-red';
import { RateLimit } from '../../lib/webhook/rate-limit';

export type Fill = 'red' | 'yellow' | 'green';

/** Milliseconds between two updates: a status is for people, and a flood of deliveries must not become one of statuses. */
const interval = 500;

/** What a webhook node shows: a lasting condition if there is one, and what came last. */
export class WebhookStatus {
  #lasting: { fill: Fill; text: string } | undefined;
  #fault: { code: string; text: string } | undefined;
  #storage: { code: string; text: string } | undefined;
  #risk: string | undefined;
  /** Its text is made only when it is shown. */
  #last: { fill: Fill; text: () => string } | undefined;
  #timer: NodeJS.Timeout | undefined;
  /** What went wrong and what came after must not hide. */
  readonly #troubles = new Set<string>();
  #dirty = false;
  #closed = false;
  readonly #warnings = new RateLimit(3, 1 / 60);

  constructor(
    private readonly RED: NodeAPI,
    private readonly node: Node,
  ) {}

  text(key: string, values: Record<string, string | number> = {}): string {
    return this.RED._(key, values);
  }

  /** Shows a condition until it is replaced or ended (no fill). */
  setLasting(fill?: Fill, text = ''): void {
    this.#lasting = fill ? { fill, text } : undefined;
    this.#changed();
  }

  /** What keeps the node from receiving at all, until it is ended (no code). */
  setFault(code?: string, text = ''): void {
    if (code === this.#fault?.code) return;
    this.#fault = code === undefined ? undefined : { code, text };
    this.#changed();
  }

  get faultCode(): string | undefined {
    return this.#fault?.code;
  }

  /** What keeps the node from storing what it receives, until it is ended (no code). */
  setStorage(code?: string, text = ''): void {
    if (code === this.#storage?.code) return;
    this.#storage = code === undefined ? undefined : { code, text };
    // What came last was rejected for that reason: red would look as if it still were so.
    if (code === undefined) this.#last = undefined;
    this.#changed();
  }

  /** Shows for good that the storage does not promise what it should. */
  risk(text: string): void {
    this.#risk = text;
    this.#changed();
  }

  setEvent(fill: Fill, text: () => string): void {
    this.#last = { fill, text };
    this.#changed();
  }

  /** Shows that something is lost or needs a person; it stays beside what comes after. */
  trouble(text: string): void {
    this.#troubles.add(text);
    this.setEvent('red', () => text);
  }

  /** Warns in the log, a few times a minute at most. */
  warn(text: string): void {
    if (this.#warnings.tryAcquire() !== undefined) this.node.warn(text);
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
  }

  #changed(): void {
    this.#dirty = true;
    if (!this.#timer) this.#show();
  }

  #show(): void {
    this.#timer = undefined;
    if (!this.#dirty || this.#closed) return;
    this.#dirty = false;
    this.#timer = setTimeout(() => this.#show(), interval);
    this.#timer.unref();
    this.node.status(this.#current());
  }

  #current(): { fill: Fill; shape: 'ring' | 'dot'; text: string } {
    const fault = this.#fault ?? this.#storage;
    if (fault) return { fill: 'red', shape: 'ring', text: fault.text };
    const last = this.#last;
    const lasting = this.#lastingText();
    if (lasting?.fill === 'red') return { ...lasting, shape: 'ring' };
    const text = last?.text();
    const plain = text !== undefined && this.#troubles.has(text) ? undefined : text;
    // A long text runs below other nodes and over the edge of the screen, so what matters most comes first.
    const texts = [...this.#troubles, lasting?.text, plain].filter((one) => one !== undefined);
    if (texts.length === 0) return { fill: 'green', shape: 'ring', text: this.text('status.waiting') };
    // A lasting warning stays beside what came last.
    const fill = last?.fill === 'red' || !lasting ? (last?.fill ?? 'yellow') : lasting.fill;
    return { fill, shape: lasting || !last ? 'ring' : 'dot', text: texts.join(' · ') };
  }

  /** A lasting condition, and the risk of the storage. */
  #lastingText(): { fill: Fill; text: string } | undefined {
    const [lasting, risk] = [this.#lasting, this.#risk];
    if (lasting?.fill === 'red' || risk === undefined) return lasting;
    return { fill: 'yellow', text: lasting ? `${lasting.text} · ${risk}` : risk };
  }
}
