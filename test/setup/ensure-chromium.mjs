// Runs before the tests: afterwards there is a Chromium that starts, or the tests do not run at all.
import { spawnSync } from "node:child_process";
import { findChromium } from "./chromium.ts";

/** Why there is no browser to test with; nothing when there is one. */
function whatIsWrong() {
  const path = findChromium();
  if (path === undefined)
    return process.env.CHROMIUM_PATH
      ? `CHROMIUM_PATH is not an executable file: ${process.env.CHROMIUM_PATH}`
      : "no Chromium was found";
  // Some distributions put a script there that only says where to get the real one.
  const { status } = spawnSync(path, ["--version"], { stdio: "ignore", timeout: 60_000 });
  return status === 0 ? undefined : `${path} --version does not work`;
}

function canInstall() {
  return process.getuid?.() === 0 && spawnSync("apt-get", ["--version"], { stdio: "ignore" }).status === 0;
}

/** Quiet when it goes well. An update that fails is no reason to give up: the lists may be there already. */
function install() {
  process.stderr.write("No Chromium found: installing Debian's package with apt-get (about a minute)\n");
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  const aptGet = (...args) =>
    spawnSync("apt-get", ["-o", "DPkg::Lock::Timeout=120", ...args], {
      env,
      encoding: "utf8",
      maxBuffer: 2 ** 26,
    });
  const steps = [aptGet("update"), aptGet("install", "-y", "--no-install-recommends", "chromium")];
  if (steps[1].status !== 0)
    for (const { stdout, stderr } of steps) process.stderr.write(`${stdout ?? ""}${stderr ?? ""}`);
}

if (whatIsWrong() && !process.env.CHROMIUM_PATH && canInstall()) install();

const problem = whatIsWrong();
if (problem) {
  process.stderr.write(
    `The tests need a real browser and ${problem}: install chromium (Debian: apt-get install chromium) ` +
      `or set CHROMIUM_PATH to a Chromium or Chrome\n`,
  );
  process.exitCode = 1;
}
