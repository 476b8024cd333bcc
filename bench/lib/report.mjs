import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { cpus, loadavg, totalmem } from "node:os";

const FILE = "docs/performance.md";
const HEAD = `# Performance

Measured by \`npm run bench\`, which prints these tables; \`node bench/run.mjs --write\` puts them here, each with its date and
machine. \`--only\`, \`--clients\`, \`--workloads\`, \`--rounds\` and \`--scale\` select.

## Method

- Every client runs in a process of its own (a tab of its own in the page), the server in another. A round runs all clients one
  after the other, every other round backwards, so that the noise of a moment meets all. Two rounds warm up.
- CPU is what the client's process used, its garbage collector and compiler included, divided by the events. A ratio is the median
  over the rounds of the ratios within a round, with the quartiles behind it: on a busy machine compare these, not the microseconds.
- Before a client is timed, a run checks all that it delivers: types, data and IDs, by count and checksum. In timed runs it reads
  each event's data, and count and length are checked. What loses or changes something is shown as wrong.
- The streams are the same bytes in the same chunks each time (\`bench/workloads.mjs\`). "Limit: drain" reads the response and
  throws it away; "drain + decode" makes it text and stops there.
- "One per chunk" is one HTTP chunk per event; where a client is behind, Node hands several out together. Without a network each read is one.
- The SDKs' readers are measured below their JSON; @microsoft/fetch-event-source is told that there is a page.
`;

/** Puts the tables of one measure into docs/performance.md. */
export function write(name, { title }, { summary, details }, all) {
  const text = existsSync(FILE) ? readFileSync(FILE, "utf8") : HEAD;
  const old = new Map(
    [...text.matchAll(/<!-- (\w+) -->\n([^]*?)<!-- \/\1 -->/g)].map(([, key, body]) => [key, body]),
  );
  const load = loadavg()[0].toFixed(1);
  const machine = `${cpus().length} × ${cpus()[0].model.trim()}, ${(totalmem() / 2 ** 30).toFixed(0)} GiB, load ${load}`;
  const day = new Date().toISOString().slice(0, 10);
  const parts = [`## ${title}`, `${day}, Node ${process.version}, ${machine}.`, summary, details].filter(
    Boolean,
  );
  old.set(name, `\n${parts.join("\n\n")}\n\n`);
  const sections = Object.keys(all)
    .filter((key) => old.has(key))
    .map((key) => `<!-- ${key} -->\n${old.get(key)}<!-- /${key} -->\n`);
  writeFileSync(FILE, `${HEAD}\n${sections.join("\n")}`);
}
