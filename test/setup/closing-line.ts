import type { Reporter, TestCase, TestModule } from "vitest/node";

type Tally = { passed: number; failed: number; skipped: number };

/**
 * Ends the output with one line that a person or a script can trust, such as `312 passed, 0 failed`. What passed at its second
 * try only is named before that: it has a cause to be found.
 */
export default class ClosingLine implements Reporter {
  #tally: Tally = { passed: 0, failed: 0, skipped: 0 };
  #again: readonly TestCase[] = [];

  onInit(): void {
    // Coverage tables and late warnings come after the end of the run; only the end of the process is the end.
    process.once("exit", () => {
      const lines = [...this.#again.flatMap(describe), closingLine(this.#tally, this.#again.length)];
      process.stdout.write(`${lines.join("\n")}\n`);
    });
  }

  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    this.#tally = { passed: 0, failed: unhandledErrors.length, skipped: 0 };
    for (const module of modules) count(module, this.#tally);
    this.#again = modules
      .flatMap(({ children }) => [...children.allTests("passed")])
      .filter((test) => test.diagnostic()?.flaky);
  }
}

export function closingLine({ passed, failed, skipped }: Tally, again = 0): string {
  const counts = [`${passed} passed`, `${failed} failed`];
  if (skipped > 0) counts.push(`${skipped} skipped`);
  if (again > 0) counts.push(`${again} at the second try`);
  return counts.join(", ");
}

/** A test that needed its second try, and why the first one failed. */
function describe(test: TestCase): string[] {
  const errors = test.result().errors ?? [];
  const name = `at the second try: ${test.module.relativeModuleId} > ${test.fullName}`;
  return [name, ...errors.flatMap(({ message }) => message.split("\n").map((line) => `  ${line}`))];
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
