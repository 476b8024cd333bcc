// Runs before the tests: afterwards the programs that they need are there, or the tests do not run at all.
import { spawnSync } from "node:child_process";
import { find, programs } from "./system.ts";

/** Why a program cannot be used; nothing when it can. */
function problemOf(name) {
  const { package: debianPackage, variable } = programs[name];
  const path = find(name);
  if (path === undefined)
    return variable && process.env[variable]
      ? `${debianPackage} (${variable} is not an executable file: ${process.env[variable]})`
      : debianPackage;
  // Some distributions put a script in the place of a browser that only says where to get the real one.
  const isScript = ["chromium", "firefox"].includes(name);
  const works =
    !isScript || spawnSync(path, ["--version"], { stdio: "ignore", timeout: 60_000 }).status === 0;
  return works ? undefined : `${debianPackage} (${path} --version does not work)`;
}

const names = Object.keys(programs);
const problems = () => names.map((name) => [name, problemOf(name)]).filter(([, problem]) => problem);
const packagesOf = (found) => [...new Set(found.map(([name]) => programs[name].package))];

function canInstall() {
  return process.getuid?.() === 0 && spawnSync("apt-get", ["--version"], { stdio: "ignore" }).status === 0;
}

/** Quiet when it goes well. An update that fails is no reason to give up: the lists may be there already. */
function install(packages) {
  process.stderr.write(
    `Installing what the tests need with apt-get (a minute or two): ${packages.join(" ")}\n`,
  );
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  const aptGet = (...args) =>
    spawnSync("apt-get", ["-o", "DPkg::Lock::Timeout=120", ...args], {
      env,
      encoding: "utf8",
      maxBuffer: 2 ** 26,
    });
  const steps = [aptGet("update"), aptGet("install", "-y", "--no-install-recommends", ...packages)];
  if (steps[1].status !== 0)
    for (const { stdout, stderr } of steps) process.stderr.write(`${stdout ?? ""}${stderr ?? ""}`);
}

let missing = problems();
// What a variable names is not ours to install.
const wanted = packagesOf(missing.filter(([name]) => !process.env[programs[name].variable]));
if (wanted.length > 0 && canInstall()) {
  install(wanted);
  missing = problems();
}

if (missing.length > 0) {
  const what = [...new Set(missing.map(([, problem]) => problem))].join(", ");
  process.stderr.write(
    `The tests need programs that are not here: ${what}; on Debian: ` +
      `apt-get install -y --no-install-recommends ${packagesOf(missing).join(" ")} ` +
      `(CHROMIUM_PATH and FIREFOX_PATH may name other browsers)\n`,
  );
  process.exitCode = 1;
}
