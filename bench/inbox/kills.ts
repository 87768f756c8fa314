import { sendEvents, waitUntilEmpty, type Way } from '../../test/support/inbox-flow';
import type { NodeRed } from '../../test/support/node-red';
import { start, type Stand } from './stand';

export interface Kills extends Tally {
  kills: number;
}

/** What became of events. */
export interface Tally {
  /** Events answered with 200. */
  accepted: number;
  /** Sent, and cut off by a kill before an answer. */
  unanswered: number;
  /** Accepted, and never emitted. */
  lost: number;
  /** Still in the inbox at the end, waiting or dead. */
  unfinished: number;
  /** Emissions of an event after its first. */
  repeats: number;
  /** Of those, without the mark. */
  unmarked: number;
}

const connections = 50;

/** Events take a little time, so that a kill meets some in every state. */
export const way: Way = [
  { id: 'first', type: 'test-probe', z: 'tab', label: 'event', wires: [['work']] },
  {
    id: 'work',
    type: 'delay',
    z: 'tab',
    pauseType: 'random',
    randomFirst: '1',
    randomLast: '30',
    randomUnits: 'milliseconds',
    wires: [['done']],
  },
];

/**
 * Kills Node-RED at random moments while events arrive, as many times as asked. What is cut off is not sent again, as the
 * vendor documents no retries; in the end more are sent until so many have been accepted.
 */
export async function killUnderLoad(stand: Stand, events: number, kills: number): Promise<Kills> {
  const seen: Seen = new Map();
  const accepted: number[] = [];
  let next = 1;
  let unanswered = 0;
  const send = async (nodeRed: NodeRed, count: number): Promise<void> => {
    const ids = Array.from({ length: count }, () => next++);
    const sent = await sendEvents(nodeRed.port, ids, connections, stand.secret);
    accepted.push(...sent.accepted);
    unanswered += sent.unanswered.length;
    if (sent.refused.length > 0) throw new Error(`${sent.refused.length} events were refused`);
  };
  const round = async (work: (nodeRed: NodeRed) => Promise<void>): Promise<void> => {
    const nodeRed = await start(stand, way, { maxAttempts: 1000, visibilityTimeout: 60 });
    try {
      await work(nodeRed);
    } finally {
      await nodeRed.stop('SIGKILL');
      note(nodeRed, seen);
    }
  };

  for (let kill = 0; kill < kills; kill++) {
    const most = Math.ceil(events / kills);
    await round(async (nodeRed) => {
      const sending = send(nodeRed, most);
      await emissions(nodeRed, 1 + Math.floor(Math.random() * (most - connections)));
      await nodeRed.stop('SIGKILL');
      await sending;
    });
  }
  let unfinished = 0;
  await round(async (nodeRed) => {
    await send(nodeRed, events - accepted.length);
    const { stats } = await waitUntilEmpty(nodeRed, 120_000);
    unfinished = stats.waiting + stats.inFlight + stats.dead + stats.unreadable;
  });

  return { kills, ...tally(seen, accepted, { unanswered, unfinished }) };
}

/** By the number of the event. */
export type Seen = Map<number, { emitted: number; unmarked: number }>;

export function tally(
  seen: Seen,
  accepted: readonly number[],
  others: Pick<Tally, 'unanswered' | 'unfinished'>,
): Tally {
  const entries = [...seen.values()];
  return {
    accepted: accepted.length,
    lost: accepted.filter((id) => !seen.has(id)).length,
    repeats: sum(entries.map(({ emitted }) => emitted - 1)),
    unmarked: sum(entries.map((entry) => Math.max(0, entry.unmarked - 1))),
    ...others,
  };
}

/** Resolves when so many events have been emitted for the first time. */
export async function emissions(nodeRed: NodeRed, count: number): Promise<void> {
  let looked = 0;
  let first = 0;
  await nodeRed.waitFor(
    () => {
      for (; looked < nodeRed.messages.length; looked++) {
        const delivery = deliveryOf(nodeRed.messages[looked]!.msg);
        if (!delivery.redelivered) first++;
      }
      return first >= count ? true : undefined;
    },
    `${count} events`,
    60_000,
  );
}

/** Adds what a Node-RED has emitted. */
export function note(nodeRed: NodeRed, seen: Seen): void {
  for (const { msg } of nodeRed.messagesOf('event')) {
    const { id } = (msg as { payload: { id: number } }).payload;
    const entry = seen.get(id) ?? { emitted: 0, unmarked: 0 };
    entry.emitted++;
    if (!deliveryOf(msg).redelivered) entry.unmarked++;
    seen.set(id, entry);
  }
}

function deliveryOf(msg: unknown): { redelivered: boolean } {
  return (msg as { onegevity: { delivery: { redelivered: boolean } } }).onegevity.delivery;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
