import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import type { Answer, LoggedRequest } from "./lane.ts";

/** The answers and requests of one test. */
interface Lane {
  answers: Answer[];
  requests: LoggedRequest[];
  preflights: number;
  open: Set<ServerResponse>;
  closed: number;
  watchers: Set<() => void>;
}

export interface SpecServer extends AsyncDisposable {
  readonly port: number;
}

/** Time between the parts of an answer, in ms, so that most of them arrive in chunks of their own. No test relies on it. */
const GAP = 3;

/** Starts the server of the suite. Each test sets the answers to the requests of its lane. */
export async function startSpecServer(): Promise<SpecServer> {
  const lanes = new Map<string, Lane>();
  const server = createServer((request, response) => {
    void answer(lanes, request, response).catch(() => response.destroy());
  });
  server.keepAliveTimeout = 60_000;
  server.listen(0);
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function answer(
  lanes: Map<string, Lane>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const url = new URL(request.url!, "http://localhost");
  const key = url.searchParams.get("lane") ?? "";
  const lane: Lane = lanes.get(key) ?? {
    answers: [],
    requests: [],
    preflights: 0,
    open: new Set(),
    closed: 0,
    watchers: new Set(),
  };
  lanes.set(key, lane);
  response.setHeader("access-control-allow-origin", request.headers.origin ?? "*");
  response.setHeader("access-control-allow-credentials", "true");
  if (request.method === "OPTIONS") {
    lane.preflights++;
    response.setHeader(
      "access-control-allow-headers",
      request.headers["access-control-request-headers"] ?? "",
    );
    response.setHeader("access-control-allow-methods", "*, POST, PUT");
    response.writeHead(204).end();
    return;
  }
  if (url.pathname.startsWith("/lane/")) await control(url, lane, request, response);
  else await serve(url, lane, request, response);
}

/** Answers the requests by which a test controls its lane. */
async function control(
  url: URL,
  lane: Lane,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const until = (condition: () => boolean) =>
    new Promise<void>((resolve) => {
      const look = () => {
        if (!condition() && !response.destroyed) return;
        lane.watchers.delete(look);
        resolve();
      };
      lane.watchers.add(look);
      response.on("close", look);
      look();
    });
  const n = Number(url.searchParams.get("n"));
  const [last] = [...lane.open].slice(-1);
  response.setHeader("content-type", "application/json");
  switch (url.pathname) {
    case "/lane/answers":
      lane.answers = JSON.parse(await bodyOf(request)) as Answer[];
      break;
    case "/lane/requests":
      await until(() => lane.requests.length >= n);
      break;
    case "/lane/closed":
      await until(() => lane.closed >= n);
      break;
    case "/lane/send":
      last?.write(await bodyOf(request));
      break;
    case "/lane/end":
      last?.end();
      break;
    case "/lane/cookie":
      response.setHeader("set-cookie", `spec=${key(url)}; Path=/; SameSite=Lax`);
  }
  const { requests, preflights } = lane;
  response.end(JSON.stringify({ requests, preflights }));
}

async function serve(
  url: URL,
  lane: Lane,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  lane.open.add(response);
  response.on("close", () => {
    lane.open.delete(response);
    lane.closed++;
    for (const look of lane.watchers) look();
  });
  const { method = "", headers, rawHeaders } = request;
  const body = await bodyOf(request);
  const position = rawHeaders.findIndex((name) => name.toLowerCase() === "last-event-id");
  const id = rawHeaders[position + 1];
  lane.requests.push({
    method,
    path: url.pathname,
    headers: headers as Record<string, string>,
    body,
    at: Date.now(),
    ...(position >= 0 && id !== undefined && { lastEventIdBytes: [...Buffer.from(id, "latin1")] }),
  });
  for (const look of lane.watchers) look();
  const given = lane.answers[lane.requests.length - 1] ?? {};
  const { status = 200, body: parts = [], finish = "wait" } = given;
  if (status === 0) {
    // A browser may itself retry a request whose connection was cut.
    request.socket.end("This is no HTTP.\r\n\r\n");
    return;
  }
  const head = Object.entries({ "content-type": "text/event-stream", ...given.headers });
  // Connections are not reused, so that no answer can affect the next request.
  response.setHeader("connection", "close");
  response.writeHead(status, Object.fromEntries(head.filter(([, value]) => value)));
  response.flushHeaders();
  for (const part of typeof parts === "string" ? [parts] : parts) {
    if (response.destroyed) return;
    response.write(typeof part === "string" ? part : Buffer.from(part));
    await sleep(GAP);
  }
  if (finish === "end") response.end();
  if (finish === "drop") request.socket.destroy();
}

const key = (url: URL) => url.searchParams.get("lane") ?? "";

async function bodyOf(request: IncomingMessage): Promise<string> {
  let body = "";
  for await (const part of request.setEncoding("utf8")) body += part;
  return body;
}
