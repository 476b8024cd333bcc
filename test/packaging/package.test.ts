import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { pack, root, temporaryFolder, type Tarball } from "./consumer.ts";
import { run } from "./run.ts";

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let tarball: Tarball;

beforeAll(async () => {
  folder = await temporaryFolder();
  tarball = await pack(folder.path);
});
afterAll(() => folder[Symbol.asyncDispose]());

test("the tarball holds the build, its sources and four documents, and nothing else", async () => {
  const sources = (await readdir(join(root, "src"), { recursive: true })).filter((name) =>
    name.endsWith(".ts"),
  );
  const built = sources.flatMap((source) => {
    const name = `dist/${source.replace(/\.ts$/, "")}`;
    return [`${name}.js`, `${name}.js.map`, `${name}.d.ts`, `${name}.d.ts.map`];
  });
  const bundles = ["dist/everspring.min.js", "dist/everspring.global.min.js"].flatMap((file) => [
    file,
    `${file}.map`,
  ]);

  expect(sources).toContain("index.ts");
  expect(tarball.files.toSorted()).toEqual(
    [
      ...built,
      ...bundles,
      ...sources.map((source) => `src/${source}`),
      "CHANGELOG.md",
      "LICENSE",
      "README.md",
      "package.json",
    ].toSorted(),
  );
});

test("every source map of the tarball leads to a source in the tarball", async () => {
  for (const file of tarball.files.filter((name) => name.endsWith(".map"))) {
    const { sources }: { sources: string[] } = JSON.parse(await readFile(join(root, file), "utf8"));
    const missing = sources
      .map((source) => join(file, "..", source))
      .filter((source) => !tarball.files.includes(source) && !source.includes("node_modules"));
    expect(missing, file).toEqual([]);
  }
});

test("publint finds nothing", async () => {
  const { stdout } = await run("node_modules/.bin/publint", ["run", tarball.path, "--strict"], root);
  expect(stdout).toContain("All good!");
});

test("Are the types wrong? They are not", async () => {
  const args = [tarball.path, "--profile", "esm-only", "--format", "ascii"];
  await expect(run("node_modules/.bin/attw", args, root)).resolves.toMatchObject({ code: 0 });
});
