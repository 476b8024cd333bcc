import { join } from "node:path";
import { root, temporaryFolder } from "../packaging/consumer.ts";
import { run } from "../packaging/run.ts";
import { runtimes } from "../runtimes/install.ts";
import type { Outcome } from "./run.ts";
import { writeWorker } from "./workerd.ts";

/** The runtimes that the suite runs in without a test framework, by their names in `differences.ts`. */
export const commands: Readonly<Record<string, readonly string[]>> = {
  node22: [runtimes.node22],
  node24: [process.execPath],
  node26: [runtimes.node26],
  deno: [runtimes.deno, "run", "--no-prompt", "--allow-net", "--allow-read"],
  bun: [runtimes.bun],
  workerd: [runtimes.workerd],
};

/** The built class. */
export const built: string = join(root, "dist/eventsource.js");

/** The `eventsource` package, for `conformance.ts`. */
export const theirs: string = join(root, "bench/node_modules/eventsource/dist/index.js");

/** Runs the suite in a runtime; `module` exports the class, or is `"native"`. */
export async function outcomesOf(name: string, module: string, port: number): Promise<readonly Outcome[]> {
  const baseUrl = `http://127.0.0.1:${port}`;
  const isOurs = module === built;
  const [command = "", ...args] = commands[name]!;
  if (name === "workerd") {
    await using folder = await temporaryFolder();
    const config = await writeWorker(folder.path, baseUrl, isOurs);
    return parse((await run(command, ["test", config], folder.path)).stdout);
  }
  const script = join(import.meta.dirname, "command.ts");
  const order = [script, module, baseUrl, name, ...(isOurs ? [] : ["foreign"])];
  const flags = module === "native" && name.startsWith("node") ? ["--experimental-eventsource"] : [];
  return parse((await run(command, [...args, ...flags, ...order], root)).stdout);
}

function parse(output: string): Outcome[] {
  return output
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .map((line): Outcome => JSON.parse(line));
}
