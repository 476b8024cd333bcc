// A page is reloaded again and again while events arrive. Only the storage of the browser survives.
import { chromium, type Browser } from "playwright";
import { afterAll, beforeAll, expect, it } from "vitest";
import { atCleanUp } from "../helpers/clean-up.ts";
import { chromiumOptions, PATIENCE } from "../setup/browsers.ts";
import { serveLog } from "./log-server.ts";

let browser: Browser;
beforeAll(async () => {
  browser = await chromium.launch(chromiumOptions);
});
afterAll(() => browser.close());

const document = `<!doctype html><title>a</title><script type="module">
  import { createEventSource } from "/dist/everspring.min.js";
  import { rememberLastEventId } from "/dist/resume.js";
  const source = createEventSource("/events", { retry: { initialDelay: 10, jitter: 0 } });
  source.onEvent(({ data }) => {
    sessionStorage.ids = (sessionStorage.ids ?? "") + data + " ";
  });
  rememberLastEventId(source, { key: "id" });
</script>`;

it("rememberLastEventId loses and repeats no event over reloads, and each load makes one request", async () => {
  const server = await serveLog(document);
  const page = await browser.newPage();
  page.setDefaultTimeout(PATIENCE);
  atCleanUp(() => page.close());
  const expected: string[] = [];
  for (let load = 1; load <= 5; load++) {
    await (load === 1 ? page.goto(`${server.origin}/`) : page.reload());
    for (let i = 0; i < 3; i++) {
      server.push();
      expected.push(`${expected.length + 1}`);
    }
    await page.waitForFunction((ids) => sessionStorage["ids"]?.trim() === ids, expected.join(" "));
    // An event while no page is open.
    await page.goto("about:blank");
    await server.until(() => server.streams.open === 0);
    server.push();
    expected.push(`${expected.length + 1}`);
    await page.goto(`${server.origin}/`);
    await page.waitForFunction((ids) => sessionStorage["ids"]?.trim() === ids, expected.join(" "));
  }
  expect(server.streams).toEqual({ open: 1, most: 1, total: 10 });
});
