// Runs the snippets of docs/migrate: both sides against the same server.
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import type { ServerResponse } from "node:http";
import { stripTypeScriptTypes } from "node:module";
import { join } from "node:path";
import { chromium, type Browser, type BrowserContext } from "playwright";
import { atCleanUp } from "../helpers/clean-up.ts";
import { createProgress } from "../helpers/progress.ts";
import { roundTrips } from "../helpers/turns.ts";
import { chromiumOptions, PATIENCE } from "../setup/browsers.ts";
import { packageForPages, root } from "./bundle.ts";
import { serveGuide, type GuideServer } from "./guide-server.ts";
import { peers } from "./install.ts";

/** A block after `<!-- migrate: name before -->` or `<!-- migrate: name after -->`. A pair may have several of the latter. */
export interface Block {
  readonly place: string;
  readonly pair: string;
  readonly side: "before" | "after";
  readonly language: "js" | "ts";
  readonly code: string;
}

const marked = /<!-- migrate: ([\w-]+) (before|after) -->\s*```(js|ts)\n([^]*?)```/g;

export function blocksOf(file: string): Block[] {
  const text = readFileSync(join(root, file), "utf8");
  return [...text.matchAll(marked)].map(({ index, 1: pair, 2: side, 3: language, 4: code }) => ({
    place: `${file}:${text.slice(0, index).split("\n").length}`,
    pair: pair!,
    side: side as Block["side"],
    language: language as Block["language"],
    code: code!,
  }));
}

/** How many js and ts blocks a page has, marked or not. */
export const countBlocks = (file: string): number =>
  readFileSync(join(root, file), "utf8").match(/^```(js|ts)$/gm)?.length ?? 0;

const runnable = ({ language, code }: Block) => (language === "ts" ? stripTypeScriptTypes(code) : code);

/** What a block did. */
export interface Outcome {
  readonly printed: readonly string[];
  readonly asked: readonly string[];
  /** What went wrong and nobody caught. */
  readonly errors: readonly string[];
}

export interface Runner extends AsyncDisposable {
  /** Runs a block in a page, until it has printed so many lines and let go of its streams. */
  inPage(block: Block, lines: number): Promise<Outcome>;
  /** Runs a block in Node, to its end; with something that keeps the process alive until the block has let go of its streams. */
  inNode(block: Block, isKeptAlive?: boolean): Promise<Outcome>;
}

export function openRunner(): Runner {
  let browser: Promise<Browser> | undefined;
  let context: Promise<BrowserContext> | undefined;
  // In the repository, so that "everspring" is the built package itself; beside it the peers.
  const folder = mkdtempSync(join(root, "test/.migrate-"));
  writeFileSync(join(folder, ".gitignore"), "*\n");
  symlinkSync(join(peers, "node_modules"), join(folder, "node_modules"));
  let count = 0;
  return {
    async inPage(block, lines) {
      const code = runnable(block);
      const log = watchedLog();
      const errors: string[] = [];
      await using server = await serveGuide(log.printed, (response, path) =>
        serveAsset(response, path, code),
      );
      browser ??= chromium.launch(chromiumOptions);
      context ??= browser.then((one) => one.newContext());
      const page = await (await context).newPage();
      atCleanUp(() => page.close());
      page.setDefaultTimeout(PATIENCE);
      page.on("console", (message) => message.type() === "log" && log.add(message.text()));
      page.on("pageerror", (error) => errors.push(String(error)));
      await page.goto(server.origin);
      await log.until((printed) => printed.length >= lines || errors.length > 0);
      await closed(server);
      // What else is on its way comes before the answer.
      await page.evaluate(() => fetch("/page").then((response) => response.text()));
      await page.close();
      return { printed: log.lines, asked: server.asked, errors };
    },
    async inNode(block, isKeptAlive = false) {
      const code = runnable(block);
      const log = watchedLog();
      await using server = await serveGuide(log.printed, () => Promise.resolve(false));
      const file = join(folder, `${++count}.mjs`);
      writeFileSync(file, code.replaceAll("https://example.com", server.origin));
      const flags = isKeptAlive ? ["--import", keepAlive] : [];
      const child = spawn(process.execPath, ["--no-warnings", ...flags, file], { timeout: 60_000 });
      atCleanUp(() => child.kill("SIGKILL"));
      if (isKeptAlive) void server.left.then(() => child.kill());
      let text = "";
      let stderr = "";
      child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
        text += chunk;
        const ended = text.split("\n");
        text = ended.pop()!;
        for (const line of ended) log.add(line);
      });
      child.stderr.setEncoding("utf8").on("data", (chunk: string) => (stderr += chunk));
      const status = await new Promise<number | null>((resolve) => child.once("close", resolve));
      const isEnded = isKeptAlive ? child.signalCode === "SIGTERM" : status === 0;
      return {
        printed: log.lines,
        asked: server.asked,
        errors: isEnded ? [] : [`ended with ${status}: ${stderr}`],
      };
    },
    async [Symbol.asyncDispose]() {
      rmSync(folder, { recursive: true });
      await (await browser)?.close();
    },
  };
}

const keepAlive = "data:text/javascript,setInterval(() => {}, 1e6)";

async function closed({ streams }: GuideServer): Promise<void> {
  while (streams.size > 0) await roundTrips(1);
}

/** Lines, and promises of what they hold. */
function watchedLog() {
  const lines: string[] = [];
  const progress = createProgress();
  const until = (check: (lines: readonly string[]) => boolean) => progress.until(() => check(lines));
  return {
    lines,
    until,
    add(line: string) {
      lines.push(line);
      progress.made();
    },
    printed: (text: string) => until((now) => now.some((line) => line.includes(text))),
  };
}

const entries = ["everspring", "everspring/eventsource", "everspring/lifecycle"];
const packages = [
  ...entries,
  "@microsoft/fetch-event-source",
  "event-source-polyfill",
  "sse.js",
  "reconnecting-eventsource",
];

/** The page with the block in it, and the packages that its import map names. */
async function serveAsset(response: ServerResponse, path: string, code: string): Promise<boolean> {
  const name = packages.find((one) => path === `/packages/${one}.js`);
  if (name) {
    const script = await packageForPages(name);
    response.writeHead(200, { "content-type": "text/javascript" }).end(script);
    return true;
  }
  if (path !== "/" && path !== "/page") return false;
  const imports = Object.fromEntries(packages.map((one) => [one, `/packages/${one}.js`]));
  response.writeHead(200, { "content-type": "text/html" }).end(
    `<!doctype html><title>a</title><link rel="icon" href="data:,">
<script type="importmap">${JSON.stringify({ imports })}</script>
<script type="module">${code.replaceAll("https://example.com", "")}</script>`,
  );
  return true;
}
