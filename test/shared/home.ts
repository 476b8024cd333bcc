// A server that serves pages and one event stream to them, and the pages of a real browser.
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { atCleanUp } from "../helpers/clean-up.ts";
import { deferred } from "../helpers/deferred.ts";
import { createProgress } from "../helpers/progress.ts";
import type { BrowserContext, Page } from "playwright";
import type { SharedEventSource } from "../../src/shared.ts";

const root = join(import.meta.dirname, "../..");

/** What the tests reach in a page. */
export interface Globals {
  createSharedEventSource: typeof import("../../src/shared.ts").createSharedEventSource;
  createEventSource: typeof import("../../src/index.ts").createEventSource;
  source: SharedEventSource;
  /** The IDs of the events, in the order in which they came. */
  ids: number[];
  states: string[];
}

const html = `<!doctype html>
<title>everspring</title>
<script type="importmap">{ "imports": {
  "everspring": "/dist/index.js", "everspring/shared": "/dist/shared.js", "eventsource-parser": "/parser/index.js"
} }</script>
<script type="module">
  import { createEventSource } from "everspring";
  import { createSharedEventSource } from "everspring/shared";
  Object.assign(globalThis, { createEventSource, createSharedEventSource });
</script>`;

const folders: Record<string, string> = { dist: "dist", parser: "node_modules/eventsource-parser/dist" };

/** A request for the stream. */
export interface StreamRequest {
  /** The page that made it. */
  readonly page: string;
  readonly lastEventId: number;
}

export interface Home {
  readonly url: string;
  /** Requests for the stream, in order. */
  readonly requests: readonly StreamRequest[];
  /** Open responses of the stream. */
  readonly open: () => number;
  /**
   * What was asked for while a page that was there had a connection, each with all that were open then. The server hears of
   * the end of a page when the next one leads.
   */
  readonly overlaps: readonly string[];
  /** A page is about to go away. */
  readonly farewell: (page: string) => void;
  /** The page whose connection is open. */
  readonly leader: () => string | undefined;
  /** The last event so far. */
  readonly last: () => number;
  /** Adds events, and sends them. */
  readonly send: (count: number) => void;
  /** Ends all open responses. */
  readonly drop: () => void;
  /** Has a page wait for `free`, doing nothing else, once it has asked for `/hold`. */
  readonly hold: (page: Page) => Promise<void>;
  readonly free: () => void;
  /** How often `/ping` was asked. */
  readonly pings: () => number;
  /** Answers `/forbidden`. */
  readonly refuse: () => void;
  /** How often it was asked. */
  readonly refusals: () => number;
  /** Resolves when a condition holds, which is looked at whenever something happens here. */
  readonly until: (condition: () => boolean) => Promise<void>;
}

/** Its stream has the events 1, 2, 3 …, and replays those after `Last-Event-ID`. Closed with the test. */
export async function openHome(): Promise<Home> {
  const requests: StreamRequest[] = [];
  const streams = new Map<ServerResponse, StreamRequest>();
  const progress = createProgress();
  let last = 0;
  let pings = 0;
  let refusals = 0;
  const refused = deferred();
  const freed = deferred();
  let isHeld = false;
  const gone = new Set<string>();
  const overlaps: string[] = [];
  const text = (id: number) => `id: ${id}\ndata: ${id}\n\n`;

  async function answer({ url = "/", headers }: IncomingMessage, response: ServerResponse): Promise<unknown> {
    const { pathname } = new URL(url, "http://localhost");
    const [, folder = "", ...path] = pathname.split("/");
    const file = path.join("/");
    if (folders[folder]) {
      const code = await readFile(join(root, folders[folder], file));
      return response.writeHead(200, { "content-type": "text/javascript" }).end(code);
    }
    if (pathname === "/ping") {
      pings++;
      progress.made();
      return response.end("pong");
    }
    if (pathname === "/hold") {
      isHeld = true;
      progress.made();
      await freed.promise;
      return response.end();
    }
    if (pathname === "/forbidden") {
      refusals++;
      await refused.promise;
      return response.writeHead(403, { "content-type": "text/plain" }).end("no");
    }
    if (pathname !== "/events") return response.writeHead(200, { "content-type": "text/html" }).end(html);
    const lastEventId = Number(headers["last-event-id"] ?? 0);
    const page = String(headers["x-page"]);
    const request = { page, lastEventId };
    requests.push(request);
    streams.set(response, request);
    const there = [...streams.values()].filter((it) => !gone.has(it.page));
    if (there.length > 1) overlaps.push(there.map((it) => `${it.page} from ${it.lastEventId}`).join(", "));
    response.on("close", () => {
      streams.delete(response);
      progress.made();
    });
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write("retry: 10\n\n");
    for (let id = lastEventId + 1; id <= last; id++) response.write(text(id));
    progress.made();
    return undefined;
  }

  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => response.destroy(error as Error));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  atCleanUp(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, "close");
  });
  const { until } = progress;
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    open: () => streams.size,
    overlaps,
    farewell: (page) => void gone.add(page),
    leader: () => [...streams.values()].at(-1)?.page,
    last: () => last,
    pings: () => pings,
    refuse: refused.resolve,
    refusals: () => refusals,
    send(count) {
      for (let i = 0; i < count; i++) {
        last++;
        for (const response of streams.keys()) response.write(text(last));
      }
      progress.made();
    },
    drop() {
      for (const response of streams.keys()) response.end();
    },
    async hold(page) {
      await page.evaluate(() => {
        setTimeout(() => {
          const request = new XMLHttpRequest();
          request.open("GET", "/hold", false);
          request.send();
        });
      });
      await until(() => isHeld);
    },
    free: () => freed.resolve(),
    until,
  };
}

let pages = 0;

/** A page, and its name. */
export interface Visit {
  readonly page: Page;
  readonly name: string;
}

export async function visit(context: BrowserContext, home: Home): Promise<Visit> {
  const page = await context.newPage();
  await load(page, home);
  return { page, name: `page ${++pages}` };
}

export async function load(page: Page, home: Home): Promise<void> {
  await page.goto(`${home.url}/page`);
  await page.waitForFunction(() => "createSharedEventSource" in globalThis);
}

/** Has a page follow the shared stream from its start, by `onEvent`. Resolves when its connection is open. */
export async function follow({ page, name }: Visit, options: { replay?: number } = {}): Promise<void> {
  await page.evaluate(
    ([from, given]) => {
      const global = globalThis as unknown as Globals;
      global.ids = [];
      global.states = [];
      global.source = global.createSharedEventSource<Record<string, string>>("/events", {
        identity: "somebody",
        headers: () => ({ "x-page": from }),
        ...given,
      });
      global.source.onStatus(({ state }) => global.states.push(state));
      global.source.onEvent(({ lastEventId }) => void global.ids.push(Number(lastEventId)));
    },
    [name, options] as const,
  );
  await page.waitForFunction(() => (globalThis as unknown as Globals).source.status.state === "open");
}

/** Resolves with what a page got, when it has got the event `last`. */
export async function idsUntil({ page }: Visit, last: number): Promise<number[]> {
  await page.waitForFunction((wanted) => (globalThis as unknown as Globals).ids.includes(wanted), last);
  return page.evaluate(() => (globalThis as unknown as Globals).ids);
}

/** 1 … `last`. */
export const upTo = (last: number): number[] => Array.from({ length: last }, (_, index) => index + 1);
