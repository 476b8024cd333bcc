import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { run } from "../packaging/run.ts";

/** Installs a package of the tests by its lockfile, unless everything is there. Several processes may ask at a time. */
export async function installOnce(folder: string, upToDate: () => boolean, limit: number): Promise<void> {
  if (upToDate()) return;
  const unlock = await lock(folder);
  try {
    if (upToDate()) return; // another process was faster
    await run("npm", ["ci", "--no-audit", "--no-fund"], folder, limit);
    if (!upToDate())
      throw new Error(`Something is missing after npm ci in ${folder}: did the install scripts run?`);
  } finally {
    unlock();
  }
}

/** One process installs, the others wait for it; the lock of a process that is gone does not count. */
async function lock(folder: string): Promise<() => void> {
  const file = join(tmpdir(), `everspring-install${folder.replaceAll(/[^\w-]/g, "-")}.lock`);
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
