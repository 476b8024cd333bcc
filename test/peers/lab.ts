import { fork, type ChildProcess } from "node:child_process";
import { readFile } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import { join } from "node:path";
import { chromium, type Browser, type BrowserContext, type Page } from "playwright";
import { atCleanUp } from "../helpers/clean-up.ts";
import { serve, type TestServer } from "../helpers/server.ts";
import { chromiumOptions, PATIENCE } from "../setup/browsers.ts";
import { bundle } from "./bundle.ts";
import { peers } from "./install.ts";

/** Where each client runs: those that are made for Node, too, there, the others in Chromium. */
export const places = {
  everspring: "node",
  native: "page",
  eventsource: "node",
  "eventsource-client": "node",
  "fetch-event-source": "page",
  "event-source-plus": "node",
  "event-source-polyfill": "page",
  "sse.js": "page",
  "reconnecting-eventsource": "page",
} as const satisfies Record<string, "node" | "page">;

export type Client = keyof typeof places;

/** What `drive.mjs` is told to do. */
export interface Plan {
  readonly options?: {
    readonly headers?: Readonly<Record<string, string>>;
    readonly method?: string;
    readonly body?: string;
    readonly lastEventId?: string;
    readonly idleTimeout?: number;
    /** Names of the events that the server sends, for clients that listen by name. */
    readonly types?: readonly string[];
    /** Follow the life of the page. */
    readonly page?: boolean;
    readonly share?: boolean;
    /** Look at each response, for clients that offer it. */
    readonly seeResponses?: boolean;
    /** No reconnecting, for clients where that is asked for. */
    readonly once?: boolean;
  };
  /** Headers that count the attempts. */
  readonly attempts?: boolean;
  /** A token that is old until it is refreshed. */
  readonly auth?: boolean;
  /** A schema for the data. */
  readonly schema?: boolean;
  /** Do these things by a fetch function around the runtime's. */
  readonly byFetch?: boolean;
  /** How much faster timers are. */
  readonly scale?: number;
  /** The data of the event at which it closes, throws, or tells when all is quiet. */
  readonly closeAt?: string;
  readonly throwAt?: string;
  readonly settleAt?: string;
  /** Never be done with the first event. */
  readonly hold?: boolean;
  /** So many streams. */
  readonly count?: number;
  /** So many streams one after the other, as `?case=0` and so on. */
  readonly cases?: number;
}

/** What the client said: an event, a delay, an error … */
export interface Told {
  readonly what:
    | "event"
    | "open"
    | "error"
    | "closed"
    | "refresh"
    | "timer"
    | "settled"
    | "unhandled"
    | "failed";
  readonly value: unknown;
}

export interface Event {
  readonly type: string;
  readonly data: unknown;
  readonly id: string;
}

/** A client at work. It ends with the block that uses it. */
export interface Play extends AsyncDisposable {
  readonly requests: readonly IncomingMessage[];
  readonly told: readonly Told[];
  readonly server: TestServer;
  values(what: Told["what"]): unknown[];
  /** Resolves when the check holds; it is looked at with each request and all that is told. */
  until(check: (play: Play) => boolean): Promise<void>;
  /** Opens another page of the same browser on the same stream. */
  another(): Promise<void>;
  /** The page is told that it is hidden, or shown again; resolves when it has dealt with it. */
  turn(hidden: boolean): Promise<void>;
}

export type Reply = (response: ServerResponse, request: IncomingMessage, n: number) => unknown;

export interface Lab extends AsyncDisposable {
  /** Starts a client on `/events` of a server of its own. */
  play(client: Client, reply: Reply, plan?: Plan, place?: "node" | "page"): Promise<Play>;
}

export function openLab(): Lab {
  let browser: Promise<Browser> | undefined;
  let context: Promise<BrowserContext> | undefined;
  return {
    async play(client, reply, plan = {}, place = places[client]) {
      const told: Told[] = [];
      const requests: IncomingMessage[] = [];
      const watchers = new Set<() => void>();
      const look = () => {
        for (const watcher of watchers) watcher();
      };
      const server = await serve(async (response, request) => {
        const { pathname } = new URL(request.url!, "http://localhost");
        if (pathname !== "/events") return answerPage(response, pathname, client, plan);
        const n = requests.push(request);
        look();
        return reply(response, request, n);
      });
      const hear = (what: Told["what"], value: unknown) => {
        told.push({ what, value });
        look();
      };
      const end: (() => unknown)[] = [];
      const dispose = async () => {
        for (const ending of end.splice(0)) await ending();
        await server[Symbol.asyncDispose]();
      };
      atCleanUp(dispose);
      const pages: Page[] = [];
      const visit = async () => {
        browser ??= chromium.launch(chromiumOptions);
        context ??= browser.then((one) => one.newContext());
        const page = await (await context).newPage();
        page.setDefaultTimeout(PATIENCE);
        pages.push(page);
        end.push(() => page.close());
        await page.exposeFunction("say", hear);
        page.on("pageerror", (error) => hear("unhandled", String(error)));
        await page.goto(new URL("/", server.url).href, { waitUntil: "commit" });
      };
      if (place === "node") {
        const child = startInNode(client, server.url, plan, hear);
        end.push(() => stop(child));
      } else {
        await visit();
      }
      const play: Play = {
        requests,
        told,
        server,
        values: (what) => told.filter((one) => one.what === what).map(({ value }) => value),
        until: (check) =>
          new Promise((resolve, reject) => {
            const watcher = () => {
              const failed = told.find(({ what }) => what === "failed");
              if (failed) reject(new Error(String(failed.value)));
              else if (!check(play)) return;
              else resolve();
              watchers.delete(watcher);
            };
            watchers.add(watcher);
            watcher();
          }),
        another: visit,
        async turn(hidden) {
          for (const page of pages)
            await page.evaluate(async (isHidden) => {
              Object.defineProperty(document, "hidden", { value: isHidden, configurable: true });
              const visibilityState = isHidden ? "hidden" : "visible";
              Object.defineProperty(document, "visibilityState", {
                value: visibilityState,
                configurable: true,
              });
              document.dispatchEvent(new Event("visibilitychange", { bubbles: true }));
              for (let i = 0; i < 5; i++) await fetch("/settle");
            }, hidden);
        },
        [Symbol.asyncDispose]: dispose,
      };
      return play;
    },
    async [Symbol.asyncDispose]() {
      await (await browser)?.close();
    },
  };
}

function startInNode(
  client: string,
  url: string,
  plan: Plan,
  hear: (what: Told["what"], value: unknown) => void,
): ChildProcess {
  const args = [client, url, JSON.stringify(plan)];
  const child = fork(join(peers, "drive-in-node.mjs"), args, { execArgv: [], stdio: "pipe" });
  let stderr = "";
  child.stderr!.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  child.on("message", ({ what, value }: Told) => hear(what, value));
  child.on("close", () => hear("failed", `${client} ended: ${stderr}`));
  return child;
}

function stop(child: ChildProcess): Promise<void> {
  child.removeAllListeners("close");
  return new Promise((resolve) => {
    child.once("close", () => resolve());
    if (child.exitCode !== null || child.signalCode !== null) resolve();
    child.kill("SIGKILL");
  });
}

const script = { "content-type": "text/javascript" };

/** What is not the stream: the page, its two scripts, and something to ask for. */
async function answerPage(response: ServerResponse, path: string, client: string, plan: Plan) {
  if (path === "/settle") return response.writeHead(204).end();
  if (path === "/drive.mjs")
    return response.writeHead(200, script).end(await readFile(join(peers, "drive.mjs")));
  if (path === "/client.js")
    return response.writeHead(200, script).end(await bundle(`export * from "./clients/${client}.mjs";`));
  if (path !== "/") return response.writeHead(404).end();
  return response.writeHead(200, { "content-type": "text/html" }).end(
    `<!doctype html><title>a</title><link rel="icon" href="data:,"><script type="module">
      import { drive } from "/drive.mjs";
      await drive(() => import("/client.js"), new URL("/events", location.href).href, ${JSON.stringify(plan)}, say)
        .catch((error) => say("failed", String(error.stack)));
    </script>`,
  );
}
