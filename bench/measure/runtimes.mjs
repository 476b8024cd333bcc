import { installRuntimes, runtimes } from "../../test/runtimes/install.ts";
import { child } from "../lib/child.mjs";
import { visible } from "../peers/index.mjs";
import { measureThroughput } from "./throughput.mjs";

/** Throughput in a runtime of test/runtimes, in the same processes as in Node, beside a class of its own. */
const inRuntime = (name, execArgv) => async (context) => {
  await installRuntimes();
  const runtime = { execPath: runtimes[name], execArgv };
  const { summary, ...rest } = await measureThroughput({
    ...context,
    clients: context.choose(["drain", "decode", "native", ...visible.slice(2)]),
    names: context.names.filter((workload) => /^(tokens|single|foreign|ticks)$/.test(workload)),
    scale: context.scale / 2,
    runtime,
  });
  return { summary: `${await version(runtime)}\n\n${summary}`, ...rest };
};

async function version(runtime) {
  const one = child("bench/client.mjs", { args: ["drain"], ...runtime });
  const { runtime: name } = await one.next();
  one.stop();
  return name;
}

export const deno = inRuntime("deno", ["run", "--allow-all", "--no-prompt", "--quiet"]);
export const bun = inRuntime("bun", []);
