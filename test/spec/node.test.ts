import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { EventSource } from "../../src/eventsource.ts";
import { differences } from "./differences.ts";
import { startSpecServer, type SpecServer } from "./server.ts";
import { registerSpec, specTests } from "./suite.ts";

let server: SpecServer;
beforeAll(async () => {
  server = await startSpecServer();
});
afterAll(() => server[Symbol.asyncDispose]());

describe("The EventSource class, from the sources, in Node 24", () => {
  const environment = { name: "node24", kind: "server", isOurs: true } as const;
  registerSpec(
    {
      EventSource,
      get baseUrl() {
        return `http://127.0.0.1:${server.port}`;
      },
      environment,
    },
    (name, run) => test.concurrent(name, run),
  );
});

describe("The suite of the standard", () => {
  test("has unique test names", () => {
    const names = specTests.map(({ name }) => name);
    expect(names.filter((name, i) => names.indexOf(name) !== i)).toEqual([]);
  });

  test("lists known differences of existing tests only", () => {
    const names = specTests.map(({ name }) => name);
    expect(differences.filter(({ test: name }) => !names.includes(name))).toEqual([]);
  });
});
