import { randomBytes } from 'node:crypto';

/** A moment as it is stored: by the wall clock, and by the monotonic clock of the process that stored it. */
export type Moment = string;

/** Milliseconds that a wall clock is set back in normal operation: corrections of that size are no error. */
const tolerance = 60_000;
const thisProcess = randomBytes(6).toString('base64url');

/**
 * Measures time by the monotonic clock, which nobody can set. Only what another process has stored is measured by the
 * wall clock: from then until this clock was made.
 */
export class InboxClock {
  readonly #made = { wall: Date.now(), monotonic: performance.now() };

  /** @param process names whose monotonic clock this is */
  constructor(private readonly process = thisProcess) {}

  moment(): Moment {
    return `${Date.now()} ${performance.now()} ${this.process}`;
  }

  /** @returns milliseconds; undefined for a moment in the future: the clock was wrong then, or is wrong now */
  since(moment: Moment): number | undefined {
    const [wall, monotonic, process] = moment.split(' ');
    if (process === this.process) return performance.now() - Number(monotonic);
    const before = this.#made.wall - Number(wall);
    // Also for what is no moment at all.
    if (!(before >= -tolerance)) return undefined;
    return Math.max(0, before) + performance.now() - this.#made.monotonic;
  }
}
