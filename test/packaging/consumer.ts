import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run } from "./run.ts";

export const root = join(import.meta.dirname, "../..");

/** The package as npm would publish it. */
export interface Tarball {
  path: string;
  /** The paths inside, without the `package/` that all of them begin with. */
  files: string[];
}

/** A temporary folder, gone with `await using`. */
export async function temporaryFolder(): Promise<AsyncDisposable & { path: string }> {
  const path = await mkdtemp(join(tmpdir(), "everspring-"));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

/** Packs the repository as it stands; dist was built before. */
export async function pack(into: string): Promise<Tarball> {
  const { stdout } = await run(
    "npm",
    ["pack", "--ignore-scripts", "--silent", "--pack-destination", into],
    root,
  );
  const path = join(into, stdout.trim());
  const { stdout: listing } = await run("tar", ["-tzf", path], root);
  return {
    path,
    files: listing
      .trim()
      .split("\n")
      .map((file) => file.replace("package/", "")),
  };
}

/** An empty folder of somebody else's, with the packed package installed in it. */
export async function installInto(folder: string): Promise<void> {
  const { path } = await pack(folder);
  const app = join(folder, "app");
  await mkdir(app);
  await writeFile(join(app, "package.json"), JSON.stringify({ name: "app", private: true, type: "module" }));
  await run("npm", ["install", "--silent", "--no-audit", "--no-fund", "--prefer-offline", path], app);
}
