import assert from 'node:assert/strict';
import type { SinonFakeTimers } from 'sinon';
import type { OnegevityError } from '../../../src/lib/errors';
import type {
  DeadLetterMessage,
  InboxMessage,
  Inbox,
  InboxConsumer,
  DedupOptions,
} from '../../../src/lib/inbox/contract';
import { Keyring } from '../../../src/lib/inbox/keyring';
import { LocalInbox } from '../../../src/lib/inbox/local/local-inbox';
import { readEvent } from '../../../src/lib/inbox/record';
import type { Store } from '../../../src/lib/inbox/local/store';
import { HostileStore } from './hostile-store';
import { type Dump, InboxModel, type Known } from './model';

export interface Settings {
  visibilityTimeout: number;
  maxAttempts: number;
  inFlight: number;
}

/** When the key of a duplicate was stored. */
interface Hash {
  wall: number;
  at: number;
  process: number;
  opening: Inbox;
  maybe: boolean;
}

const maxEvents = 30;
/** Milliseconds that the wall clock may be put back without any stored time being taken for wrong. */
const tolerance = 60_000;
const longestReopening = 31_000;
const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

/** A local inbox on a hostile store, its clocks, its flow and its model. */
export class LocalSystem {
  readonly model = new InboxModel(() => performance.now());
  readonly #keyring = new Keyring(Keyring.generate());
  /** What the storage may know of a key: the last that is certain, and what may have been stored since. */
  readonly #hashes = new Map<string, Hash[]>();
  readonly #putting = new Map<string, Hash | undefined>();
  #process = 0;
  #opened = { wall: 0, at: 0 };
  #inbox!: Inbox;
  #store!: HostileStore;
  #settings!: Settings;
  #usable = false;
  #risks: string[] = [];
  #violation: unknown;

  constructor(
    private readonly clock: SinonFakeTimers,
    private readonly inner: Store,
    private readonly slowness: number,
  ) {}

  async start(settings: Settings, sameProcess = false): Promise<void> {
    if (!sameProcess) this.#process++;
    this.#settings = settings;
    this.#store = new HostileStore(this.inner);
    this.#store.slowness = this.slowness;
    this.#opened = { wall: Date.now(), at: performance.now() };
    const options = { ...settings, maxEvents };
    this.#inbox = new LocalInbox(this.#store, this.#keyring, options, String(this.#process));
    this.#risks = [];
    const implausible = this.model.begun(this.#process, this.#opened.wall, tolerance);
    await this.#inbox.open(this.#consumer(this.#inbox));
    if (implausible) assert.deepEqual(this.#risks, ['clock_set_back']);
  }

  async put(key?: number, window = 0): Promise<void> {
    const unique = key === undefined ? undefined : { key: `key ${key}`, window };
    if (unique && this.#putting.has(unique.key)) return this.put();
    const known = this.model.arriving();
    const expected = unique ? this.#expected(unique) : 'stored';
    const event = { topic: 'order.created', receivedAt: 1, content: Buffer.from(known.text) };
    const process = this.#process;
    const hash = { wall: Date.now(), at: performance.now(), process, opening: this.#inbox, maybe: true };
    if (unique) this.#putting.set(unique.key, expected === 'duplicate' ? undefined : hash);
    try {
      const result = await this.#inbox.put(event, unique);
      this.#asserted(() => {
        assert.ok(expected === 'either' || result === expected, `a ${expected} event is ${result}`);
        if (result === 'stored') assert.notEqual(known.stored, 'no');
      });
      known.stored = result === 'stored' ? 'yes' : 'no';
      if (unique && result === 'stored') this.#hashes.set(unique.key, [{ ...hash, maybe: false }]);
    } catch (error) {
      if (this.#process !== process) return;
      const { code } = error as OnegevityError;
      if (code === 'inbox_full') {
        this.#asserted(() => assert.ok(this.model.stored() >= maxEvents, 'full without being so'));
        known.stored = 'no';
      } else {
        this.#asserted(() => assert.equal(code, 'inbox_unavailable'));
        if (unique && expected !== 'duplicate') this.#hashMayBe(unique.key, hash);
      }
    } finally {
      if (unique) this.#putting.delete(unique.key);
    }
  }

  async done(known: Known, attempt?: number): Promise<void> {
    const promise = this.#inbox.done(known.id!, attempt);
    this.model.changed(known, 'done');
    await this.#works(promise);
  }

  async retry(known: Known, delay: number): Promise<void> {
    const promise = this.#inbox.retry(known.id!, known.attempt, delay);
    this.model.changed(known, 'delayed', performance.now() + delay);
    known.delay = { milliseconds: delay, wall: Date.now(), process: this.#process };
    await this.#works(promise);
  }

  async deadLetter(known: Known): Promise<void> {
    const { due } = known;
    const inbox = this.#inbox;
    this.model.changed(known, 'ending', due);
    try {
      await inbox.deadLetter(known.id!, known.attempt, 'no such patient');
      if (inbox === this.#inbox && known.status === 'ending') this.model.changed(known, 'dead');
    } catch (error) {
      if (inbox !== this.#inbox) return;
      this.#asserted(() => assert.equal((error as OnegevityError).code, 'inbox_unavailable'));
      if (known.status === 'ending') this.model.changed(known, 'open', due);
    }
  }

  /** What somebody asks of a delivery that is not open. */
  async refused(known: Known): Promise<void> {
    const id = known.id ?? 'unknown';
    for (const promise of [this.#inbox.done(id), this.#inbox.retry(id, 1, 0), this.#inbox.deadLetter(id, 1)])
      await promise.then(
        () => this.#asserted(() => assert.fail(`${known.text} is ended again`)),
        (error: unknown) =>
          this.#asserted(() => assert.equal((error as OnegevityError).code, 'delivery_already_done')),
      );
  }

  async replay(known: Known): Promise<void> {
    await this.#bury(
      known,
      () => this.model.redelivered(known),
      () => this.#inbox.replay(known.id!),
    );
  }

  async discard(known: Known): Promise<void> {
    known.discarding = true;
    await this.#bury(
      known,
      () => this.model.changed(known, 'discarded'),
      () => this.#inbox.discard(known.id!),
    );
  }

  /** Lets time pass, and looks whether everything comes when it should. */
  async elapse(milliseconds: number): Promise<void> {
    const end = performance.now() + milliseconds;
    await this.quiet();
    while (performance.now() < end) {
      const next = Math.min(this.model.nextTime(), end);
      this.clock.tick(Math.max(1, Math.ceil(next - performance.now())));
      await this.quiet();
    }
  }

  /** Somebody sets the clock of the machine. */
  jump(milliseconds: number): void {
    this.clock.setSystemTime(Math.max(1e12, Date.now() + milliseconds));
  }

  failWrites(faults: ('before' | 'after')[]): void {
    this.#store.writeFaults = faults;
  }

  failReads(count: number): void {
    this.#store.readFaults = count;
  }

  outage(on: boolean): void {
    this.#store.outage = on;
  }

  /** Something that need not end before the next step. */
  underWay(promise: Promise<void>): void {
    promise.catch((error: unknown) => (this.#violation ??= error));
  }

  async turns(count: number): Promise<void> {
    for (let turns = 0; turns < count; turns++) await turn();
    this.#report();
  }

  /** Until nothing is under way; then compares with the model. */
  async quiet(): Promise<void> {
    await this.#idle();
    this.#report();
    if (!this.#usable) return;
    const dump = await this.#dump();
    const fresh = this.#store.sound;
    this.model.settle();
    this.#forgetUncertain();
    this.model.compare(dump);
    const open = this.model.open().length;
    assert.ok(open <= this.#settings.inFlight, `${open} deliveries in flows`);
    if (open < this.#settings.inFlight) {
      const late = this.model.dueNow().map(({ text, status }) => `${text} (${status})`);
      assert.deepEqual(late, [], 'not emitted in time');
    }
    const silent = this.model.having('dead').filter(({ announced }) => !announced);
    assert.deepEqual(silent, [], 'dead and not announced');
    if (!fresh) return;
    const { waiting, inFlight, dead, unreadable, bytes } = await this.#inbox.stats();
    const sizes = [...dump.events.values(), ...dump.dead.values()];
    assert.deepEqual(
      { waiting, inFlight, dead, unreadable, bytes },
      {
        waiting: dump.events.size - open,
        inFlight: open,
        dead: dump.dead.size,
        unreadable: 0,
        bytes: sizes.reduce((sum, size) => sum + size, 0),
      },
    );
  }

  /** Closes it and opens it again in the same process. */
  async deploy(settings: Settings): Promise<void> {
    await this.#close();
    await this.start(settings, true);
  }

  /** Node-RED is stopped and started. */
  async restart(settings: Settings, pause: number, jump: number): Promise<void> {
    await this.#close();
    this.#pass(pause, jump);
    await this.start(settings);
  }

  async kill(settings: Settings, pause: number, jump: number, turns: number | 'quiet'): Promise<void> {
    if (turns === 'quiet') await this.quiet();
    else await this.turns(turns);
    const quiet = turns === 'quiet' && this.#usable;
    const [store, inbox] = [this.#store, this.#inbox];
    this.#process++;
    await store.kill();
    await inbox.close();
    await this.#idle();
    this.#report();
    await this.#ended('killed', quiet);
    this.#pass(pause, jump);
    await this.start(settings);
  }

  /** Everything comes to its end. */
  async finish(): Promise<void> {
    this.#store.mend();
    await this.elapse(longestReopening);
    for (let rounds = 0; this.model.having('waiting', 'open', 'delayed').length > 0; rounds++) {
      assert.ok(rounds < 1000, 'it never ends');
      for (const known of this.model.open()) await this.done(known);
      await this.quiet();
      const next = this.model.nextTime();
      if (next < Infinity) await this.elapse(next - performance.now());
    }
    await this.quiet();
  }

  async destroy(): Promise<void> {
    await this.#inbox.close();
    await this.#store.kill();
  }

  async #close(): Promise<void> {
    await this.quiet();
    const quiet = this.#usable && this.#store.sound;
    await this.#inbox.close();
    await this.#idle();
    this.#report();
    await this.#ended('closed', quiet);
  }

  async #ended(how: 'closed' | 'killed', quiet: boolean): Promise<void> {
    for (const [key, hash] of this.#putting) if (hash) this.#hashMayBe(key, hash);
    this.#putting.clear();
    await this.inner.open();
    this.model.ended(await this.#dump(), how, quiet);
    await this.inner.close();
  }

  #pass(pause: number, jump: number): void {
    if (pause > 0) this.clock.tick(pause);
    this.jump(jump);
  }

  #consumer(inbox: Inbox): InboxConsumer {
    const current = () => inbox === this.#inbox;
    const settings = this.#settings;
    const process = this.#process;
    const alive = () => current() && process === this.#process;
    this.#usable = false;
    return {
      deliver: (delivery: InboxMessage) => {
        if (!alive()) return;
        this.#asserted(() =>
          this.model.delivered(delivery, settings.visibilityTimeout, settings.maxAttempts),
        );
      },
      deadLetter: (letter: DeadLetterMessage) => {
        if (!alive()) return;
        this.#asserted(() => this.model.died(letter, settings.maxAttempts));
      },
      lost: () => assert.fail('nothing is damaged'),
      quarantine: () => this.#asserted(() => assert.fail('something cannot be read')),
      onAvailability: (problem) => {
        if (alive()) this.#usable = problem === undefined;
      },
      onDurabilityWarning: (risk) => void this.#risks.push(risk),
    };
  }

  async #bury(known: Known, change: () => void, ask: () => Promise<boolean>): Promise<void> {
    const inbox = this.#inbox;
    known.settled = false;
    try {
      const found = await ask();
      if (inbox === this.#inbox && found) change();
    } catch (error) {
      this.#asserted(() => assert.equal((error as OnegevityError).code, 'inbox_unavailable'));
    }
  }

  #hashMayBe(key: string, hash: Hash): void {
    this.#hashes.set(key, [...(this.#hashes.get(key) ?? []), hash]);
  }

  #expected({ key, window }: DedupOptions): 'stored' | 'duplicate' | 'either' {
    const hashes = this.#hashes.get(key) ?? [];
    const known = hashes.filter((hash) => this.#isKnown(hash, window));
    if (known.length === 0) return 'stored';
    return known.length === hashes.length && known.some(({ maybe }) => !maybe) ? 'duplicate' : 'either';
  }

  /** Whether a hash counts, provided that it is stored. */
  #isKnown({ wall, at, process }: Hash, window: number): boolean {
    if (process === this.#process) return performance.now() - at < window;
    const down = this.#opened.wall - wall;
    if (down < -tolerance) return false;
    return performance.now() - this.#opened.at + Math.max(0, down) < window;
  }

  /** What was refused is deleted again, and so are the hashes. */
  #forgetUncertain(): void {
    for (const [key, hashes] of this.#hashes) {
      if (this.#putting.has(key)) continue;
      const left = hashes.filter(({ maybe, opening }) => !maybe || opening !== this.#inbox);
      this.#hashes.set(key, left);
    }
  }

  async #idle(): Promise<void> {
    const store = this.#store;
    for (let still = 0, begun = -1; still < 5; still++) {
      await turn();
      if (store.active > 0 || store.begun !== begun) still = 0;
      begun = store.begun;
    }
  }

  async #works(promise: Promise<void>): Promise<void> {
    await promise.catch((error: unknown) => this.#asserted(() => assert.ifError(error)));
  }

  /** What is wrong is told when the commands go on: who calls must not be disturbed. */
  #asserted(check: () => void): void {
    try {
      check();
    } catch (error) {
      this.#violation ??= error;
    }
  }

  #report(): void {
    if (this.#violation) throw this.#violation as Error;
  }

  async #dump(): Promise<Dump> {
    const read = async (kind: 'e' | 'd') =>
      (await this.inner.entries({ gt: `${kind}!`, lt: `${kind}"` }, Infinity)).map(([key, record]) => {
        const found = readEvent(this.#keyring, key.slice(2), record);
        return ['problem' in found ? key : found.event.content.toString(), record.length] as const;
      });
    return { events: new Map(await read('e')), dead: new Map(await read('d')) };
  }
}
