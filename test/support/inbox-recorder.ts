import { EventEmitter, once } from 'node:events';
import type {
  DeadLetterMessage,
  InboxMessage,
  Inbox,
  InboxConsumer,
  Damage,
} from '../../src/lib/inbox/contract';

/** Takes events out of an inbox for a test, and ends none by itself. */
export class InboxRecorder implements InboxConsumer {
  readonly deliveries: InboxMessage[] = [];
  readonly dead: DeadLetterMessage[] = [];
  readonly quarantines: { count: number; cause: string }[] = [];
  readonly damages: Damage[] = [];
  readonly problems: (string | undefined)[] = [];
  readonly risks: string[] = [];
  readonly #changes = new EventEmitter();
  #taken = 0;

  deliver(delivery: InboxMessage): void {
    this.deliveries.push(delivery);
    this.#changes.emit('change');
  }

  deadLetter(letter: DeadLetterMessage): void {
    this.dead.push(letter);
    this.#changes.emit('change');
  }

  quarantine(count: number, cause: string): void {
    this.quarantines.push({ count, cause });
    this.#changes.emit('change');
  }

  lost(damage: Damage): void {
    this.damages.push(damage);
    this.#changes.emit('change');
  }

  onAvailability(problem: { code: string } | undefined): void {
    this.problems.push(problem?.code);
    this.#changes.emit('change');
  }

  onDurabilityWarning(risk: string): void {
    this.risks.push(risk);
    this.#changes.emit('change');
  }

  /** The next deliveries that no call of this function has returned yet. */
  async next(count = 1): Promise<InboxMessage[]> {
    await this.until(() => this.deliveries.length >= this.#taken + count);
    this.#taken += count;
    return this.deliveries.slice(this.#taken - count, this.#taken);
  }

  async one(): Promise<InboxMessage> {
    const [delivery] = await this.next();
    return delivery!;
  }

  /** Resolves when something holds, which is asked again with every call from the inbox. */
  async until(holds: () => boolean): Promise<void> {
    while (!holds()) await once(this.#changes, 'change');
  }

  /** What was delivered and not yet taken, after everything under way in the inbox has ended. */
  async rest(inbox: Inbox): Promise<InboxMessage[]> {
    await inbox.stats();
    await new Promise((resolve) => setImmediate(resolve));
    return this.deliveries.slice(this.#taken);
  }
}
