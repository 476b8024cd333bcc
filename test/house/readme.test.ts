import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { serveExampleHosts, type ExampleHosts } from "../helpers/example-hosts.ts";
import { documentedSnippets, openWorkshop } from "../helpers/snippets.ts";

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
  let hosts: ExampleHosts;
  beforeAll(async () => {
    hosts = await serveExampleHosts();
  });
  afterAll(() => hosts[Symbol.asyncDispose]());

  test.concurrent.each(snippets.filter(({ typesOnly }) => !typesOnly))("$place", async (snippet) => {
    const { code, stdout, stderr } = await workshop.run(snippet, hosts.origins);
    expect(code, stderr).toBe(0);
    expect(stdout).not.toBe("");
  });
});
