import { accessSync, constants, readFileSync } from "node:fs";
import { join } from "node:path";
import { installOnce } from "../helpers/install-once.ts";

const here = import.meta.dirname;
const modules = join(here, "node_modules");

/** The executables, by the names of their packages. */
export const runtimes = {
  node22: join(modules, "node22/bin/node"),
  node26: join(modules, "node26/bin/node"),
  deno: join(modules, "deno/deno"),
  bun: join(modules, "bun/bin/bun.exe"),
  workerd: join(modules, "workerd/bin/workerd"),
};

/** How long the download may take on a slow line (ms). */
export const installLimit = 900_000;

/** Installs the runtimes (730 MB) unless the versions that package-lock.json names are already here. */
export async function installRuntimes(): Promise<void> {
  await installOnce(here, upToDate, installLimit);
}

function upToDate(): boolean {
  try {
    const { packages }: { packages: Record<string, { version: string } | undefined> } = JSON.parse(
      readFileSync(join(here, "package-lock.json"), "utf8"),
    );
    return Object.entries(runtimes).every(([name, executable]) => {
      accessSync(executable, constants.X_OK);
      const { version }: { version: string } = JSON.parse(
        readFileSync(join(modules, name, "package.json"), "utf8"),
      );
      return version === packages[`node_modules/${name}`]?.version;
    });
  } catch {
    return false;
  }
}
