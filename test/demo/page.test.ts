import { chromium, type Browser, type Page } from "playwright";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { chromiumOptions } from "../setup/browsers.ts";
import { cleanUp, createHome } from "./harness.ts";

let browser: Browser;

beforeAll(async () => {
  browser = await chromium.launch(chromiumOptions);
});
afterAll(async () => {
  await browser.close();
  await cleanUp();
});

/** The page of a server of its own, with everything that it may not do written down. */
async function visit() {
  const home = await createHome();
  const server = await home.start();
  const page = await browser.newPage();
  const complaints: string[] = [];
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("console", (message) => {
    // The browser itself logs every request that fails. Here they do, on purpose.
    const isNetworkNoise = /^Failed to load resource: (net::ERR_|.* status of (401|503) )/.test(
      message.text(),
    );
    if (["error", "warning"].includes(message.type()) && !isNetworkNoise) complaints.push(message.text());
  });
  page.on("request", (request) => {
    if (new URL(request.url()).origin !== home.url) complaints.push(`foreign request: ${request.url()}`);
  });
  await page.goto(home.url);
  await inState(page, "open");
  await moreEvents(page);
  return { ...home, server, page, complaints };
}

const read = async (page: Page, id: string): Promise<number> =>
  Number((await page.locator(`#${id}`).textContent())?.replaceAll(",", ""));

const inState = (page: Page, state: string): Promise<unknown> =>
  page.waitForFunction((wanted) => document.querySelector("#state")?.textContent === wanted, state);

const logged = (page: Page, text: string): Promise<void> =>
  page.locator("#log li", { hasText: text }).first().waitFor();

async function moreEvents(page: Page, count = 3): Promise<void> {
  const goal = (await read(page, "last-id")) + count;
  await page.waitForFunction(
    (id) => Number(document.querySelector("#last-id")?.textContent?.replaceAll(",", "")) >= id,
    Number.isNaN(goal) ? count : goal,
  );
}

async function expectIntact(page: Page): Promise<void> {
  expect(await read(page, "lost")).toBe(0);
  expect(await read(page, "repeated")).toBe(0);
  // The counters could be wrong, so ask the list as well.
  const ids = (await page.locator("#rows .id").allTextContents()).map(Number).toReversed();
  expect(ids.length).toBeGreaterThan(3);
  expect(ids).toEqual(ids.map((_, index) => (ids[0] ?? 0) + index));
}

describe.concurrent("the page", { timeout: 60_000 }, () => {
  it.each([
    ["drop", "network"],
    ["unavailable", "http-status"],
    ["expire", "the server refused the token"],
    ["silence", "idle-timeout"],
  ])("recovers from the fault %s and has lost nothing", async (fault, trace) => {
    const { page, complaints } = await visit();
    await page.click(`[data-fault=${fault}]`);
    await logged(page, trace);
    await logged(page, "caught up");
    await inState(page, "open");
    await moreEvents(page);
    await expectIntact(page);
    expect(await read(page, "reconnects")).toBe(1);
    expect(await read(page, "replayed")).toBeGreaterThan(0);
    expect(complaints).toEqual([]);
  });

  it("survives a server that is killed and started again", async () => {
    const { page, complaints, server, start } = await visit();
    await server.end("SIGKILL");
    await inState(page, "waiting");
    await start();
    await inState(page, "open");
    await moreEvents(page);
    await expectIntact(page);
    expect(complaints).toEqual([]);
  });

  it("shows the status union, with a countdown, while it waits", async () => {
    const { page, server } = await visit();
    await server.end("SIGTERM");
    await logged(page, "network");
    await page.waitForFunction(() =>
      /^Next attempt in \d\.\d\ss$/.test(document.querySelector("#headline")?.textContent ?? ""),
    );
    const union = await page.locator("#union").textContent();
    expect(union).toMatch(
      /state: "waiting",\n {2}attempt: \d+,\n {2}delay: \d+,\n {2}error: EventSourceError \{ code: "network" \},/,
    );
    await page.waitForFunction(
      () => document.querySelector("#announcement")?.textContent === "Connection lost, trying again",
    );
  });

  it("closes, opens and reconnects from the keyboard", async () => {
    const { page, complaints } = await visit();
    const press = (name: string) => page.getByRole("button", { name, exact: true }).press("Enter");
    await press("Close");
    await inState(page, "closed");
    const last = await read(page, "last-id");
    await press("Open");
    await inState(page, "open");
    await moreEvents(page);
    await press("Reconnect");
    await page.waitForFunction(() => document.querySelector("#reconnects")?.textContent === "2");
    await moreEvents(page);
    expect(await read(page, "last-id")).toBeGreaterThan(last);
    await expectIntact(page);
    expect(complaints).toEqual([]);
  });

  it("fits every screen from 320 px on", async () => {
    const { page } = await visit();
    for (const width of [320, 390, 768, 1920]) {
      await page.setViewportSize({ width, height: 800 });
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width);
    }
  });
});
