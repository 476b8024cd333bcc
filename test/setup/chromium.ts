import { accessSync, constants, statSync } from "node:fs";
import { delimiter, join } from "node:path";

const debian = "/usr/bin/chromium";
const names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

/** The Chromium of this machine: `CHROMIUM_PATH` where it is set, else Debian's, else the first one in `PATH`. */
export function findChromium(env: NodeJS.ProcessEnv = process.env): string | undefined {
  if (env["CHROMIUM_PATH"]) return isExecutable(env["CHROMIUM_PATH"]) ? env["CHROMIUM_PATH"] : undefined;
  const folders = (env["PATH"] ?? "").split(delimiter).filter(Boolean);
  const candidates = [debian, ...names.flatMap((name) => folders.map((folder) => join(folder, name)))];
  return candidates.find(isExecutable);
}

/** The same for code that runs after `ensure-chromium.mjs` and cannot do without. */
export function chromiumPath(): string {
  const path = findChromium();
  if (path === undefined)
    throw new Error("No Chromium found: node test/setup/ensure-chromium.mjs says what to do");
  return path;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
