import { spawn } from "node:child_process";
import { once } from "node:events";

/** What a script left behind. */
export interface Outcome {
  code: number | null;
  stdout: string;
  stderr: string;
}

export interface RunningScript {
  readonly pid: number;
  /** Resolves when the script wrote a line with this text to its standard output. */
  says(text: string): Promise<void>;
  readonly ended: Promise<Outcome>;
  /** Ends it as a crash would: nothing in it runs any more. */
  kill(): Promise<Outcome>;
}

/** Runs an ES module given as text in a process of its own, which has the arguments in `process.argv.slice(1)`. */
export function runScript(script: string, ...args: string[]): RunningScript {
  const flags = ["--expose-gc", "--input-type=module", "--eval", script, "--", ...args];
  const child = spawn(process.execPath, flags, { stdio: ["ignore", "pipe", "pipe"] });
  let stdout = "";
  let stderr = "";
  let look = () => {};
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
    look();
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  const ended = once(child, "close").then(([code]) => ({ code: code as number | null, stdout, stderr }));
  return {
    pid: child.pid!,
    says: (text) =>
      new Promise((resolve, reject) => {
        look = () => stdout.split("\n").includes(text) && resolve();
        look();
        void ended.then(() => reject(new Error(`The script ended and never said "${text}": ${stderr}`)));
      }),
    ended,
    kill() {
      child.kill("SIGKILL");
      return ended;
    },
  };
}
