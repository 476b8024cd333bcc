// The sizes that users pay, measured the way a bundler would ship them.
// `node test/house/sizes.ts` prints them, with `--write` it also rewrites the table in README.md.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, gzipSync } from "node:zlib";
import { nodeResolve } from "@rollup/plugin-node-resolve";
import terserPlugin from "@rollup/plugin-terser";
import { build as esbuild } from "esbuild";
import { rollup } from "rollup";

export interface Gate {
  /** As README calls it. */
  readonly name: string;
  /** Source of a module that imports it, or a file of dist. */
  readonly entry: { readonly code: string } | { readonly file: string };
  /** Most bytes, minified and compressed by brotli. */
  readonly limit: number;
  /** What is there anyway: only what comes on top is counted. */
  readonly over?: { readonly code: string } | undefined;
  /** Packages that the app has anyway and that are not counted. With "everspring" that is the main entry and all of core. */
  readonly beside?: readonly string[];
  /** What the design aims at; docs/decisions/sizes.md says why some limits are higher. */
  readonly aim: number;
}

export interface Size {
  readonly name: string;
  readonly brotli: number;
  readonly gzip: number;
  /** Compressed by brotli too, but minified by esbuild, as many bundlers do; `undefined` for a file that is minified already. */
  readonly esbuild: number | undefined;
}

export const gates: readonly Gate[] = [
  {
    name: "`readEvents`",
    entry: { code: 'export { readEvents } from "everspring";' },
    limit: 4760,
    aim: 2300,
  },
  {
    name: "`createEventSource`",
    entry: { code: 'export { createEventSource } from "everspring";' },
    limit: 8310,
    aim: 4000,
  },
  {
    name: "main entry without the class",
    entry: {
      code: 'export { createEventSource, fetchEvents, readEvents, json, schema, schemas, bearer, EventSourceError } from "everspring";',
    },
    limit: 7700,
    aim: 7100,
  },
  { name: "everything", entry: { code: 'export * from "everspring";' }, limit: 11_520, aim: 8600 },
  {
    name: "`everspring/eventsource`",
    entry: { code: 'export { EventSource } from "everspring/eventsource";' },
    limit: 5700,
    aim: 5700,
  },
  ...[
    { name: "lifecycle", limit: 600, aim: 600 },
    { name: "resume", limit: 400, aim: 400 },
    { name: "debug", limit: 1550, aim: 1300 },
    { name: "react", limit: 1000, aim: 1000 },
    { name: "vue", limit: 1000, aim: 1000 },
    { name: "svelte", limit: 1000, aim: 1000 },
  ].map(({ name, limit, aim }) => ({
    name: `\`everspring/${name}\` beside the main entry`,
    entry: { code: `export * from "everspring/${name}";` },
    beside: [name, "everspring"],
    limit,
    aim,
  })),
  {
    name: "`everspring/testing`",
    entry: { code: 'export * from "everspring/testing";' },
    limit: 2200,
    aim: 2200,
  },
  {
    name: "`everspring/shared` added to everything",
    entry: { code: 'export * from "everspring"; export * from "everspring/shared";' },
    over: { code: 'export * from "everspring";' },
    limit: 3110,
    aim: 1200,
  },
  { name: "script tag", entry: { file: "dist/everspring.global.min.js" }, limit: 10_360, aim: 7500 },
];

/** What only other exports bring along, as it stands in any minified code. */
export const notInReadEvents: readonly string[] = [
  "retries-exhausted",
  "last-event-id",
  "retry-after",
  "Bearer",
  "~standard",
  "JSON.parse",
];

// Its types say CommonJS, it is none.
const terser = terserPlugin as unknown as typeof terserPlugin.default;
const root = join(import.meta.dirname, "../..");
const readme = join(root, "README.md");
const table = /(?<=<!-- sizes -->\n)[^]*?(?=<!-- \/sizes -->)/;

/** Bundles a module that lies in the root of this project, so that "everspring" is the built package itself. */
async function bundle(code: string, beside: readonly string[]): Promise<string> {
  const input = join(root, "virtual-entry.js");
  const virtual = {
    name: "virtual-entry",
    resolveId: (id: string) => (id === input ? id : null),
    load: (id: string) => (id === input ? code : null),
  };
  const build = await rollup({
    input,
    plugins: [virtual, nodeResolve()],
    external: (id, importer) =>
      beside.includes(id) ||
      (beside.includes("everspring") && importer !== input && /\/(index|core\/[^/]+)\.js$/.test(id)),
    onwarn(warning) {
      if (warning.code !== "EMPTY_BUNDLE") throw new Error(warning.message);
    },
  });
  const { output } = await build.generate({
    format: "es",
    plugins: [terser({ ecma: 2020, module: true })],
  });
  await build.close();
  // The app's bundler has both modules and writes no import between them.
  return output[0].code.replaceAll(/import\{[^}]*\}from"[^"]*";/g, "");
}

/** The minified code of an entry. */
export function minified({ entry, beside = [] }: Gate): Promise<string> {
  return "code" in entry
    ? bundle(entry.code, beside)
    : Promise.resolve(readFileSync(join(root, entry.file), "utf8"));
}

/** The same by esbuild. */
async function minifiedByEsbuild(code: string, beside: readonly string[]): Promise<string> {
  const isBeside = /^everspring$|\/(index|core\/[^/]+)\.js$/;
  const { outputFiles } = await esbuild({
    stdin: { contents: code, resolveDir: root },
    bundle: true,
    minify: true,
    format: "esm",
    target: "es2022",
    write: false,
    logLevel: "silent",
    external: beside.filter((name) => name !== "everspring"),
    plugins: [
      {
        name: "beside",
        setup({ onResolve }) {
          if (!beside.includes("everspring")) return;
          onResolve({ filter: isBeside }, ({ path, importer }) =>
            importer.includes("/dist/") ? { path, external: true } : undefined,
          );
        },
      },
    ],
  });
  return outputFiles[0]!.text.replaceAll(/import\{[^}]*\}from"[^"]*";/g, "");
}

export async function measure(gate: Gate): Promise<Size> {
  const bytes = Buffer.from(await minified(gate));
  const under = gate.over && (await measure({ ...gate, entry: gate.over, over: undefined }));
  const { entry, beside = [] } = gate;
  const others =
    "code" in entry
      ? brotliCompressSync(Buffer.from(await minifiedByEsbuild(entry.code, beside))).length
      : undefined;
  return {
    name: gate.name,
    brotli: brotliCompressSync(bytes).length - (under?.brotli ?? 0),
    gzip: gzipSync(bytes, { level: 9 }).length - (under?.gzip ?? 0),
    esbuild: others && others - (under?.esbuild ?? 0),
  };
}

/** The table of README. 1 kB is 1000 bytes. */
export function toTable(sizes: readonly Size[]): string {
  const kB = (bytes: number | undefined) => (bytes ? `${(bytes / 1000).toFixed(1)} kB` : "–");
  const rows = [
    ["import", "brotli", "gzip", "brotli (esbuild)"],
    ...sizes.map(({ name, brotli, gzip, esbuild }) => [name, kB(brotli), kB(gzip), kB(esbuild)]),
  ];
  const widths = [0, 1, 2, 3].map((column) => Math.max(...rows.map((row) => row[column]!.length)));
  const [head, ...body] = rows.map(
    (row) => `| ${row.map((cell, column) => cell.padEnd(widths[column]!)).join(" | ")} |`,
  );
  const rule = `| ${widths.map((width) => "-".repeat(width)).join(" | ")} |`;
  return [head, rule, ...body].join("\n");
}

/** The table as README quotes it, without blank lines around it. */
export function quotedTable(): string {
  return table.exec(readFileSync(readme, "utf8"))?.[0].trim() ?? "";
}

async function main(): Promise<void> {
  const sizes: Size[] = [];
  for (const gate of gates) {
    const size = await measure(gate);
    sizes.push(size);
    const verdict = size.brotli <= gate.limit ? "ok" : `${size.brotli - gate.limit} too many`;
    process.stdout.write(
      `${size.name}: ${size.brotli} brotli of ${gate.limit} (${verdict}), ${size.gzip} gzip, ${size.esbuild ?? "–"} with esbuild\n`,
    );
  }
  if (!process.argv.includes("--write")) return;
  const text = readFileSync(readme, "utf8");
  if (!table.test(text)) throw new Error("README.md has no <!-- sizes --> and <!-- /sizes --> lines");
  writeFileSync(
    readme,
    text.replace(table, () => `\n${toTable(sizes)}\n\n`),
  );
}

if (import.meta.main) await main();
