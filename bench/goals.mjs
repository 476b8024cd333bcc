// What is asked of everspring, as ratios within one run: measures just that, several times, and counts the runs that hold.
// npm run bench:goals -- [--runs 5] [--rounds 5] [--scale 1] [--write]
// `--write` puts the table into docs/performance.md.
import { parseArgs } from "node:util";
import { goals, needs, verdictOf } from "./lib/goals.mjs";
import { write } from "./lib/report.mjs";
import { measure } from "./lib/session.mjs";
import { table } from "./lib/table.mjs";

const { values } = parseArgs({
  options: {
    runs: { type: "string", default: "5" },
    rounds: { type: "string" },
    scale: { type: "string", default: "1" },
    write: { type: "boolean", default: false },
  },
});
process.chdir(new URL("..", import.meta.url).pathname);

const count = Number(values.runs);
const runs = [];
const begin = performance.now();
for (let run = 1; run <= count; run++) {
  const found = {};
  for (const { as, measure: name, ...options } of needs) {
    const rounds = values.rounds && Number(values.rounds);
    const { results } = await measure(name, { rounds, scale: Number(values.scale), ...options });
    found[as ?? name] = results;
  }
  runs.push(goals.map((goal) => goal.of(found)));
  console.log(`run ${run} of ${count}: ${((performance.now() - begin) / 1000).toFixed(0)} s so far`);
}

const rows = goals.map((goal, i) => {
  const { shown, held, limit } = verdictOf(
    goal,
    runs.map((figures) => figures[i]),
  );
  return [goal.title, limit, ...shown, `${held} of ${count}`];
});
const figures = table(["what", "goal", ...runs.map((_, i) => `run ${i + 1}`), "holds in"], rows);
console.log(`\n${figures}`);
const summary = `What is asked, as ratios in one run; each figure is the median over the rounds of that run, and what misses is bold.\n\n${figures}`;
if (values.write) write("goals", "Goals", { summary });
