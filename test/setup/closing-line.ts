import type { Reporter, TestModule } from "vitest/node";

type Tally = { passed: number; failed: number; skipped: number };

/** Ends the output with one line that a person or a script can trust, such as `312 passed, 0 failed`. */
export default class ClosingLine implements Reporter {
  #tally: Tally = { passed: 0, failed: 0, skipped: 0 };

  onInit(): void {
    // Coverage tables and late warnings come after the end of the run; only the end of the process is the end.
    process.once("exit", () => process.stdout.write(`${closingLine(this.#tally)}\n`));
  }

  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    this.#tally = { passed: 0, failed: unhandledErrors.length, skipped: 0 };
    for (const module of modules) count(module, this.#tally);
  }
}

export function closingLine({ passed, failed, skipped }: Tally): string {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`;
}

function count(module: TestModule, tally: Tally): void {
  const failedBefore = tally.failed;
  for (const test of module.children.allTests()) {
    const { state } = test.result();
    // A test that was collected and never finished did not pass.
    tally[state === "pending" ? "failed" : state]++;
  }
  // A file that does not load or a hook that throws fails no test case of its own.
  if (!module.ok() && tally.failed === failedBefore) tally.failed++;
}
