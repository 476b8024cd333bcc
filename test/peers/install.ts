import { readFileSync } from "node:fs";
import { join } from "node:path";
import { installOnce } from "../helpers/install-once.ts";

export const peers = import.meta.dirname;

/** How long the download may take on a slow line (ms). */
export const installLimit = 300_000;

interface Manifest {
  readonly version: string;
  readonly dependencies: Readonly<Record<string, string>>;
}

const read = (...path: string[]): Manifest => JSON.parse(readFileSync(join(peers, ...path), "utf8"));

/** The clients to compare with, by the names of their packages, and their versions. */
export const versions = read("package.json").dependencies;

/** Installs them (3 MB) unless these versions are already here. */
export function installPeers(): Promise<void> {
  return installOnce(peers, upToDate, installLimit);
}

function upToDate(): boolean {
  try {
    return Object.entries(versions).every(
      ([name, version]) => read("node_modules", name, "package.json").version === version,
    );
  } catch {
    return false;
  }
}
