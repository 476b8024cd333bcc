// Runs the suite without a test framework and prints one line of JSON per test.
// {node,deno,bun} run.ts MODULE BASE_URL ENVIRONMENT [foreign]; MODULE exports `EventSource`, "native" is the global.
import type { EventSourceClass } from "./context.ts";
import { prepare, type Suite } from "./suite.ts";

export interface Outcome {
  readonly name: string;
  readonly error?: string;
}

/** Runs all tests that apply: concurrently, or one by one in browsers, which have few connections. */
export async function runAll(suite: Suite, oneByOne = false): Promise<Outcome[]> {
  const outcomes: Promise<Outcome>[] = [];
  for (const { name, run } of prepare(suite)) {
    const outcome = run().then(
      () => ({ name }),
      (error: unknown) => ({ name, error: String(error) }),
    );
    outcomes.push(outcome);
    if (oneByOne) await outcome;
  }
  return Promise.all(outcomes);
}

export async function main([moduleUrl, baseUrl, name, foreign]: string[]): Promise<string> {
  const given: object = moduleUrl === "native" ? globalThis : ((await import(moduleUrl!)) as object);
  const { EventSource } = given as { EventSource: EventSourceClass };
  const environment = { name: name!, kind: "server", isOurs: !foreign } as const;
  const outcomes = await runAll({ EventSource, baseUrl: baseUrl!, environment });
  return outcomes.map((outcome) => JSON.stringify(outcome)).join("\n");
}
