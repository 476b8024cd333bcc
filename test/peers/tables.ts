// The tables of what each client does. `node test/peers/tables.ts --write` writes them into the pages.
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { root, sizeOf } from "./bundle.ts";
import { columns, features, titles, type Feature, type Sourced } from "./features.ts";
import { versions } from "./install.ts";
import type { Client } from "./lab.ts";

/** A part of a page between `<!-- name -->` and `<!-- /name -->`, and the table that belongs there. */
export interface Part {
  readonly file: string;
  readonly name: string;
  readonly table: string;
}

/** The guides, by the client that one comes from. */
export const guides = {
  native: "docs/migrate/native.md",
  eventsource: "docs/migrate/eventsource.md",
  "eventsource-client": "docs/migrate/eventsource-client.md",
  "fetch-event-source": "docs/migrate/fetch-event-source.md",
  "event-source-plus": "docs/migrate/event-source-plus.md",
  "event-source-polyfill": "docs/migrate/event-source-polyfill.md",
  "sse.js": "docs/migrate/sse-js.md",
  "reconnecting-eventsource": "docs/migrate/reconnecting-eventsource.md",
} as const satisfies { readonly [C in Client]?: string };

const imports: { readonly [C in Client]?: string } = {
  eventsource: 'export { EventSource } from "eventsource";',
  "eventsource-client": 'export { createEventSource } from "eventsource-client";',
  "fetch-event-source": 'export { fetchEventSource } from "@microsoft/fetch-event-source";',
  "event-source-plus": 'export { EventSourcePlus } from "event-source-plus";',
  "event-source-polyfill": 'import "event-source-polyfill";',
  "sse.js": 'export { SSE } from "sse.js";',
  "reconnecting-eventsource": 'export { default } from "reconnecting-eventsource";',
};

let done: Promise<readonly Feature[]> | undefined;

/** All rows, with those that are measured. */
export const completed = (): Promise<readonly Feature[]> => (done ??= complete());

async function complete(): Promise<readonly Feature[]> {
  const kB = (bytes: number) => `${(bytes / 1000).toFixed(1)} kB`;
  const size: Record<string, string> = {
    everspring: kB(await sizeOf('export { createEventSource } from "everspring";', root)),
    native: "0",
  };
  for (const [client, code] of Object.entries(imports)) size[client] = kB(await sizeOf(code));
  const measured: Record<string, Feature["values"]> = { size, throughput: throughput() };
  return features.map((feature) => ({ ...feature, values: measured[feature.id] ?? feature.values }));
}

const performancePage = "docs/performance.md";

/** What docs/performance.md says of the main thread, for the first stream that it has there. */
function throughput(): Record<string, Sourced> {
  const text = readFileSync(join(root, performancePage), "utf8");
  const [, section = ""] = text.split("## Throughput in a page");
  const rows = section
    .split("####")[1]!
    .split("\n")
    .filter((line) => line.startsWith("| "))
    .map((line) => line.split("|").map((cell) => cell.trim()));
  const names = { ...titles, everspring: "**everspring**, listeners" };
  const found = Object.entries(names).map(([client, name]) => [
    client,
    rows.find((row) => row[1] === name)?.[2],
  ]);
  return Object.fromEntries(
    found
      .filter(([, value]) => value !== undefined)
      .map(([client, value]) => [
        client,
        { value: `${parseFloat(value!).toFixed(1)} µs`, source: performancePage },
      ]),
  );
}

/** The names with the versions that the values were found with. */
const versioned: { readonly [C in Client]: string } = {
  everspring: "everspring",
  native: columns.native,
  eventsource: withVersion("eventsource"),
  "eventsource-client": withVersion("eventsource-client"),
  "fetch-event-source": withVersion("@microsoft/fetch-event-source"),
  "event-source-plus": withVersion("event-source-plus"),
  "event-source-polyfill": withVersion("event-source-polyfill"),
  "sse.js": withVersion("sse.js"),
  "reconnecting-eventsource": withVersion("reconnecting-eventsource"),
};

function withVersion(name: string): string {
  return `${name} ${versions[name]}`;
}

export async function parts(): Promise<Part[]> {
  const rows = await completed();
  const all = Object.keys(columns) as (keyof typeof columns)[];
  const short = rows.filter((row) => row.short);
  const comparison = rows.filter((row) => !row.guidesOnly);
  return [
    { file: "README.md", name: "features", table: table("README.md", short, all, columns) },
    {
      file: "docs/comparison.md",
      name: "features",
      table: table("docs/comparison.md", comparison, all, versioned),
    },
    ...Object.entries(guides).map(([client, file]) => guide(rows, client as Client, file)),
  ];
}

/** What a guide shows: where the two differ. */
function guide(rows: readonly Feature[], client: Client, file: string): Part {
  const differ = rows.filter(
    ({ values }) => values[client] !== undefined && valueOf(values[client]) !== valueOf(values.everspring),
  );
  return { file, name: "differences", table: table(file, differ, [client, "everspring"], versioned) };
}

const valueOf = (value: string | Sourced | undefined): string =>
  typeof value === "object" ? value.value : (value ?? "");

function table(
  file: string,
  rows: readonly Feature[],
  clients: readonly Client[],
  names: { readonly [C in Client]?: string },
): string {
  const link = (source: string) => (source.includes(":") ? source : relative(dirname(file), source));
  const cell = (value: string | Sourced | undefined) =>
    typeof value === "object" ? `[${value.value}](${link(value.source)})` : valueOf(value);
  const lines = [
    ["", ...clients.map((client) => names[client]!)],
    ["---", ...clients.map(() => "---")],
    ...rows.map(({ title, values }) => [title, ...clients.map((client) => cell(values[client]))]),
  ];
  return lines.map((line) => `| ${line.join(" | ")} |`).join("\n");
}

const between = (name: string) => new RegExp(`(?<=<!-- ${name} -->\n)[^]*?(?=<!-- /${name} -->)`);

/** The table as the page has it, however a formatter has padded it. */
export function quoted({ file, name }: Part): string {
  const [text = ""] = between(name).exec(readFileSync(join(root, file), "utf8")) ?? [];
  return text.trim();
}

/** The cells of a table, without padding. */
export const cellsOf = (markdown: string): string[] =>
  markdown.split("\n").map((line) => line.replaceAll(/ *\| */g, "|").replaceAll(/-+/g, "-"));

function write(part: Part): void {
  const file = join(root, part.file);
  const text = readFileSync(file, "utf8");
  if (!between(part.name).test(text)) throw new Error(`${part.file} has no <!-- ${part.name} --> lines`);
  writeFileSync(
    file,
    text.replace(between(part.name), () => `\n${part.table}\n\n`),
  );
}

if (import.meta.main)
  for (const part of await parts())
    if (process.argv.includes("--write")) write(part);
    else process.stdout.write(`${part.file}\n\n${part.table}\n\n`);
