import { readFileSync } from "node:fs";
import type { OutgoingHttpHeaders } from "node:http";
import { join } from "node:path";
import { chromium, type Browser } from "playwright";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { atCleanUp } from "../helpers/clean-up.ts";
import { serve, stream, type TestServer } from "../helpers/server.ts";
import { chromiumOptions, PATIENCE } from "../setup/browsers.ts";

const root = join(import.meta.dirname, "../..");
const page = readFileSync(join(root, "docs/security.md"), "utf8");
const bundle = readFileSync(join(root, "dist/everspring.global.min.js"));

/** The headers of a block of the page. */
function headersOf(name: string, origins: Readonly<Record<string, string>>): OutgoingHttpHeaders {
  const [, block] = new RegExp(`^\`\`\`http\\n(${name}[^]*?)^\`\`\``, "m").exec(page) ?? [];
  if (block === undefined) throw new Error(`docs/security.md has no block with ${name}`);
  const text = block.replaceAll(/https:\/\/\w+\.example\.com/g, (origin) => origins[origin]!);
  const lines = text.trim().split("\n");
  return Object.fromEntries(lines.map((line) => line.split(/: (.*)/).slice(0, 2) as [string, string]));
}

interface Told {
  events: string[];
  errors: { code: string; status?: number; retryAfter: string | null }[];
}

/** What the page does: it resumes, obeys a `Retry-After`, and stops at 204. */
const script = `
  const told = { events: [], errors: [] };
  const query = new URLSearchParams(location.search);
  const cache = query.get("cache") ?? undefined;
  const source = everspring.createEventSource(query.get("stream"), { cache, retry: { initialDelay: 1, maxRetries: 2 } });
  source.onEvent(({ data }) => told.events.push(data));
  source.onError(({ code, status, headers }) =>
    told.errors.push({ code, status, retryAfter: headers ? headers.get("retry-after") : null }));
  source.closed.then(() => (window.told = told));`;

describe("a page of another origin, with the headers of docs/security.md", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await chromium.launch(chromiumOptions);
  });
  afterAll(() => browser.close());

  /** A server of pages, whose streams may come from the origin of `allowed`. */
  const servePages = (allowed: () => string): Promise<TestServer> =>
    serve((response, { url }) => {
      const csp = headersOf("Content-Security-Policy", { "https://stream.example.com": allowed() });
      if (url === "/everspring.js") return response.end(bundle);
      if (url === "/page.js") return response.end(script);
      response.writeHead(200, { "content-type": "text/html", ...csp });
      return response.end(
        '<!doctype html><script src="/everspring.js"></script><script src="/page.js"></script>',
      );
    });

  const serveStream = (cors: () => OutgoingHttpHeaders): Promise<TestServer> => {
    let count = 0;
    return serve((response, { method, headers }) => {
      for (const [name, value] of Object.entries(cors())) response.setHeader(name, value!);
      if (method === "OPTIONS") return response.writeHead(204).end();
      if (headers["last-event-id"] === undefined) return stream(response, "id: 1\ndata: first\n\n").end();
      return ++count === 1
        ? response.writeHead(503, { "retry-after": "1" }).end()
        : response.writeHead(204).end();
    });
  };

  const visit = async (pages: TestServer, url: string, more: Record<string, string> = {}): Promise<Told> => {
    const tab = await browser.newPage();
    tab.setDefaultTimeout(PATIENCE);
    atCleanUp(() => tab.close());
    const query = new URLSearchParams({ stream: url, ...more });
    await tab.goto(`${new URL(pages.url).origin}/?${query.toString()}`);
    const told = await tab.waitForFunction(() => (window as unknown as { told?: Told }).told);
    return (await told.jsonValue()) as Told;
  };

  // Chromium remembers a permission only for requests that may use its cache, and ours are made with "no-store".
  test.each([
    { cache: undefined, asks: ["GET", "OPTIONS", "GET 1", "OPTIONS", "GET 1"] },
    { cache: "default", asks: ["GET", "OPTIONS", "GET 1", "GET 1"] },
  ])("resumes, asks for permission, and sees Retry-After (cache: $cache)", async ({ cache, asks }) => {
    await using pages = await servePages(() => origin);
    const app = new URL(pages.url).origin;
    const cors = headersOf("Access-Control-Allow-Origin", { "https://app.example.com": app });
    await using streams = await serveStream(() => cors);
    const origin = new URL(streams.url).origin;
    expect(await visit(pages, streams.url, cache === undefined ? {} : { cache })).toMatchObject({
      events: ["first"],
      errors: [
        { code: "stream-ended", retryAfter: null },
        { code: "http-status", status: 503, retryAfter: "1" },
        { code: "no-content", status: 204 },
      ],
    });
    expect(
      streams.requests.map(({ method, headers }) => [method, headers["last-event-id"]].join(" ").trim()),
    ).toEqual(asks);
  });

  test("works until it breaks for the first time where Last-Event-ID is not allowed", async () => {
    await using pages = await servePages(() => origin);
    const app = new URL(pages.url).origin;
    await using streams = await serveStream(() => ({ "access-control-allow-origin": app }));
    const origin = new URL(streams.url).origin;
    const { events, errors } = await visit(pages, streams.url);
    expect(events).toEqual(["first"]);
    expect(errors.map(({ code }) => code)).toEqual(["stream-ended", "network", "retries-exhausted"]);
    expect(streams.requests.filter(({ method }) => method === "GET")).toHaveLength(1);
  });

  test("gets a network error where the policy does not name the origin", async () => {
    await using pages = await servePages(() => "https://elsewhere.example");
    await using streams = await serveStream(() => ({ "access-control-allow-origin": "*" }));
    const { events, errors } = await visit(pages, streams.url);
    expect([events, errors[0]?.code]).toEqual([[], "network"]);
    expect(streams.requests).toEqual([]);
  });
});
