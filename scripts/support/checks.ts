/** Runs named checks for a script: prints `name: passed` or `failed` per check, and the count at the end. */
import { writeFileSync } from 'node:fs';

/** Thrown (or returned by {@link skip}) where a check cannot be made here; it counts as neither. */
class Skipped extends Error {}

export class Checks {
  #passed = 0;
  #failed = 0;
  #skipped = 0;

  /** Runs one check; a throw is its failure, and the text of the error is printed. */
  async check(name: string, run: () => unknown): Promise<boolean> {
    try {
      await run();
      this.#passed++;
      console.log(`${name}: passed`);
      return true;
    } catch (error) {
      if (error instanceof Skipped) {
        this.#skipped++;
        console.log(`${name}: skipped (${error.message})`);
        return false;
      }
      this.#failed++;
      const text = error instanceof Error ? error.message : String(error);
      console.log(`${name}: failed\n  ${text.trim().replaceAll('\n', '\n  ')}`);
      return false;
    }
  }

  /** Takes in the count of a runner that counts by itself, such as mocha. */
  add(name: string, { passed, failed }: { passed: number; failed: number }): void {
    this.#passed += passed;
    this.#failed += failed;
    console.log(`${name}: ${passed} passed, ${failed} failed`);
  }

  /** Prints the count, sets the exit status, and tells `.ci/run` the count by the file of CHECKS_REPORT. */
  finish(): void {
    const skipped = this.#skipped ? `, ${this.#skipped} skipped` : '';
    console.log(`${this.#passed} passed, ${this.#failed} failed${skipped}`);
    const report = process.env.CHECKS_REPORT;
    if (report) writeFileSync(report, `${this.#passed} ${this.#failed}\n`);
    if (this.#failed > 0) process.exitCode = 1;
  }
}

/** Ends the running check as skipped. */
export function skip(reason: string): never {
  throw new Skipped(reason);
}

/** @throws Error with the text, unless the condition holds */
export function must(condition: boolean, text: string): asserts condition {
  if (!condition) throw new Error(text);
}
