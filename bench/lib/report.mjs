import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { cpus, loadavg, totalmem } from "node:os";
import { PATIENCE } from "./interleave.mjs";
import { measures } from "../measure/index.mjs";

const FILE = "docs/performance.md";
const HEAD = `# Performance

Measured by \`npm run bench\`, which prints these tables; \`npm run bench -- --write\` puts them here, each with its date and
machine. \`--only\`, \`--clients\`, \`--workloads\`, \`--rounds\` and \`--scale\` select.
\`npm run bench:goals -- --write\` makes the section on goals, out of five runs.

## Method

- Every client runs in a process of its own (a tab of its own in Chromium and Firefox, a frame of its own in WebKitGTK), the server in
  another. A round runs all clients one after the other, every other round backwards, so that the noise of a moment meets all. Two
  rounds warm up.
- CPU is what the client's process used, its garbage collector and compiler included, divided by the events. In a page it is what the
  main thread of the pages' processes used, as the kernel counts it (\`/proc/<pid>/schedstat\`): the time in which the page could do
  nothing else. A ratio is the median over the rounds of the ratios within a round, with the quartiles behind it: on a busy machine
  compare these, not the microseconds.
- Before a client is timed, a run checks all that it delivers: types, data and IDs, by count and checksum. In timed runs it reads
  each event's data, and count and length are checked. What loses or changes something is shown as wrong; what cannot be loaded or
  ends with an error, as what does not run; what takes longer than ${PATIENCE / 1000} s for one run, as that.
- The streams are the same bytes in the same chunks each time (\`bench/workloads.mjs\`). "Limit: drain" reads the response and
  throws it away; "drain + decode" makes it text and stops there.
- "One per chunk" is one HTTP chunk per event; where a client is behind, Node hands several out together. Without a network each read is one.
- Deno and Bun run the same processes as Node, with half of the events; a page gets a fifth of them. What a runtime lacks is shown as
  what does not run: Bun and Node have no EventSource of their own (Node's is undici's, behind a flag), some peers need Node's modules.
- The SDKs' readers are measured below their JSON; @microsoft/fetch-event-source is told that there is a page.
`;

/** The sections in their order. */
const order = ["goals", ...Object.keys(measures)];

/** Puts what was measured into its section of a report, and leaves the others as they are. */
export function insert(text, name, title, { summary, details }) {
  const old = new Map(
    [...text.matchAll(/<!-- (\w+) -->\n([^]*?)<!-- \/\1 -->/g)].map(([, key, body]) => [key, body]),
  );
  const load = loadavg()[0].toFixed(1);
  const machine = `${cpus().length} × ${cpus()[0].model.trim()}, ${(totalmem() / 2 ** 30).toFixed(0)} GiB, load ${load}`;
  const day = new Date().toISOString().slice(0, 10);
  const parts = [`## ${title}`, `${day}, Node ${process.version}, ${machine}.`, summary, details];
  old.set(name, `\n${parts.filter(Boolean).join("\n\n")}\n\n`);
  const sections = order
    .filter((key) => old.has(key))
    .map((key) => `<!-- ${key} -->\n${old.get(key)}<!-- /${key} -->\n`);
  return `${HEAD}\n${sections.join("\n")}`;
}

/** Puts the tables of one measure into docs/performance.md. */
export function write(name, title, report) {
  const text = existsSync(FILE) ? readFileSync(FILE, "utf8") : "";
  writeFileSync(FILE, insert(text, name, title, report));
}
