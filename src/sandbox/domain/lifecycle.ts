import type { SandboxEvent } from '../webhooks/events';
import { moves, nextMove, type Transition } from './order-transitions';
import type { OrderState, PatientState, SimulationContext } from './model';

export interface LifecycleOptions {
  /** Seconds a step takes; 0: orders move by hand only. */
  pace: number;
  unref: boolean;
  around: SimulationContext;
  emit(events: readonly SandboxEvent[]): void;
  /** Called after every step. */
  moved(patient: PatientState): void;
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
      if (move?.by === 'sandbox') this.make(patient, state, move);
    }, this.options.pace * 1000);
    if (this.options.unref) timer.unref();
    this.timers.set(state, timer);
  }

  /** Makes the next step now, also one that waits for the patient. @returns undefined when there is none. */
  advance(patient: PatientState, state: OrderState): Transition | undefined {
    const move = nextMove(patient, state);
    if (move) this.make(patient, state, move);
    return move;
  }

  /**
   * Makes a certain step now, a setback too.
   * @param element narrows it to one element where several could make the step
   * @returns undefined when it cannot be made now
   */
  move(patient: PatientState, state: OrderState, name: string, element?: string): Transition | undefined {
    const move = moves(patient, state).find(
      (candidate) => candidate.name === name && (element === undefined || candidate.element === element),
    );
    if (move) this.make(patient, state, move);
    return move;
  }

  /** Makes all steps up to the results. @returns their names */
  release(patient: PatientState, state: OrderState): string[] {
    const made: string[] = [];
    for (let move = this.advance(patient, state); move; move = this.advance(patient, state)) {
      made.push(move.name);
    }
    return made;
  }

  /** Stops every timer. */
  clear(): void {
    for (const timer of this.timers.values()) clearTimeout(timer);
    this.timers.clear();
  }

  private make(patient: PatientState, state: OrderState, move: Transition): void {
    this.pause(state);
    const events = move.apply(this.options.around);
    this.options.moved(patient);
    this.options.emit(events);
    this.follow(patient, state);
  }

  private pause(state: OrderState): void {
    clearTimeout(this.timers.get(state));
    this.timers.delete(state);
  }
}
