import { randomUUID } from 'node:crypto';
import { random, type Random } from '../data/random';
import { kindOf, type Fault, type ActiveFault } from './kinds';

/** What is to go wrong with one call or delivery: waits add up, of the other faults the first one holds. */
export interface InjectedFaults {
  /** Seconds to wait first. */
  delay: number;
  fault?: ActiveFault;
}

interface Rule {
  set: ActiveFault;
  skip: number;
  left: number;
  /** rate-limit: the present span. */
  span: { end: number; calls: number };
}

/** The faults that are set, and the rng that decide whom they befall. */
export class Faults {
  private rules: Rule[] = [];
  private rng: Random;

  constructor(
    private readonly seed: number,
    private readonly changed: () => void,
  ) {
    this.rng = random(seed, -2);
  }

  /** @param fault Checked and complete with its defaults. */
  add(fault: Fault): ActiveFault {
    const set = { ...fault, id: randomUUID(), applied: 0 };
    const { skip = 0, times = Infinity } = fault;
    this.rules.push({ set, skip, left: times, span: { end: 0, calls: 0 } });
    this.changed();
    return set;
  }

  remove(id: string): boolean {
    const before = this.rules.length;
    this.rules = this.rules.filter(({ set }) => set.id !== id);
    if (this.rules.length === before) return false;
    this.changed();
    return true;
  }

  /** Removes all, and starts the rng anew. */
  clear(): void {
    this.rules = [];
    this.rng = random(this.seed, -2);
    this.changed();
  }

  list(): ActiveFault[] {
    return this.rules.map(({ set, left }) => ({ ...set, ...(left < Infinity && { times: left }) }));
  }

  /** @param operation an operationId, or `token` */
  forCall(operation: string): InjectedFaults {
    return this.draw(({ fault, operation: wanted }) => {
      const area = kindOf(fault)?.area;
      if (area === 'webhook') return false;
      return (wanted ?? (area === 'token' ? 'token' : undefined)) === undefined
        ? operation !== 'token'
        : (wanted ?? 'token') === operation;
    });
  }

  forDelivery(topic: string): InjectedFaults {
    return this.draw(
      ({ fault, topic: wanted }) =>
        kindOf(fault)?.area === 'webhook' && (wanted === undefined || wanted === topic),
    );
  }

  private draw(matches: (fault: Fault) => boolean): InjectedFaults {
    const trouble: InjectedFaults = { delay: 0 };
    for (const rule of [...this.rules]) {
      const isDelay = rule.set.fault === 'delay';
      if (!matches(rule.set) || (trouble.fault && !isDelay) || !this.hits(rule)) continue;
      rule.set.applied++;
      if (isDelay) trouble.delay += rule.set.seconds ?? 0;
      else trouble.fault = rule.set;
      if (--rule.left <= 0) this.rules = this.rules.filter((other) => other !== rule);
      this.changed();
    }
    return trouble;
  }

  private hits(rule: Rule): boolean {
    if (rule.skip > 0) {
      rule.skip--;
      return false;
    }
    if (rule.set.share !== undefined && this.rng.int(0, 999_999) >= rule.set.share * 1_000_000) return false;
    return rule.set.fault !== 'rate-limit' || beyondLimit(rule);
  }
}

/** Counts a call against the limit of its span of time. */
function beyondLimit({ set, span }: Rule): boolean {
  const now = performance.now();
  const { seconds = 1, calls = 0 } = set;
  if (now >= span.end) Object.assign(span, { end: now + seconds * 1000, calls: 0 });
  // Tells the client when the span is over, unless the fault names something else.
  set.retryAfter ??= String(Math.ceil(seconds));
  return ++span.calls > calls;
}
