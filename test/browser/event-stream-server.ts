import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { basename, join } from "node:path";
import type { TestProject } from "vitest/node";

/** One request for a stream, as `/log` tells it. */
export interface LoggedRequest {
  method: string;
  path: string;
  host: string;
  headers: Record<string, string>;
}

/** What happened under one key. */
export interface Log {
  requests: LoggedRequest[];
  /** The headers that each preflight asked for. */
  preflights: string[];
}

declare module "vitest" {
  interface ProvidedContext {
    /** Origins of the event-stream server: the same server on two ports. */
    eventStreams: { url: string; otherUrl: string };
  }
}

/** All that belongs to one test, told apart by the `key` in the query. */
interface Lane extends Log {
  /** Steps that the test granted and no stream has used. */
  steps: number;
  open: number;
  /** Called on every change. */
  watchers: Set<() => void>;
}

type Query = URLSearchParams;
type Route = (response: ServerResponse, lane: Lane, query: Query, request: IncomingMessage) => unknown;

const dist = join(import.meta.dirname, "../../dist");
const lanes = new Map<string, Lane>();
let otherUrl = "";

/** Resolves when `condition` holds, or the response is gone. */
function until(lane: Lane, response: ServerResponse, condition: () => boolean): Promise<boolean> {
  return new Promise((resolve) => {
    const look = () => {
      const held = !response.destroyed && condition();
      if (!held && !response.destroyed) return;
      lane.watchers.delete(look);
      response.off("close", look);
      resolve(held);
    };
    lane.watchers.add(look);
    response.on("close", look);
    look();
  });
}

function changed(lane: Lane): void {
  for (const look of lane.watchers) look();
}

/** Waits until the test asks for the next event. False when the client left. */
const step = (lane: Lane, response: ServerResponse) =>
  until(lane, response, () => lane.steps > 0 && lane.steps-- > 0);

/** Begins with a comment: Firefox tells of a response when its first byte is there. */
function stream(response: ServerResponse): void {
  response.writeHead(200, { "content-type": "text/event-stream" });
  response.write(":\n");
}

/**
 * Events with the ids after `Last-Event-ID`, one for each step; `total=n`: ends after the id n; `drop=n`: breaks off when
 * asked for more than n. A step that finds the stream broken off is left to the next connection.
 */
const counter: Route = async (response, lane, query, request) => {
  stream(response);
  const resumed = request.headers["last-event-id"] ?? query.get("after");
  const drop = Number(query.get("drop") ?? Infinity);
  const total = Number(query.get("total") ?? Infinity);
  let id = Number(resumed ?? 0);
  for (let sent = 0; id < total; sent++) {
    if (!(await step(lane, response))) return undefined;
    if (sent === drop) {
      lane.steps++;
      return response.destroy();
    }
    id++;
    response.write(`event: count\nid: ${id}\ndata: ${id}\n\n`);
  }
  return response.end();
};

const streams: Record<string, Route> = {
  "/counter": counter,

  /** 503 at first. */
  "/busy"(response, lane, query, request) {
    if (lane.requests.length > 1) return counter(response, lane, query, request);
    return response.writeHead(503, { "retry-after": "7", "content-type": "text/plain" }).end("busy");
  },

  /** 401 without the token. */
  "/token"(response, lane, query, request) {
    if (request.headers.authorization === "Bearer fresh") return counter(response, lane, query, request);
    return response.writeHead(401, { "content-type": "text/plain" }).end("stale");
  },

  "/html": (response) => response.writeHead(200, { "content-type": "text/html" }).end("<h1>Log in</h1>"),

  "/empty": (response) => response.writeHead(204).end(),

  /** To the counter of the same origin, or of the other one. */
  "/redirect"(response, _lane, query) {
    const location = `${query.get("to") === "other" ? otherUrl : ""}/counter?${query}`;
    return response.writeHead(307, { location }).end();
  },

  /** The headers wait for a step. */
  async "/slow"(response, lane, query, request) {
    if (await step(lane, response)) await counter(response, lane, query, request);
  },

  /** An event stream that falls silent after its first byte. */
  "/stall": stream,

  /** An event stream without a byte. */
  "/silent"(response) {
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.flushHeaders();
  },

  /** The words of the request body, one event each, then `[DONE]`. */
  async "/echo"(response, lane, _query, request) {
    let body = "";
    for await (const chunk of request.setEncoding("utf8")) body += chunk;
    stream(response);
    for (const word of [...body.split(" "), "[DONE]"]) {
      if (!(await step(lane, response))) return;
      response.write(`data: ${word}\n\n`);
    }
    response.end();
  },

  /** One event: the request's headers. */
  "/headers"(response, _lane, _query, request) {
    stream(response);
    response.write(`data: ${JSON.stringify(request.headers)}\n\n`);
  },

  /** The given parts (base64, split by ","), one for each step. */
  async "/bytes"(response, lane, query) {
    stream(response);
    for (const part of query.get("parts")!.split(",")) {
      if (!(await step(lane, response))) return;
      response.write(Buffer.from(part, "base64"));
    }
  },
};

const controls: Record<string, Route> = {
  /** Lets the stream of the key go one step further. */
  "/next"(response, lane) {
    lane.steps++;
    changed(lane);
    response.end();
  },

  "/log": (response, { requests, preflights }) => response.end(JSON.stringify({ requests, preflights })),

  /** Answers when the key has had so many requests. */
  async "/requested"(response, lane, query) {
    await until(lane, response, () => lane.requests.length >= Number(query.get("n")));
    response.end();
  },

  /** Answers when the key has had a request and none of its responses is open. */
  async "/gone"(response, lane) {
    await until(lane, response, () => lane.requests.length > 0 && lane.open === 0);
    response.end();
  },

  /** A document of the test's own, on this origin. */
  "/file": (response, _lane, query) =>
    response.writeHead(200, { "content-type": query.get("type")! }).end(query.get("text")),
};

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { pathname, searchParams } = new URL(request.url!, "http://localhost");
  const key = searchParams.get("key") ?? "";
  const lane = lanes.get(key) ?? { requests: [], preflights: [], steps: 0, open: 0, watchers: new Set() };
  lanes.set(key, lane);
  const { origin = "*", "access-control-request-headers": asked = "" } = request.headers;
  response.setHeader("access-control-allow-origin", origin);
  response.setHeader("access-control-expose-headers", "retry-after");
  if (request.method === "OPTIONS") {
    lane.preflights.push(String(asked));
    // Max-age 0: every request that needs a preflight makes one.
    response.writeHead(204, { "access-control-allow-headers": asked, "access-control-max-age": "0" }).end();
    return;
  }
  if (pathname.startsWith("/dist/")) {
    const script = await readFile(join(dist, basename(pathname)));
    response.writeHead(200, { "content-type": "text/javascript" }).end(script);
    return;
  }
  const route = streams[pathname];
  if (route) {
    lane.open++;
    response.on("close", () => {
      lane.open--;
      changed(lane);
    });
    const { method = "", headers } = request;
    lane.requests.push({
      method,
      path: request.url!,
      host: headers.host ?? "",
      headers: headers as Record<string, string>,
    });
    changed(lane);
  }
  await (route ?? controls[pathname] ?? (() => response.writeHead(404).end()))(
    response,
    lane,
    searchParams,
    request,
  );
}

/** Starts a real event-stream server on two ports for the tests that run in a page. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const servers = [createServer(listener), createServer(listener)];
  const [url = "", other = ""] = await Promise.all(
    servers.map(async (server) => {
      server.listen(0, "127.0.0.1");
      await once(server, "listening");
      return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    }),
  );
  otherUrl = other;
  project.provide("eventStreams", { url, otherUrl });
  return async () => {
    for (const server of servers) {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    }
  };
}

function listener(request: IncomingMessage, response: ServerResponse): void {
  answer(request, response).catch((error: unknown) => response.destroy(error as Error));
}
