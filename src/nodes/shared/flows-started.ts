import type { NodeAPI } from 'node-red';

type Listener = () => void;

/** Keyed by Node-RED's emitter: one listener of it serves every node, since it warns from the eleventh on. */
const listeners = new WeakMap<object, Set<Listener>>();

/**
 * Calls back each time that the flows of a deploy run.
 * @returns the removal
 */
export function onFlowsStarted(RED: NodeAPI, listener: Listener): () => void {
  let all = listeners.get(RED.events);
  if (!all) {
    const added = new Set<Listener>();
    all = added;
    listeners.set(RED.events, added);
    // A copy: who is called may add or remove others.
    RED.events.on('flows:started', () => [...added].forEach((call) => call()));
  }
  // A wrapper of its own, so that the same function can be added twice.
  const call = (): void => listener();
  all.add(call);
  return () => all.delete(call);
}

/** Resolves when the flows run next. `cancel` resolves at once. */
export function nextFlowsStarted(RED: NodeAPI): { started: Promise<void>; cancel: () => void } {
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
