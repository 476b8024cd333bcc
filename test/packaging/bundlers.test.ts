import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { brotliCompressSync } from "node:zlib";
import type { Browser } from "playwright";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { consumers, installConsumers, installLimit, programOf } from "../consumers/install.ts";
import { gates, measure, notInReadEvents } from "../house/sizes.ts";
import { installRuntimes, runtimes } from "../runtimes/install.ts";
import { installInto, root, temporaryFolder } from "./consumer.ts";
import { launchChromium, visit } from "./page.ts";
import { readQuickstart, rows, ticks, unattended } from "./quickstart.ts";
import { run } from "./run.ts";
import { allResumed, allTicks, sendAllTicks, startTickServer } from "./tick-server.ts";

const node = process.execPath;
const rollup = join(root, "node_modules/.bin/rollup");
const config = (name: string) => ["--config", join(consumers, `${name}.config.js`)];
const parcelOptions = ["--dist-dir=bundles/parcel", "--no-cache", "--no-source-maps", "--log-level=warn"];

/** How each bundles an entry of the app into `bundles/NAME/ENTRY.js`, minified, and otherwise as it does by itself. */
const bundlers: Record<string, (entry: string) => [command: string, ...args: string[]]> = {
  vite: (entry) => [node, programOf("vite"), "build", ...config("vite"), "--mode", entry],
  webpack: (entry) => [node, programOf("webpack"), ...config("webpack"), "--env", `entry=${entry}`],
  esbuild: (entry) => [
    programOf("esbuild"),
    `${entry}.js`,
    "--bundle",
    "--minify",
    "--outdir=bundles/esbuild",
  ],
  rollup: (entry) => [node, rollup, ...config("rollup"), "--silent", "--environment", `ENTRY:${entry}`],
  parcel: (entry) => [node, programOf("parcel"), "build", `${entry}.js`, ...parcelOptions],
  bun: (entry) => [runtimes.bun, "build", `./${entry}.js`, "--minify", "--outdir=bundles/bun"],
};

/** A bundle with `readEvents` alone may be so much larger than what sizes.ts measures, compressed by brotli. */
const TOLERANCE = 1.15;

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let app: string;
let browser: Browser;
let measured: number;

beforeAll(async () => {
  folder = await temporaryFolder();
  app = join(folder.path, "app");
  [browser] = await Promise.all([
    launchChromium(),
    installInto(folder.path),
    installConsumers(),
    installRuntimes(),
  ]);
  await writeFile(join(app, "ticks.js"), unattended(await readQuickstart(), "http://origin.example", 7));
  measured = (await measure(gates.find((gate) => gate.name === "`readEvents`")!)).brotli;
  await writeFile(
    join(app, "read.js"),
    `import { readEvents } from "everspring";\nglobalThis.readEvents = readEvents;\n`,
  );
}, installLimit);
afterAll(async () => {
  await browser.close();
  await folder[Symbol.asyncDispose]();
});

async function bundle(name: string, entry: string): Promise<string> {
  const [command, ...args] = bundlers[name]!(entry);
  await run(command, args, app);
  return readFile(join(app, "bundles", name, `${entry}.js`), "utf8");
}

describe.each(Object.keys(bundlers))("bundled by %s", (name) => {
  test("README's first example gets every event once, in order, over two drops, in a page", async () => {
    const code = await bundle(name, "ticks");
    const html = `<!doctype html><script type="module" src="/ticks.js"></script>`;
    const files = {
      "/": { body: html, headers: { "content-type": "text/html" } },
      "/ticks.js": { body: code, headers: { "content-type": "text/javascript" } },
    };
    await using server = await startTickServer(files);
    files["/ticks.js"].body = code.replaceAll("http://origin.example", server.origin);

    await using page = await visit(browser, server.origin);
    const arrived = () => ticks(rows(page.lines.join("\n")));
    const last = (id: number) => page.printed(() => arrived().at(-1)?.[0] === String(id));
    await sendAllTicks(server, last);
    await last(7);
    await page.printed((lines) => rows(lines.join("\n")).some(([state]) => state === "closed"));

    expect(arrived()).toEqual(allTicks);
    expect(server.lastEventIds).toEqual(allResumed);
    expect(page.thrown).toEqual([]);
  });

  test(`readEvents alone works and has at most ${TOLERANCE} times its size: the rest is shaken off`, async () => {
    const code = await bundle(name, "read");
    const response = `new Response("data: 1\\n\\ndata: 2\\n\\n", { headers: { "content-type": "text/event-stream" } })`;
    await writeFile(
      join(app, "reads.js"),
      `import "./bundles/${name}/read.js";
for await (const { data } of readEvents(${response})) console.log(data);
`,
    );
    expect(await run(node, ["reads.js"], app)).toEqual({ code: 0, stdout: "1\n2\n", stderr: "" });
    expect(notInReadEvents.filter((text) => code.includes(text))).toEqual([]);
    expect(brotliCompressSync(code).length / measured).toBeLessThanOrEqual(TOLERANCE);
  });
});
