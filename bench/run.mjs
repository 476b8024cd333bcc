// `npm run bench` measures everspring beside its peers and prints tables.
// node bench/run.mjs [--only throughput,sizes] [--clients a,b] [--workloads a,b] [--rounds 7] [--scale 1] [--write]
// `--write` puts the tables into docs/performance.md.
import { parseArgs } from "node:util";
import { child } from "./lib/child.mjs";
import { measures } from "./measure/index.mjs";
import { peers } from "./peers/index.mjs";
import { write } from "./lib/report.mjs";
import { workloads } from "./workloads.mjs";

const { values } = parseArgs({
  options: {
    only: { type: "string" },
    clients: { type: "string" },
    workloads: { type: "string" },
    rounds: { type: "string", default: "7" },
    scale: { type: "string", default: "1" },
    write: { type: "boolean", default: false },
  },
});
const list = (given, all) => given?.split(",") ?? Object.keys(all);
process.chdir(new URL("..", import.meta.url).pathname);

for (const name of list(values.only, measures)) {
  const server = child("bench/server.mjs");
  const { port } = await server.next();
  console.log(`\n## ${measures[name].title}`);
  try {
    const report = await measures[name].run({
      server: { ...server, port },
      clients: values.clients?.split(",") ?? Object.keys(peers).filter((client) => !peers[client].hidden),
      names: list(values.workloads, workloads),
      rounds: Number(values.rounds),
      scale: Number(values.scale),
      log: console.log,
    });
    console.log(`\n${report.summary}`);
    if (values.write) write(name, measures[name], report, measures);
  } finally {
    server.stop();
  }
}
