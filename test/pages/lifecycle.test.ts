// In a real browser, which moves pages into its back/forward cache, freezes them there, and takes them offline.
import { chromium, type Browser, type Page } from "playwright";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { atCleanUp } from "../helpers/clean-up.ts";
import { chromiumOptions, PATIENCE } from "../setup/browsers.ts";
import { serveLog } from "./log-server.ts";

let browser: Browser;
beforeAll(async () => {
  browser = await chromium.launch({
    ...chromiumOptions,
    ignoreDefaultArgs: ["--disable-back-forward-cache"],
  });
});
afterAll(() => browser.close());

const document = `<!doctype html><title>a</title><script type="module">
  import { createEventSource } from "/dist/everspring.min.js";
  import { followPage } from "/dist/lifecycle.js";
  window.ids = [];
  window.states = [];
  window.shows = [];
  addEventListener("pageshow", ({ persisted }) => shows.push(persisted));
  const source = createEventSource("/events", { retry: { initialDelay: 10, jitter: 0 } });
  source.onEvent(({ data }) => ids.push(Number(data)));
  source.onStatus(({ state, reason }) => states.push(reason ? state + " " + reason : state));
  followPage(source);
</script>`;

declare global {
  interface Window {
    ids: number[];
    states: string[];
    shows: boolean[];
  }
}

const received = (page: Page, count: number): Promise<unknown> =>
  page.waitForFunction((n) => window.ids.length >= n, count);
const state = (page: Page, wanted: string): Promise<unknown> =>
  page.waitForFunction((text) => window.states.at(-1) === text, wanted);

async function visit() {
  const server = await serveLog(document);
  const context = await browser.newContext();
  context.setDefaultTimeout(PATIENCE);
  atCleanUp(() => context.close());
  const page = await context.newPage();
  await page.goto(`${server.origin}/`);
  await state(page, "open");
  server.push();
  await received(page, 1);
  return { server, context, page };
}

describe("followPage in Chromium", () => {
  it("loses and repeats no event when the page enters and leaves the back/forward cache", async () => {
    const { server, page } = await visit();
    await page.goto(`${server.origin}/elsewhere`);
    await server.until(() => server.streams.open === 0);
    server.push();
    server.push();
    // A page that is restored from the cache has no load event.
    await page.goBack({ waitUntil: "commit" });
    await received(page, 3);
    expect(await page.evaluate(() => [window.ids, window.shows])).toEqual([
      [1, 2, 3],
      [false, true],
    ]);
    expect(await page.evaluate(() => window.states)).toEqual([
      "open",
      "paused pagehide",
      "connecting",
      "open",
    ]);
    expect(server.streams).toEqual({ open: 1, most: 1, total: 2 });
  });

  it("retries at once when the network returns", async () => {
    const { server, page, context } = await visit();
    await context.setOffline(true);
    for (const socket of server.sockets) socket.resetAndDestroy();
    await state(page, "paused offline");
    server.push();
    await context.setOffline(false);
    await received(page, 2);
    expect(await page.evaluate(() => [window.ids, window.states])).toEqual([
      [1, 2],
      ["open", "paused offline", "connecting", "open"],
    ]);
    expect(server.streams).toEqual({ open: 1, most: 1, total: 2 });
  });
});
