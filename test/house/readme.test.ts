import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { TestServer } from "../helpers/server.ts";
import { documentedSnippets, openWorkshop, serveExamples } from "../helpers/snippets.ts";

const snippets = documentedSnippets();
const workshop = openWorkshop();
afterAll(() => workshop[Symbol.dispose]());

test("README.md has examples", () => {
  expect(snippets.length).toBeGreaterThan(0);
});

describe("the examples of README.md and docs compile", () => {
  let errors: Map<string, string[]>;
  beforeAll(async () => {
    errors = await workshop.check(snippets);
  });

  test.each(snippets)("$place", ({ place }) => {
    expect(errors.get(place) ?? []).toEqual([]);
  });
});

describe("the examples of README.md and docs run against a server, show something and end", () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await serveExamples();
  });
  afterAll(() => server[Symbol.asyncDispose]());

  test.concurrent.each(snippets.filter(({ typesOnly }) => !typesOnly))("$place", async (snippet) => {
    const { code, stdout, stderr } = await workshop.run(snippet, new URL(server.url).origin);
    expect(code, stderr).toBe(0);
    expect(stdout).not.toBe("");
  });
});
