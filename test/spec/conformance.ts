// Writes docs/conformance.md: the suite's result per runtime, beside the runtime's own class and the `eventsource` package.
// npm run build && npm ci --prefix bench && node test/spec/conformance.ts --write
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { chromium, firefox, type Browser } from "playwright";
import { root } from "../packaging/consumer.ts";
import { installRuntimes } from "../runtimes/install.ts";
import { chromiumOptions, firefoxOptions } from "../setup/browsers.ts";
import { startWebKitGtk } from "../setup/webkitgtk.ts";
import { servePages } from "./browsers.ts";
import { differences } from "./differences.ts";
import { built, commands, outcomesOf, theirs } from "./outcomes.ts";
import type { Outcome } from "./run.ts";
import { startSpecServer } from "./server.ts";

const classes = ["ours", "native", "eventsource"] as const;
type Column = (typeof classes)[number];
type Results = Record<string, Partial<Record<Column, readonly Outcome[]>>>;

/** The runtimes that have a class of their own. */
const natives = ["node22", "node24", "node26", "deno", "workerd"];
/** Bundlers aside, workerd cannot load the package from node_modules. */
const packages = ["node22", "node24", "node26", "deno", "bun"];

/** What opens one URL after another in a browser. */
interface BrowserWindow {
  open(url: string): Promise<unknown>;
  close(): Promise<void>;
}

async function newPage(browser: Browser): Promise<BrowserWindow> {
  const page = await browser.newPage();
  return { open: (url) => page.goto(url), close: () => browser.close() };
}

/** By their names in `differences.ts`. */
const browsers: Record<string, () => Promise<BrowserWindow>> = {
  chromium: async () => newPage(await chromium.launch(chromiumOptions)),
  firefox: async () => newPage(await firefox.launch(firefoxOptions)),
  webkitgtk: startWebKitGtk,
};

async function collect(): Promise<Results> {
  await using server = await startSpecServer();
  await installRuntimes();
  const results: Results = {};
  for (const name of Object.keys(commands)) {
    const row = (results[name] = { ours: await outcomesOf(name, built, server.port) } as Results[string]);
    if (natives.includes(name)) row.native = await outcomesOf(name, "native", server.port);
    if (packages.includes(name)) row.eventsource = await outcomesOf(name, theirs, server.port);
  }
  await using pages = await servePages();
  for (const [browser, start] of Object.entries(browsers)) {
    const window = await start();
    for (const kind of ["page", "worker"] as const) {
      const name = kind === "page" ? browser : `${browser} worker`;
      const row: Results[string] = (results[name] = {});
      for (const column of classes) {
        const environment = { name, kind, isOurs: column === "ours" };
        const baseUrl = `http://localhost:${server.port}`;
        row[column] = await pages.run((url) => window.open(url), { column, baseUrl, environment });
      }
    }
    await window.close();
  }
  return results;
}

/** The names of tests of the standard; what is only ours others are not asked. */
function standard(results: Results): ReadonlySet<string> {
  const rows = Object.values(results).flatMap(({ native, eventsource }) => [
    ...(native ?? []),
    ...(eventsource ?? []),
  ]);
  return new Set(rows.map(({ name }) => name));
}

function toMarkdown(results: Results): string {
  const asked = standard(results);
  const cell = (outcomes: readonly Outcome[] | undefined) => {
    const own = outcomes?.filter(({ name }) => asked.has(name));
    return own ? `${own.filter(({ error }) => error === undefined).length} of ${own.length}` : "–";
  };
  const rows = Object.entries(results).map(
    ([name, row]) => `| ${name} | ${classes.map((column) => cell(row[column])).join(" | ")} |`,
  );
  const failures = (column: Column) => {
    const where = new Map<string, string[]>();
    for (const [runtime, row] of Object.entries(results))
      for (const { name, error } of row[column] ?? [])
        if (error !== undefined) where.set(name, [...(where.get(name) ?? []), runtime]);
    return [...where].map(([name, runtimes]) => `- ${name}: ${runtimes.join(", ")}`).join("\n") || "Nothing.";
  };
  const version = (file: string) =>
    (JSON.parse(readFileSync(join(root, file), "utf8")) as { version: string }).version;
  return `# Conformance of the EventSource class

Made by \`node test/spec/conformance.ts --write\`: the tests of [test/spec](../test/spec) that state a sentence of the
[standard](https://html.spec.whatwg.org/multipage/server-sent-events.html), passed by our class as built, by the runtime's own class,
and by the \`eventsource\` package (${version("bench/node_modules/eventsource/package.json")}). \`npm test\` runs the suite on our class,
with another ${(results["node24"]?.ours ?? []).filter(({ name }) => !asked.has(name)).length} tests of what only it has.

| runtime | everspring/eventsource | native | eventsource |
| --- | --- | --- | --- |
${rows.join("\n")}

Node's own class is behind \`--experimental-eventsource\`; Bun has none.

## What ours does not pass

${differences.map(({ test, where, reason }) => `- ${test}: ${where.join(", ")}. ${reason}`).join("\n")}

## What the native classes do not pass

${failures("native")}

## What the eventsource package does not pass

${failures("eventsource")}
`;
}

const markdown = toMarkdown(await collect());
if (process.argv.includes("--write")) writeFileSync(join(root, "docs/conformance.md"), markdown);
else process.stdout.write(markdown);
