import type { EventSourceClass } from "./context.ts";
import { prepare, type Prepared, type Suite } from "./suite.ts";

/** The first message of a page to its worker. The next ones are names of tests to run. */
export type Order = Omit<Suite, "EventSource"> & { moduleUrl?: string };

let tests: Promise<readonly Prepared[]>;

async function load({ moduleUrl, ...suite }: Order): Promise<readonly Prepared[]> {
  const { EventSource } = moduleUrl
    ? ((await import(/* @vite-ignore */ moduleUrl)) as { EventSource: EventSourceClass })
    : await import("../../src/eventsource.ts");
  return prepare({ ...suite, EventSource });
}

async function run(name: string): Promise<void> {
  try {
    await (await tests).find((test) => test.name === name)!.run();
    postMessage({});
  } catch (error) {
    postMessage({ error: String(error) });
  }
}

addEventListener("message", ({ data }: MessageEvent<Order | string>) => {
  if (typeof data === "string") void run(data);
  else tests = load(data);
});
