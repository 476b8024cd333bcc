import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const docs = join(import.meta.dirname, "../../docs");
const page = readFileSync(join(docs, "reliability.md"), "utf8");
const rows = [...page.matchAll(/^\| (.+) \| \[[^\]]*\]\(([^)]+)\)(?:: "([^"]+)")?/gm)].map(
  ([, promise = "", file = "", title]) => ({ promise, file, title }),
);

test("docs/reliability.md has a table of promises for each heading that makes some", () => {
  expect(rows.length).toBeGreaterThan(20);
  const table = /^\| promise \| held by \|$/gm;
  const promises = page.split("\n").filter((line) => line.startsWith("| ") && line.includes("](")).length;
  expect(rows).toHaveLength(promises);
  expect(page.match(table)).toHaveLength(5);
});

test.each(rows)("$promise: held by a test of that name", ({ file, title }) => {
  const text = readFileSync(join(docs, file), "utf8");
  if (title === undefined) expect(file).toMatch(/\.md$/);
  else expect(text).toContain(title);
});
