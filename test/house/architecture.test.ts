import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { mayImport } from "./layers.ts";

const root = join(import.meta.dirname, "../..");
const page = readFileSync(join(root, "docs/architecture.md"), "utf8");
const named = [...page.matchAll(/`([a-z]+\/[\w-]+\.ts)`/g)].map(([, file]) => file!);
const files = readdirSync(join(root, "src"), { recursive: true, encoding: "utf8" });

test("docs/architecture.md shows every folder of src", () => {
  expect(Object.keys(mayImport).filter((folder) => !page.includes(`${folder}/`))).toEqual([]);
});

test("docs/architecture.md names only files that src has", () => {
  expect(named.filter((file) => !files.includes(file))).toEqual([]);
});

test("docs/architecture.md names every file of stream, http and connection", () => {
  const layers = files.filter((file) => /^(stream|http|connection)\/.*\.ts$/.test(file));
  expect(layers.filter((file) => !named.includes(file))).toEqual([]);
});
