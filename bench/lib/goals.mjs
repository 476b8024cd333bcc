import { median, ratio } from "./stats.mjs";

/** What a run measures for the goals: measures with fewer clients and workloads than they have. */
export const needs = [
  {
    measure: "throughput",
    clients: ["decode", "listeners", "iterator", "class", "eventsource"],
    names: ["tokens", "foreign", "ticks"],
  },
  { as: "lines", measure: "throughput", clients: ["listeners"], names: ["line4", "line8"] },
  { measure: "chromium", clients: ["native", "listeners"] },
  { measure: "latency", clients: ["listeners"] },
  { measure: "idle", clients: ["listeners"] },
  { measure: "kept", clients: ["listeners"] },
  { measure: "sizes" },
];

/** CPU time of one client ÷ that of another; not a number when one of them has none, or delivers what was not sent. */
function cpuRatio({ clients }, one, other) {
  const able = [one, other].every((client) => clients[client].cpu.length && !clients[client].wrong);
  return able ? ratio(clients[one].cpu, clients[other].cpu).median : NaN;
}

const answers = (results, client, key) => results[client].answers.map((answer) => answer[key]);
const probeRatio = (results, one, other, key) =>
  results[one].answers.length && results[other].answers.length
    ? ratio(answers(results, one, key), answers(results, other, key)).median
    : NaN;

const atMost = (limit, title, of) => ({ title, limit, of, holds: (figure) => figure <= limit });
const atLeast = (limit, title, of) => ({ title, limit, of, least: true, holds: (figure) => figure >= limit });
const bytes = (limit, title, of) => ({ ...atMost(limit, title, of), bytes: true });

const LIMITS = { tokens: 1.3, foreign: 1.5, ticks: 1.6 };
const SHORT = { tokens: "tokens", foreign: "3 % non-ASCII", ticks: "ticks", single: "one per chunk" };
const cpu = (limit, title, one, other) =>
  Object.keys(LIMITS).map((name) =>
    atMost(limit ?? LIMITS[name], `${title}, ${SHORT[name]}`, ({ throughput }) =>
      cpuRatio(throughput[name], one, other),
    ),
  );
const size = (limit, title, name) =>
  bytes(limit, `size of ${title}, bytes`, ({ sizes }) => sizes[name].brotli);
const everything = "**everspring**, everything";

/** Each with its limit, its figure out of the results of a run, and whether that is good enough. */
export const goals = [
  ...cpu(undefined, "listeners ÷ (drain + decode), CPU", "listeners", "decode"),
  ...cpu(1.3, "`for await` ÷ listeners, CPU", "iterator", "listeners"),
  atMost(30, "memory held by kept data ÷ its size", ({ kept: { listeners } }) =>
    listeners.answers.length
      ? ratio(answers({ listeners }, "listeners", "bytes"), answers({ listeners }, "listeners", "chars"))
          .median
      : NaN,
  ),
  ...cpu(0.5, "drop-in class ÷ eventsource, CPU", "class", "eventsource"),
  ...["tokens", "single", "ticks"].map((name) =>
    atLeast(20, `Chromium: native ÷ listeners, main thread, ${SHORT[name]}`, ({ chromium }) =>
      cpuRatio(chromium[name], "native", "listeners"),
    ),
  ),
  ...["p50", "p99"].map((key) =>
    atMost(1.1, `latency ÷ reading by hand, ${key}`, ({ latency }) =>
      probeRatio(latency, "listeners", "byHand", key),
    ),
  ),
  ...[1000, 10_000].map((count) =>
    atMost(1.15, `idle connection ÷ a bare fetch, live bytes, of ${count}`, ({ idle }) =>
      probeRatio(idle[count], "listeners", "drain", "live"),
    ),
  ),
  atMost(2.2, "8 MiB line ÷ 4 MiB line, CPU", ({ lines: { line4, line8 } }) => {
    const [four, eight] = [line4, line8].map(({ clients }) => clients.listeners);
    return four.cpu.length && eight.cpu.length && !four.wrong && !eight.wrong
      ? median(eight.cpu) / median(four.cpu)
      : NaN;
  }),
  size(4000, "`readEvents`", "**everspring**, `readEvents`"),
  size(7000, "`createEventSource`", "**everspring**, `createEventSource`"),
  size(7700, "the main entry without the class", "**everspring**, without the class"),
  size(6100, "`everspring/eventsource`", "**everspring/eventsource**"),
  bytes(
    3000,
    "size of `everspring/shared` beside everything, bytes",
    ({ sizes }) =>
      sizes["**everspring** and **everspring/shared**, everything"].brotli - sizes[everything].brotli,
  ),
  size(9200, "the script-tag build", "dist/everspring.global.min.js"),
];

/** A row of the table: what holds in how many runs. A run without a figure does not hold. */
export function verdictOf(goal, figures) {
  const show = (figure) =>
    Number.isNaN(figure) ? "–" : goal.bytes ? String(figure) : figure.toFixed(Math.abs(figure) < 10 ? 2 : 1);
  return {
    limit: `${goal.least ? "≥" : "≤"} ${goal.limit}`,
    // What misses stands out.
    shown: figures.map((figure) => (goal.holds(figure) ? show(figure) : `**${show(figure)}**`)),
    held: figures.filter((figure) => goal.holds(figure)).length,
  };
}
