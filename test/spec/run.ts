// Runs the suite where there is no test framework, and prints the outcome: one line of JSON per test.
// {node,deno,bun} run.ts MODULE BASE_URL ENVIRONMENT [foreign]; MODULE exports `EventSource`, "native" is the global.
import type { EventSourceClass } from "./context.ts";
import { prepare } from "./suite.ts";

export interface Outcome {
  readonly name: string;
  readonly error?: string;
}

/** All tests at once: they do not meet. */
export async function runAll(
  EventSource: EventSourceClass,
  baseUrl: string,
  name: string,
  isOurs: boolean,
): Promise<Outcome[]> {
  const environment = { name, kind: "server", isOurs } as const;
  return Promise.all(
    prepare({ EventSource, baseUrl, environment }).map(async (test): Promise<Outcome> => {
      try {
        await test.run();
        return { name: test.name };
      } catch (error) {
        return { name: test.name, error: String(error) };
      }
    }),
  );
}

export async function main([moduleUrl, baseUrl, name, foreign]: string[]): Promise<string> {
  const given: object = moduleUrl === "native" ? globalThis : ((await import(moduleUrl!)) as object);
  const { EventSource } = given as { EventSource: EventSourceClass };
  const outcomes = await runAll(EventSource, baseUrl!, name!, !foreign);
  return outcomes.map((outcome) => JSON.stringify(outcome)).join("\n");
}
