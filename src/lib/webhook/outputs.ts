import { type TopicName, topics } from '../../generated/topics';
import type { WebhookEvent } from './event';

export interface OutputChoice {
  selected: readonly TopicName[];
  duplicates: boolean;
  rejected: boolean;
  deadLetters: boolean;
}

/** Positions of the outputs: the selected topics in the vendor's order, `other`, then the optional ones. */
export class Outputs {
  readonly #topics: ReadonlyMap<TopicName, number>;
  readonly other: number;
  readonly duplicates: number | undefined;
  readonly rejected: number | undefined;
  readonly deadLetters: number | undefined;
  readonly count: number;

  constructor({ selected, duplicates, rejected, deadLetters }: OutputChoice) {
    this.#topics = new Map(selected.map((name, index) => [name, index]));
    let next = selected.length;
    this.other = next++;
    this.duplicates = duplicates ? next++ : undefined;
    this.rejected = rejected ? next++ : undefined;
    this.deadLetters = deadLetters ? next++ : undefined;
    this.count = next;
  }

  /** @returns the output of an event that is no duplicate */
  indexOf({ topic, reason }: WebhookEvent): number {
    const index = topic && !reason ? this.#topics.get(topic) : undefined;
    return index ?? this.other;
  }

  /** @returns what `send` takes to send a message to one output */
  toArray<T>(message: T, output: number): (T | null)[] {
    const all = new Array<T | null>(this.count).fill(null);
    all[output] = message;
    return all;
  }
}

/** @returns the known names in the vendor's order; all where the property is missing */
export function selectedTopics(saved: unknown): TopicName[] {
  const names = topics.map(({ name }) => name);
  return Array.isArray(saved) ? names.filter((name) => saved.includes(name)) : names;
}
