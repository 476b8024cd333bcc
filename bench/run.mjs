// `npm run bench` measures everspring beside its peers and prints tables.
// npm run bench -- [--only throughput,sizes] [--clients a,b] [--workloads a,b] [--rounds 5] [--scale 1] [--write]
// `--write` puts the tables into docs/performance.md. The names are those of measure/index.mjs, peers/index.mjs and workloads.mjs.
import { parseArgs } from "node:util";
import { measure } from "./lib/session.mjs";
import { write } from "./lib/report.mjs";
import { measures } from "./measure/index.mjs";
import { peers } from "./peers/index.mjs";
import { workloads } from "./workloads.mjs";

const { values } = parseArgs({
  options: {
    only: { type: "string" },
    clients: { type: "string" },
    workloads: { type: "string" },
    rounds: { type: "string" },
    scale: { type: "string", default: "1" },
    write: { type: "boolean", default: false },
  },
});
process.chdir(new URL("..", import.meta.url).pathname);

/** A list of names that exist. */
function list(given, all) {
  const names = given?.split(",");
  for (const name of names ?? [])
    if (!Object.hasOwn(all, name)) throw new Error(`${name}: one of ${Object.keys(all).join(", ")}`);
  return names;
}

const seconds = (start) => `${((performance.now() - start) / 1000).toFixed(0)} s`;
const options = {
  clients: list(values.clients, peers),
  names: list(values.workloads, workloads),
  rounds: values.rounds && Number(values.rounds),
  scale: Number(values.scale),
  log: console.log,
};
const only = list(values.only, measures) ?? Object.keys(measures);

const begin = performance.now();
for (const name of only) {
  const start = performance.now();
  console.log(`\n## ${measures[name].title}`);
  try {
    const report = await measure(name, options);
    console.log(`\n${report.summary}\n\n(${seconds(start)})`);
    if (values.write) write(name, measures[name].title, report);
  } catch (error) {
    // The others are worth having all the same.
    console.error(error);
    process.exitCode = 1;
  }
}
console.log(`\nAll in all ${seconds(begin)}`);
