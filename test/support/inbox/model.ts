/** What an inbox has promised, kept beside it and compared with what it does. */
import assert from 'node:assert/strict';
import type { DeadLetterMessage, InboxMessage } from '../../../src/lib/inbox/contract';
import { Identities } from './identities';

/** `ending`: asked to become a dead letter, and not answered yet. */
type Status = 'waiting' | 'open' | 'delayed' | 'ending' | 'done' | 'dead' | 'discarded';

/** An event as the sender and the flow know it. */
export interface Known {
  readonly text: string;
  /** `maybe`: the put failed, or has not been answered. */
  stored: 'yes' | 'maybe' | 'no';
  status: Status;
  /** Whether the last change of status is certain to survive a kill. */
  settled: boolean;
  id?: string;
  /** Of the last emission; 0: none yet. */
  attempt: number;
  /** Bounds of the next attempt. */
  next: [least: number, most: number];
  emitted: boolean;
  /** Monotonic times between which it has to be emitted again. */
  earliest: number;
  due: number;
  /** What a retry asked for, and when. */
  delay?: { milliseconds: number; wall: number; process: number };
  /** Somebody has asked to discard it, and has not been answered. */
  discarding: boolean;
  announced: boolean;
  /** Whether the storage is certain to know that it was announced. */
  announcementSettled: boolean;
}

/** What is stored, by the texts of the events. */
export interface Dump {
  events: Map<string, number>;
  dead: Map<string, number>;
}

export class InboxModel {
  readonly all = new Map<string, Known>();
  readonly #identities = new Identities(this.all);
  /** Deliveries seen. */
  emissions = 0;
  #count = 0;

  /** @param now monotonic milliseconds */
  constructor(private readonly now: () => number) {}

  arriving(): Known {
    const text = `event ${this.#count++}`;
    const known: Known = {
      text,
      stored: 'maybe',
      status: 'waiting',
      settled: false,
      attempt: 0,
      next: [1, 1],
      emitted: false,
      earliest: 0,
      due: 0,
      discarding: false,
      announced: false,
      announcementSettled: false,
    };
    this.all.set(text, known);
    return known;
  }

  having(...statuses: Status[]): Known[] {
    return [...this.all.values()].filter(
      ({ stored, status }) => stored === 'yes' && statuses.includes(status),
    );
  }

  /** How many the storage may hold at the moment. */
  stored(): number {
    const gone = (known: Known) => known.settled && whereIs(known.status) === 'nowhere';
    return [...this.all.values()].filter((known) => known.stored !== 'no' && !gone(known)).length;
  }

  /** In a flow, and not timed out. */
  open(): Known[] {
    return this.having('open', 'ending').filter(({ status, due }) => status === 'ending' || due > this.now());
  }

  dueNow(): Known[] {
    return [
      ...this.having('waiting'),
      ...this.having('delayed', 'open').filter(({ due }) => due <= this.now()),
    ];
  }

  /** When something becomes due next. */
  nextTime(): number {
    const times = this.having('delayed', 'open').map(({ due }) => due);
    return Math.min(...times.filter((due) => due > this.now()), Infinity);
  }

  delivered(delivery: InboxMessage, visibilityTimeout: number, allowed: number): void {
    this.emissions++;
    const known = this.#identities.of(delivery);
    const { text, status, earliest, next, emitted } = known;
    const { attempt, redelivered } = delivery;
    const pause = earliest - this.now();
    const free = status === 'waiting' || ((status === 'delayed' || status === 'open') && pause <= 0);
    assert.ok(free, `${text} is emitted although it is ${status}, and due in ${pause} ms`);
    assert.ok(
      attempt >= next[0] && attempt <= next[1],
      `${text}: attempt ${attempt} instead of ${next.join()}`,
    );
    assert.ok(attempt <= allowed, `${text}: attempt ${attempt} of ${allowed}`);
    assert.ok(redelivered || !emitted, `${text} is redelivered unmarked`);
    known.stored = 'yes';
    known.emitted = true;
    this.#is(known, 'open', this.now() + visibilityTimeout);
    known.attempt = attempt;
    known.next = [attempt + 1, attempt + 1];
  }

  died(letter: DeadLetterMessage, allowed: number): void {
    const known = this.#identities.of(letter);
    const { text, status, earliest, next } = known;
    assert.ok(!known.announced || !known.announcementSettled, `${text} is announced twice`);
    if (letter.cause === 'dead_lettered') {
      assert.ok(status === 'ending' || status === 'dead', `${text} is given up although it is ${status}`);
    } else if (status !== 'dead') {
      const free = status === 'waiting' || earliest <= this.now();
      assert.ok(free, `${text} is dead although it is ${status}`);
      const { attempt } = letter;
      assert.ok(attempt >= allowed, `${text} is dead after ${attempt} attempts of ${allowed}`);
      const counted = attempt >= next[0] - 1 && attempt <= next[1] - 1;
      assert.ok(counted, `${text} is dead after ${attempt} attempts; next was ${next.join()}`);
    }
    known.announced = true;
    known.stored = 'yes';
    this.#is(known, 'dead');
  }

  /** The flow or a person has had a status changed. */
  changed(known: Known, status: Status, due = 0): void {
    this.#is(known, status, due);
    known.settled = false;
  }

  redelivered(known: Known): void {
    this.changed(known, 'waiting');
    known.next = [1, 1];
    known.announced = false;
    known.announcementSettled = false;
  }

  /** Everything asked for has been stored. */
  settle(): void {
    for (const known of this.all.values()) {
      known.settled = true;
      known.discarding = false;
      known.announcementSettled = known.announced;
      if (known.stored === 'maybe') known.stored = 'no';
    }
  }

  /** Compares with what is stored while nothing is under way. */
  compare({ events, dead }: Dump): void {
    for (const { text, stored, status } of this.all.values()) {
      const expected = stored === 'no' ? 'nowhere' : whereIs(status);
      const actual = dead.has(text) ? 'dead' : events.has(text) ? 'event' : 'nowhere';
      assert.equal(actual, expected, `${text}, which is ${status}`);
    }
    for (const text of [...events.keys(), ...dead.keys()]) assert.ok(this.all.has(text), text);
  }

  /**
   * The process has ended; what is stored tells what became of that which was under way.
   * @param how whether it gave back what was in flows, or was killed
   * @param quiet whether nothing was under way, and the storage worked
   */
  ended({ events, dead }: Dump, how: 'closed' | 'killed', quiet: boolean): void {
    for (const known of this.all.values()) {
      const { text, status, settled, stored, attempt } = known;
      if (stored === 'no') continue;
      if (events.has(text)) {
        const ended = whereIs(status) !== 'event';
        assert.ok(!ended || !settled, `${text} is back although it is ${status}`);
        if (status === 'dead') this.redelivered(known);
        const interrupted = status === 'open' && known.due > this.now();
        if (how === 'closed' && quiet && interrupted) known.next = [attempt, attempt];
        else if (!quiet) known.next = [Math.max(1, known.next[0] - 1), known.next[1] + 1];
        if (status !== 'delayed') known.status = 'waiting';
        // It may have been taken already.
        else if (!settled || (!quiet && known.due <= this.now())) known.earliest = -Infinity;
      } else if (dead.has(text)) {
        const asked = status === 'dead' || status === 'ending';
        const possible = asked || !settled || !quiet || status === 'waiting' || known.earliest <= this.now();
        assert.ok(possible, `${text} is dead although it is ${status}`);
        if (status !== 'dead') known.announced = false;
        known.status = 'dead';
      } else {
        const gone = whereIs(status) === 'nowhere' || known.discarding || stored === 'maybe';
        assert.ok(gone, `${text}, which is ${status}, is lost`);
        if (stored === 'maybe') known.stored = 'no';
        if (known.discarding) known.status = 'discarded';
        continue;
      }
      known.stored = 'yes';
      known.settled = true;
      known.discarding = false;
    }
  }

  /** It has been opened. @returns whether a stored time lies in the future */
  begun(process: number, wall: number, tolerance: number): boolean {
    let implausible = false;
    for (const known of this.having('delayed')) {
      const { delay } = known;
      if (!delay || delay.process === process) continue;
      const passed = wall - delay.wall;
      const certain = known.earliest === known.due;
      known.due = passed < -tolerance ? this.now() : this.now() + delay.milliseconds - Math.max(0, passed);
      if (certain) known.earliest = known.due;
      implausible ||= certain && passed < -tolerance;
    }
    return implausible;
  }

  #is(known: Known, status: Status, due = 0): void {
    known.status = status;
    known.due = due;
    known.earliest = due;
    delete known.delay;
  }
}

function whereIs(status: Status): 'event' | 'dead' | 'nowhere' {
  if (status === 'dead') return 'dead';
  return status === 'done' || status === 'discarded' ? 'nowhere' : 'event';
}
