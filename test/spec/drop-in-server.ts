import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { basename, join } from "node:path";
import { createChannel, createSession } from "better-sse";

export interface DropInServer extends AsyncDisposable {
  readonly port: number;
}

/** The updates of the hub at `/.well-known/mercure`. */
export const updates: readonly string[] = ["urn:uuid:1", "urn:uuid:2", "urn:uuid:3"];

/** The script that defines `EventSource` before the page's own script runs. */
const classes: Readonly<Record<string, string>> = {
  native: `<script type="module">`,
  module: `<script type="module">import { EventSource } from "/dist/everspring.min.js";`,
  script: `<script src="/dist/everspring.global.min.js"></script><script type="module">const { EventSource } = everspring;`,
};

const head = { "content-type": "text/event-stream; charset=utf-8", "cache-control": "no-cache" };

type Route = (request: IncomingMessage, response: ServerResponse) => unknown;

const routes: Readonly<Record<string, Route>> = {
  /** A response in the format of OpenAI: chunks of JSON, then [DONE]. */
  "/v1/chat"(_request, response) {
    response.writeHead(200, head);
    for (const content of ["Because ", "water ", "finds its way"])
      response.write(`data: ${JSON.stringify({ choices: [{ delta: { content } }] })}\n\n`);
    response.end("data: [DONE]\n\n");
  },

  /** A hub in the manner of Mercure: two updates per connection, resuming after Last-Event-ID. */
  "/.well-known/mercure"(request, response) {
    response.writeHead(200, head);
    const missed = updates.slice(updates.indexOf(String(request.headers["last-event-id"])) + 1);
    response.write(":\n\nretry: 5\n\n");
    for (const id of missed.slice(0, 2)) response.write(`id: ${id}\ndata: {"status":"${id.at(-1)}"}\n\n`);
    response.end();
  },

  /** A hub that requires the cookie of the page. */
  "/.well-known/mercure/private"(request, response) {
    if (request.headers.cookie?.includes("mercureAuthorization=token"))
      routes["/.well-known/mercure"]!(request, response);
    else response.writeHead(401).end();
  },

  /** A channel of better-sse. */
  async "/channel"(request, response) {
    const channel = createChannel();
    channel.register(await createSession(request, response));
    channel.broadcast({ price: 101.5 }, "tick", { eventId: "7" });
  },

  /** The page, with the class that its query selects. */
  async "/page"(request, response) {
    const page = await readFile(join(import.meta.dirname, "drop-in.html"), "utf8");
    const { searchParams } = new URL(request.url!, "http://localhost");
    response.writeHead(200, {
      "content-type": "text/html",
      "set-cookie": "mercureAuthorization=token; Path=/.well-known/mercure; HttpOnly; SameSite=Strict",
    });
    response.end(page.replace(classes["native"]!, classes[searchParams.get("class")!]!));
  },
};

/** Starts servers for programs that are written for the native class. */
export async function startDropInServer(): Promise<DropInServer> {
  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => response.destroy(error as Error));
  }).listen(0);
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const path = request.url!.split("?")[0]!;
  if (path.startsWith("/dist/")) {
    const script = await readFile(join(import.meta.dirname, "../../dist", basename(path)));
    response.writeHead(200, { "content-type": "text/javascript" }).end(script);
  } else if (routes[path]) await routes[path](request, response);
  else response.writeHead(404).end();
}
