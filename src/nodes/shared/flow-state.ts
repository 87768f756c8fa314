import type { NodeAPI } from 'node-red';

type Listener = () => void;

interface Flows {
  running: boolean;
  readonly started: Set<Listener>;
  readonly stopped: Set<Listener>;
}

/** What Node-RED tells its editor about the flows as a whole. */
interface RuntimeEvent {
  id?: string;
  payload?: { state?: string; deploy?: boolean; error?: string };
}

/** Keyed by Node-RED's emitter: one listener there serves every node, since it warns from the eleventh on. */
const known = new WeakMap<object, Flows>();

/**
 * Calls back each time that the flows of a deploy have started.
 * @returns the removal
 */
export function onFlowsStarted(RED: NodeAPI, listener: Listener): () => void {
  return added(flowsOf(RED).started, listener);
}

/**
 * Calls back each time that the flows were stopped and will not start by themselves: from the menu, or since
 * something that they need is missing. Also where they were not running before, at the start of Node-RED and in a
 * deploy.
 * @returns the removal
 */
export function onFlowsStopped(RED: NodeAPI, listener: Listener): () => void {
  return added(flowsOf(RED).stopped, listener);
}

/** Resolves when the flows have started: at once, unless a deploy is under way. `cancel` ends the wait. */
export function whenFlowsRun(RED: NodeAPI): { started: Promise<void>; cancel: () => void } {
  if (flowsOf(RED).running) return { started: Promise.resolve(), cancel: () => undefined };
  let cancel = (): void => undefined;
  const started = new Promise<void>((resolve) => {
    const remove = onFlowsStarted(RED, () => cancel());
    cancel = () => {
      remove();
      resolve();
    };
  });
  return { started, cancel };
}

function flowsOf({ events }: NodeAPI): Flows {
  const flows = known.get(events);
  if (flows) return flows;
  const fresh: Flows = { running: false, started: new Set(), stopped: new Set() };
  known.set(events, fresh);
  events.on('flows:started', () => {
    fresh.running = true;
    call(fresh.started);
  });
  events.on('flows:stopping', () => (fresh.running = false));
  events.on('runtime-event', ({ id, payload }: RuntimeEvent) => {
    // Where it left the flows stopped, as the start of Node-RED may.
    if (id === 'runtime-deploy' && !fresh.running) call(fresh.stopped);
    if (id !== 'runtime-state' || !payload) return;
    const { state, deploy, error } = payload;
    // In a deploy they are stopped to be started again.
    if (state === 'safe' || (state === 'stop' && (!deploy || error))) call(fresh.stopped);
  });
  return fresh;
}

/** A copy: who is called may add or remove others. */
function call(listeners: ReadonlySet<Listener>): void {
  for (const listener of [...listeners]) listener();
}

function added(listeners: Set<Listener>, listener: Listener): () => void {
  // A wrapper of its own, so that the same function can be added twice.
  const one = (): void => listener();
  listeners.add(one);
  return () => void listeners.delete(one);
}
