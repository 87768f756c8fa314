import type { SandboxEvent } from './events';
import { nextMove, stopFulfillment, type Move } from './machine';
import type { OrderState, PatientState, Surroundings } from './model';

export interface LifecycleOptions {
  /** Seconds a step takes; 0: orders move by hand only. */
  pace: number;
  unref: boolean;
  around: Surroundings;
  emit(events: readonly SandboxEvent[]): void;
}

/** Lets orders move: by themselves at the set pace, up to where the client has to do something, and by hand. */
export class Lifecycle {
  private readonly timers = new Map<OrderState, NodeJS.Timeout>();

  constructor(private readonly options: LifecycleOptions) {}

  /** To be called when an order was created or changed: what comes next then happens in its time. */
  follow(patient: PatientState, state: OrderState): void {
    if (this.options.pace <= 0 || this.timers.has(state) || nextMove(patient, state)?.by !== 'sandbox')
      return;
    const timer = setTimeout(() => {
      this.timers.delete(state);
      const move = nextMove(patient, state);
      if (move?.by === 'sandbox') this.options.emit(move.make(this.options.around));
      this.follow(patient, state);
    }, this.options.pace * 1000);
    if (this.options.unref) timer.unref();
    this.timers.set(state, timer);
  }

  /** Makes the next step now, also one that waits for the patient. @returns undefined when there is none. */
  advance(patient: PatientState, state: OrderState): Move | undefined {
    const move = nextMove(patient, state);
    if (!move) return undefined;
    this.pause(state);
    this.options.emit(move.make(this.options.around));
    this.follow(patient, state);
    return move;
  }

  /** Rejects or cancels an order's shipment. @returns false when it cannot be stopped (any more). */
  stopFulfillment(patient: PatientState, state: OrderState, how: 'rejected' | 'canceled'): boolean {
    const events = stopFulfillment(state, how);
    if (!events) return false;
    this.options.emit(events);
    this.follow(patient, state);
    return true;
  }

  /** Stops every timer. */
  clear(): void {
    for (const timer of this.timers.values()) clearTimeout(timer);
    this.timers.clear();
  }

  private pause(state: OrderState): void {
    clearTimeout(this.timers.get(state));
    this.timers.delete(state);
  }
}
