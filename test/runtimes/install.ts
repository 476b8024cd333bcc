import { accessSync, constants, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { run } from "../packaging/run.ts";

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
  if (upToDate()) return;
  const unlock = await lock();
  try {
    if (upToDate()) return; // another process was faster
    await run("npm", ["ci", "--no-audit", "--no-fund"], here, installLimit);
    if (!upToDate())
      throw new Error("Runtimes are missing after npm ci in test/runtimes: did their install scripts run?");
  } finally {
    unlock();
  }
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

/** One process installs, the others wait for it; the lock of a process that is gone does not count. */
async function lock(): Promise<() => void> {
  const file = join(tmpdir(), `everspring-runtimes${here.replaceAll(/[^\w-]/g, "-")}.lock`);
  for (;;) {
    try {
      writeFileSync(file, String(process.pid), { flag: "wx" });
      return () => rmSync(file, { force: true });
    } catch (error) {
      if (!hasCode(error, "EEXIST")) throw error;
    }
    if (holderIsGone(file)) rmSync(file, { force: true });
    else await sleep(250);
  }
}

function holderIsGone(file: string): boolean {
  try {
    process.kill(Number(readFileSync(file, "utf8")) || process.pid, 0);
    return false;
  } catch (error) {
    return hasCode(error, "ESRCH");
  }
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}
