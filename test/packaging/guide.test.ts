import { readFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { chromium } from "playwright";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { freePort } from "../helpers/free-port.ts";
import { chromiumOptions } from "../setup/browsers.ts";
import { installInto, temporaryFolder } from "./consumer.ts";
import { consecutive, saveGuide, seconds } from "./guide.ts";
import { start, type Running } from "./run.ts";

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let app: string;
let port: number;
let server: Running;
let files: string[];

const node = (file: string, limit = 170_000) => start(process.execPath, [file], app, limit);

async function startServer(): Promise<void> {
  server = node("server.js", 600_000);
  while (!(await listening())) await sleep(50);
}

function listening(): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "localhost", () => resolve(true));
    socket.on("connect", () => socket.destroy()).on("error", () => resolve(false));
  });
}

const stopServer = () => server[Symbol.asyncDispose]();

beforeAll(async () => {
  folder = await temporaryFolder();
  await installInto(folder.path);
  app = join(folder.path, "app");
  port = await freePort();
  files = await saveGuide(app, port);
  await startServer();
});
afterAll(async () => {
  await stopServer();
  await folder[Symbol.asyncDispose]();
});

describe("whoever does what docs/guide.md says, in an empty folder with the packed package", () => {
  test("has saved its files", () => {
    expect(files).toEqual(["server.js", "client.js", "loop.js", "index.html", "auth.js", "resume.js"]);
  });

  test("subscribes, and has every second also when the server was away", async () => {
    await using client = node("client.js");
    await client.printed((output) => seconds(output).length > 1);
    await stopServer();
    let output = "";
    await client.printed((text) => (output = text).includes("waiting"));
    const before = seconds(output).length;
    await startServer();
    let ids: number[] = [];
    await client.printed((output) => (ids = seconds(output)).length > before + 1);
    expect(consecutive(ids)).toBe(true);
  });

  test("leaves a loop, which ends the process", async () => {
    const { code, stdout } = await node("loop.js").finished;
    expect(code).toBe(0);
    expect(stdout.match(/^tick \{ price: \d+ \}$/gm)).toHaveLength(3);
  });

  test("authenticates, and gets a new token when the old one has expired, with no second missing", async () => {
    await using client = node("auth.js");
    let output = "";
    await client.printed((text) => (output = text).split("a new token").length > 2);
    const before = seconds(output).length;
    await client.printed((text) => seconds((output = text)).length > before);
    expect(consecutive(seconds(output))).toBe(true);
    expect(output).toMatch(/^stream-ended again in \d+ ms$/m);
  });

  test("resumes after a restart of the client", async () => {
    const first = node("resume.js");
    await first.printed((output) => seconds(output).length > 1);
    await first[Symbol.asyncDispose]();
    const stored = Number(readFileSync(join(app, "ticks.txt"), "utf8"));
    await using second = node("resume.js");
    let ids: number[] = [];
    await second.printed((output) => (ids = seconds(output)).length > 1);
    expect(ids[0]).toBe(stored + 1);
    expect(consecutive(ids)).toBe(true);
  });

  test("sees the same in a page", async () => {
    const browser = await chromium.launch(chromiumOptions);
    try {
      const page = await browser.newPage();
      const lines = page.locator("li");
      await page.goto(`http://localhost:${port}/`);
      await lines.nth(1).waitFor();
      await stopServer();
      await page.getByText("waiting").waitFor();
      const before = await lines.count();
      await startServer();
      await lines.nth(before + 1).waitFor();
      expect(consecutive(seconds((await lines.allTextContents()).join("\n")))).toBe(true);
    } finally {
      await browser.close();
    }
  });
});
