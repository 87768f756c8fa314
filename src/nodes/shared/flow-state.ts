import type { NodeAPI } from 'node-red';

type Listener = () => void;

interface Listeners {
  started: Set<Listener>;
  stopped: Set<Listener>;
}

/** What Node-RED tells its editor about the flows as a whole. */
interface RuntimeEvent {
  id?: string;
  payload?: { state?: string; deploy?: boolean; error?: string };
}

/** One listener of ours on Node-RED's events, however many nodes there are. */
const all = new WeakMap<object, Listeners>();

/**
 * @param listener called each time when the flows have started
 * @returns the removal
 */
export function onFlowsStarted(RED: NodeAPI, listener: Listener): () => void {
  const { started } = listenersOf(RED);
  started.add(listener);
  return () => void started.delete(listener);
}

/**
 * @param listener called each time when the flows were stopped and will not start by themselves: from the menu, or
 *   since something that they need is missing
 * @returns the removal
 */
export function onFlowsStopped(RED: NodeAPI, listener: Listener): () => void {
  const { stopped } = listenersOf(RED);
  stopped.add(listener);
  return () => void stopped.delete(listener);
}

function listenersOf({ events }: NodeAPI): Listeners {
  const known = all.get(events);
  if (known) return known;
  const listeners: Listeners = { started: new Set(), stopped: new Set() };
  const call = (called: Set<Listener>): void => [...called].forEach((listener) => listener());
  events.on('flows:started', () => call(listeners.started));
  events.on('runtime-event', ({ id, payload }: RuntimeEvent) => {
    if (id !== 'runtime-state' || !payload) return;
    const { state, deploy, error } = payload;
    // In a deploy they are stopped to be started again.
    if (state === 'safe' || (state === 'stop' && (!deploy || error))) call(listeners.stopped);
  });
  all.set(events, listeners);
  return listeners;
}
