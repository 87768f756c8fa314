import assert from 'node:assert/strict';
import type { InboxMessage } from '../../../src/lib/inbox/contract';

/** An event as a test knows it: by a text of its own, and by its id once it was seen. */
interface Known {
  readonly text: string;
  id?: string;
}

/** Checks that an event keeps its id, and that no other ever gets the same. */
export class Identities<K extends Known> {
  readonly #texts = new Map<string, string>();

  /** @param all those that were put, by their texts */
  constructor(private readonly all: ReadonlyMap<string, K>) {}

  /** @returns which event is delivered */
  of({ id, event }: InboxMessage): K {
    const text = event.content.toString();
    const known = this.all.get(text);
    assert.ok(known, `${text} was never put`);
    assert.equal(this.#texts.get(id) ?? text, text, `${id} has been the id of another event`);
    assert.equal(known.id ?? id, id, `${text} has got another id`);
    this.#texts.set(id, text);
    known.id = id;
    return known;
  }
}
