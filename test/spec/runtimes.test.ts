import { afterAll, beforeAll, describe, test } from "vitest";
import { installLimit, installRuntimes } from "../runtimes/install.ts";
import { built, commands, outcomesOf } from "./outcomes.ts";
import type { Outcome } from "./run.ts";
import { startSpecServer, type SpecServer } from "./server.ts";
import { prepareRemote, register } from "./suite.ts";

let server: SpecServer;
beforeAll(async () => {
  server = await startSpecServer();
  await installRuntimes();
}, installLimit);
afterAll(() => server[Symbol.asyncDispose]());

describe.each(Object.keys(commands))("The EventSource class, as built, in %s", (name) => {
  let outcomes: readonly Outcome[];
  beforeAll(async () => {
    outcomes = await outcomesOf(name, built, server.port);
  });

  const environment = { name, kind: "server", isOurs: true } as const;
  const tests = prepareRemote(environment, async (wanted) => {
    const outcome = outcomes.find((found) => found.name === wanted);
    if (!outcome) throw new Error("the test was not run");
    if (outcome.error !== undefined) throw new Error(outcome.error);
  });
  register(tests, environment, test);
});
