import { existsSync, globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { serveExampleHosts, type ExampleHosts } from "../helpers/example-hosts.ts";
import { documentedPages, documentedSnippets, extractSnippets, openWorkshop } from "../helpers/snippets.ts";

const snippets = documentedSnippets();
const workshop = openWorkshop();
afterAll(() => workshop[Symbol.dispose]());

const root = join(import.meta.dirname, "../..");

/** The test that runs or checks the blocks of a language; what is no code has none. */
const coverage: Readonly<Record<string, string>> = {
  js: "test/house/readme.test.ts",
  ts: "test/house/readme.test.ts",
  tsx: "test/adapters/docs.test.ts",
  vue: "test/adapters/docs.test.ts",
  svelte: "test/adapters/docs.test.ts",
  html: "test/packaging/guide.test.ts",
  nginx: "test/house/server-page.test.ts",
  php: "test/house/server-page.test.ts",
  http: "test/pages/security.test.ts",
};
const noCode = ["sh", "text", "apache", "json"];

describe("no page of docs is left out", () => {
  // Looked for in another way than the examples are.
  const pages = globSync(["README.md", "docs/**/*.md"], { cwd: root, exclude: ["**/node_modules/**"] });

  test("of those whose examples are tested", () => {
    expect(documentedPages().toSorted()).toEqual(pages.toSorted());
    expect(pages.length).toBeGreaterThan(20);
  });

  test.each(pages)("%s: each block is in a language that a test takes care of", (page) => {
    const text = readFileSync(join(root, page), "utf8");
    const fences = [...text.matchAll(/^ *(`{3,})([^`\n]*)\n[^]*?^ *\1$/gm)].map(([, , info]) => info!.trim());
    expect(fences.filter((language) => !coverage[language] && !noCode.includes(language))).toEqual([]);
    expect(extractSnippets(text, page)).toHaveLength(fences.filter((name) => /^[jt]s$/.test(name)).length);
    for (const language of fences) expect(existsSync(join(root, coverage[language] ?? "docs"))).toBe(true);
  });

  test("and what the test of the migration guides claims is there to be run by it", () => {
    const claimed = pages.filter((page) =>
      extractSnippets(readFileSync(join(root, page), "utf8"), page).some((snippet) => snippet.claimed),
    );
    expect(claimed.length === 0 || existsSync(join(root, "test/peers/guides.test.ts"))).toBe(true);
  });
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
