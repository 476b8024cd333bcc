import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { serveExampleHosts } from "../helpers/example-hosts.ts";
import { extractSnippets } from "../helpers/snippets.ts";

const root = join(import.meta.dirname, "../..");
const file = join(import.meta.dirname, ".worker-recipe.js");
afterAll(() => rmSync(file, { force: true }));

test("the Worker of docs/recipes.md passes on what an LLM says, changed, up to its end", async () => {
  await using hosts = await serveExampleHosts();
  const recipe = extractSnippets(readFileSync(join(root, "docs/recipes.md"), "utf8"), "").find(({ code }) =>
    code.includes("// worker.js"),
  );
  writeFileSync(file, recipe!.code.replace("https://example.com", hosts.origins["https://example.com"]!));
  const { default: worker } = (await import(/* @vite-ignore */ file)) as {
    default: { fetch(request: Request): Promise<Response> };
  };

  const response = await worker.fetch(new Request("http://worker.example", { method: "POST", body: "Why?" }));
  expect(response.headers.get("content-type")).toBe("text/event-stream");
  const text = ["BECAUSE", " WATER", " FINDS", " ITS", " WAY"].map((token) => `data: ${token}\n\n`).join("");
  expect(await response.text()).toBe(text);
});
