import { viewInbox, waitUntilEmpty } from '../../test/support/inbox-flow';
import { median, ownMemory, pin, watch } from '../support';
import { Load, request } from '../webhook/load';
import { path } from '../webhook/servers';
import { holding, start, startTimed, type Stand, through } from './stand';

export interface Waiting {
  events: number;
  /** Milliseconds from the start of the process until its inbox is open, with nothing in it and with all of them. */
  startEmpty: number;
  startFull: number;
  /** Bytes of own memory: after a start with nothing, after one with all, and at most while all are emitted. */
  memoryEmpty: number;
  memoryFull: number;
  memoryEmitting: number;
  /** Milliseconds until all of them have ended. */
  emitting: number;
}

/** No event is to come back, or die, while it is measured. */
const patient = { visibilityTimeout: 86_400, maxAttempts: 1000 };

/** Starts Node-RED with nothing and with many events waiting, in turn, then lets them all go. */
export async function startFull(
  empty: Stand,
  full: Stand,
  { events, starts }: { events: number; starts: number },
): Promise<Waiting> {
  await fill(full, events);
  const times = { empty: [] as number[], full: [] as number[] };
  const memory = { empty: [] as number[], full: [] as number[] };
  for (let turn = 0; turn < starts; turn++) {
    for (const [name, stand] of [
      ['empty', empty],
      ['full', full],
    ] as const) {
      const [nodeRed, time] = await startTimed(stand, holding, patient);
      times[name].push(time);
      memory[name].push(await ownMemory(nodeRed));
      await nodeRed.stop();
    }
  }
  return {
    events,
    startEmpty: median(times.empty),
    startFull: median(times.full),
    memoryEmpty: median(memory.empty),
    memoryFull: median(memory.full),
    ...(await drain(full)),
  };
}

async function fill(stand: Stand, events: number): Promise<void> {
  const nodeRed = await start(stand, holding, patient);
  const load = new Load();
  pin(load.pid, '1');
  try {
    const requests = Array.from({ length: 1000 }, (_, id) => request(id));
    await load.measure(nodeRed.url + path, { requests, connections: 100, count: events });
    const { stats } = await viewInbox(nodeRed);
    const stored = stats.waiting + stats.inFlight;
    if (stored < events) throw new Error(`${stored} of ${events} events are stored`);
  } finally {
    load.stop();
    await nodeRed.stop();
  }
}

async function drain(stand: Stand): Promise<Pick<Waiting, 'memoryEmitting' | 'emitting'>> {
  const nodeRed = await start(stand, through(stand.kind), patient);
  const began = performance.now();
  try {
    const { highest } = await watch(
      () => ownMemory(nodeRed),
      () => waitUntilEmpty(nodeRed, 600_000),
    );
    return { memoryEmitting: highest, emitting: performance.now() - began };
  } finally {
    await nodeRed.stop();
  }
}
