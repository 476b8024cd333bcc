import { once } from "node:events";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { chromium, type Page } from "playwright";
import { afterAll, beforeAll, expect, it } from "vitest";
import { createTestServer, formatEvent, type TestServer } from "../../src/testing.ts";
import { extractSnippets } from "../helpers/snippets.ts";
import { chromiumOptions } from "../setup/browsers.ts";

type RouteTo = (server: TestServer, page: Page, url: string) => Promise<() => void>;

const root = join(import.meta.dirname, "../..");
const html = `<!doctype html><p id="price"></p><p id="status"></p>
<script src="/everspring.js"></script>
<script>
  const source = everspring.createEventSource("/prices", { retry: { initialDelay: 1, jitter: 0 } });
  source.onStatus(({ state }) => (document.querySelector("#status").textContent += state + " "));
  source.onEvent(({ data }) => (document.querySelector("#price").textContent = data));
</script>`;

const site = createServer((request, response) =>
  request.url === "/everspring.js"
    ? response.end(readFileSync(join(root, "dist/everspring.global.min.js")))
    : response.writeHead(200, { "content-type": "text/html" }).end(html),
);
const recipe = join(root, "test/testing/.recipe.ts");
let origin: string;
let routeTo: RouteTo;

beforeAll(async () => {
  // The very code of the documentation.
  const [snippet] = extractSnippets(readFileSync(join(root, "docs/testing.md"), "utf8"), "").filter(
    ({ code }) => code.includes("routeTo"),
  );
  writeFileSync(recipe, snippet!.code);
  ({ routeTo } = (await import(/* @vite-ignore */ recipe)) as { routeTo: RouteTo });
  site.listen(0, "127.0.0.1");
  await once(site, "listening");
  origin = `http://127.0.0.1:${(site.address() as AddressInfo).port}`;
});
afterAll(() => {
  site.close();
  rmSync(recipe);
});

it("the Playwright recipe routes the requests of a page to a test server", async () => {
  const browser = await chromium.launch(chromiumOptions);
  try {
    const page = await browser.newPage();
    const server = createTestServer();
    const close = await routeTo(server, page, `${origin}/prices`);
    await page.goto(origin);
    const price = (text: string) => page.locator("#price", { hasText: text }).waitFor();
    server.push({ data: "101", id: 1 });
    await price("101");
    server.status(503);
    server.drop();
    server.push({ data: "102", id: 2 });
    await price("102");
    expect(server.requests.map(({ lastEventId }) => lastEventId)).toEqual(["", "1", "1"]);
    expect(await page.locator("#status").textContent()).toContain(
      "open waiting connecting waiting connecting open",
    );
    const connection = await server.connection(2);
    await page.close();
    expect(await connection.closed).toBe("client");
    close();

    const finite = await browser.newPage();
    const body = [{ data: "1" }, { data: "2" }].map((event) => formatEvent(event)).join("");
    await finite.route("**/prices", (route) => route.fulfill({ contentType: "text/event-stream", body }));
    await finite.goto(origin);
    await finite.locator("#price", { hasText: "2" }).waitFor();
  } finally {
    await browser.close();
  }
});
