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
  // global.ts is what the script-tag builds are made from; nobody can import it.
  const sources = (await readdir(join(root, "src"), { recursive: true })).filter(
    (name) => name.endsWith(".ts") && name !== "global.ts",
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
      "dist/sri.json",
      ...sources.map((source) => `src/${source}`),
      "CHANGELOG.md",
      "LICENSE",
      "README.md",
      "package.json",
    ].toSorted(),
  );
});

test("every source map of the tarball leads to a source in the tarball, or holds what is not in it", async () => {
  const maps = tarball.files.filter((name) => name.endsWith(".map"));
  expect(maps.length).toBeGreaterThan(40);
  for (const file of maps) {
    const map: { sources: string[]; sourcesContent?: (string | null)[] } = JSON.parse(
      await readFile(join(root, file), "utf8"),
    );
    const missing = map.sources.filter(
      (source, n) => !tarball.files.includes(join(file, "..", source)) && !map.sourcesContent?.[n],
    );
    expect(missing, file).toEqual([]);
    // What a map holds is what lies in src.
    for (const [n, source] of map.sources.entries())
      if (map.sourcesContent && source.startsWith("../src/"))
        expect(map.sourcesContent[n], `${file}: ${source}`).toBe(
          await readFile(join(root, file, "..", source), "utf8"),
        );
  }
});

test("every script of the tarball names a source map that is there", async () => {
  const scripts = tarball.files.filter((name) => name.endsWith(".js"));
  for (const file of scripts) {
    const [, map = ""] =
      /\/\/# sourceMappingURL=(\S+)\s*$/.exec(await readFile(join(root, file), "utf8")) ?? [];
    expect(tarball.files, file).toContain(join(file, "..", map));
  }
});

test("what package.json names is in the tarball", async () => {
  const { exports, main, types, unpkg, jsdelivr } = JSON.parse(
    await readFile(join(root, "package.json"), "utf8"),
  ) as Record<string, string> & { exports: Record<string, string | Record<string, string>> };
  const targets = Object.values(exports).flatMap((target) =>
    typeof target === "string" ? [target] : Object.values(target),
  );
  expect(targets.length).toBeGreaterThan(20);
  for (const path of [...targets, main, types, unpkg, jsdelivr])
    expect(tarball.files).toContain(String(path).replace("./", ""));
});

test("publint finds nothing", async () => {
  const { stdout } = await run("node_modules/.bin/publint", ["run", tarball.path, "--strict"], root);
  expect(stdout).toContain("All good!");
});

test("Are the types wrong? They are not", async () => {
  const args = [tarball.path, "--profile", "esm-only", "--format", "ascii"];
  await expect(run("node_modules/.bin/attw", args, root)).resolves.toMatchObject({ code: 0 });
});
