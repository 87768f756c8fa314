import type { NodeAPI } from 'node-red';

interface Flows {
  running: boolean;
  readonly listeners: Set<() => void>;
}

/** Keyed by Node-RED's emitter: one listener there serves every node, since it warns from the eleventh on. */
const known = new WeakMap<object, Flows>();

function flowsOf({ events }: NodeAPI): Flows {
  const flows = known.get(events);
  if (flows) return flows;
  const added: Flows = { running: false, listeners: new Set() };
  known.set(events, added);
  events.on('flows:started', () => {
    added.running = true;
    // A copy: who is called may add or remove others.
    for (const call of [...added.listeners]) call();
  });
  events.on('flows:stopping', () => (added.running = false));
  return added;
}

/**
 * Calls back each time that the flows of a deploy have started.
 * @returns the removal
 */
export function onFlowsStarted(RED: NodeAPI, listener: () => void): () => void {
  const { listeners } = flowsOf(RED);
  // A wrapper of its own, so that the same function can be added twice.
  const call = (): void => listener();
  listeners.add(call);
  return () => listeners.delete(call);
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
