/**
 * How an inbox lies in Redis:
 *
 * | key      | type   | what                                                                                     |
 * | -------- | ------ | ---------------------------------------------------------------------------------------- |
 * | `events` | stream | every event until it is done or discarded, encrypted. Its group `flows` says which are in a flow, in whose, and how often they were emitted |
 * | `dead`   | stream | dead letters: the id of the event (which stays in `events`) and its death, encrypted     |
 * | `index`  | hash   | where in `dead` an event's dead letter is                                                 |
 * | `unreadable` | set | the dead letters whose record could not be read                                          |
 * | `due`    | sorted set | when an event that was emitted is to be emitted again, unless it ends: the end of its visibility, or of a retry's delay |
 * | `wake`   | list   | holds one token when there is something to take: one idle instance gets it               |
 * | `recent` | sorted set | hashes of recent events and their times, to recognise duplicates                     |
 * | `unannounced` | sorted set | dead letters that nobody has announced for certain, and when the next instance tries |
 * | `state`  | hash   | `bytes` of all records, the `last` id, and of the clock: how far it was `seen`, how far the server's is `behind` it, and whether that is to be reported (`setBack`) |
 */
export const names = [
  'events',
  'dead',
  'index',
  'unreadable',
  'due',
  'wake',
  'recent',
  'unannounced',
  'state',
] as const;

/** Keys of one inbox. The part in braces puts all of them into one slot of a cluster, as scripts need. */
export class Keys {
  readonly all: readonly string[];
  readonly wake: string;

  /** @param inbox its name, the same on all instances that share it */
  constructor(inbox: string) {
    const key = (name: string) => `onegevity:{${inbox}}:${name}`;
    this.all = names.map(key);
    this.wake = key('wake');
  }
}
