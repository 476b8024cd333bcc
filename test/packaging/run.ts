import { spawn } from "node:child_process";

/** How a process ended. */
export interface Finished {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** A process under way; `await using` sees to it that it ends with the test. */
export interface Running extends AsyncDisposable {
  /** Resolves when the standard output so far satisfies the check, fails when the process ends without that. */
  printed(check: (stdout: string) => boolean): Promise<void>;
  finished: Promise<Finished>;
}

/** Starts a process; one that hangs is killed after `limit` ms. */
export function start(command: string, args: readonly string[], cwd: string, limit = 120_000): Running {
  const child = spawn(command, args, {
    cwd,
    env: cleanEnv(),
    stdio: ["ignore", "pipe", "pipe"],
    timeout: limit,
    killSignal: "SIGKILL",
  });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));

  const finished = new Promise<Finished>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => resolve({ code, stdout, stderr }));
  });
  const printed = (check: (stdout: string) => boolean) =>
    new Promise<void>((resolve, reject) => {
      const look = () => check(stdout) && resolve();
      child.stdout.on("data", look);
      look();
      finished.then((end) => reject(new Error(describe(command, args, end))), reject);
    });
  return {
    printed,
    finished,
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await finished.catch(() => undefined);
    },
  };
}

/** Runs a process to its end and returns its output; anything but exit code 0 is an error that shows all of it. */
export async function run(
  command: string,
  args: readonly string[],
  cwd: string,
  limit?: number,
): Promise<Finished> {
  const end = await start(command, args, cwd, limit).finished;
  if (end.code !== 0) throw new Error(describe(command, args, end));
  return end;
}

function describe(command: string, args: readonly string[], { code, stdout, stderr }: Finished): string {
  return `${[command, ...args].join(" ")} ended with ${code}\n${stdout}${stderr}`;
}

/** What npm and Vitest put into the environment describes this repository, not the folder that the process works in. */
function cleanEnv(): NodeJS.ProcessEnv {
  const foreign =
    /^(NODE_ENV|NODE_OPTIONS|VITE.*|TEST|FORCE_COLOR|npm_(package|lifecycle)_.*|npm_config_(local_)?prefix)$/i;
  const kept = Object.entries(process.env).filter(([name]) => !foreign.test(name));
  return { ...Object.fromEntries(kept), NO_COLOR: "1", DENO_NO_UPDATE_CHECK: "1" };
}
