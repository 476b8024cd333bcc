import { readFileSync } from "node:fs";
import { join } from "node:path";
import { installOnce } from "../helpers/install-once.ts";

/** The folder that has them, and their configurations. */
export const consumers: string = import.meta.dirname;

/** How long the download may take on a slow line (ms). */
export const installLimit = 900_000;

/** A program of theirs. All but esbuild are scripts. */
export const programOf = (name: string): string => join(consumers, "node_modules/.bin", name);

/** Installs the bundlers and compilers (260 MB) unless the versions that package-lock.json names are already here. */
export function installConsumers(): Promise<void> {
  return installOnce(consumers, upToDate, installLimit);
}

interface Manifest {
  readonly version?: string;
  readonly dependencies: Record<string, string>;
  readonly packages: Record<string, { readonly version: string } | undefined>;
}

const read = (...path: string[]): Manifest => JSON.parse(readFileSync(join(consumers, ...path), "utf8"));

function upToDate(): boolean {
  try {
    const { packages } = read("package-lock.json");
    return Object.keys(read("package.json").dependencies).every(
      (name) =>
        read("node_modules", name, "package.json").version === packages[`node_modules/${name}`]?.version,
    );
  } catch {
    return false;
  }
}
