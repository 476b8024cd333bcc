import { readFile } from "node:fs/promises";
import type { ServerResponse } from "node:http";
import { join } from "node:path";
import { atCleanUp } from "../helpers/clean-up.ts";
import { createProgress } from "../helpers/progress.ts";
import { refuse, serve, stream, type TestServer } from "../helpers/server.ts";

const dist = join(import.meta.dirname, "../../dist");

/** A server of pages, the built files, and one event stream that replays the events after `Last-Event-ID`. Closed with the test. */
export interface LogServer extends TestServer {
  readonly origin: string;
  /** Sends the next event to all open streams. Its data and ID are the same number. */
  push(): void;
  /** The number of streams that are open, the highest number so far, and the number of requests for one. */
  readonly streams: { open: number; most: number; total: number };
  /** Resolves when a condition holds. It is checked when a stream opens or closes. */
  until(condition: () => boolean): Promise<void>;
}

export async function serveLog(page: string): Promise<LogServer> {
  let last = 0;
  const responses = new Set<ServerResponse>();
  const streams = { open: 0, most: 0, total: 0 };
  const progress = createProgress();
  const changed = () => {
    streams.open = responses.size;
    streams.most = Math.max(streams.most, streams.open);
    progress.made();
  };
  const send = (response: ServerResponse, id: number) => response.write(`id: ${id}\ndata: ${id}\n\n`);
  const server = await serve(async (response, request) => {
    const { pathname } = new URL(request.url!, "http://localhost");
    if (pathname.startsWith("/dist/")) {
      const script = await readFile(join(dist, pathname.slice("/dist/".length)));
      return response.writeHead(200, { "content-type": "text/javascript" }).end(script);
    }
    if (pathname === "/favicon.ico") return refuse(response, 404);
    if (pathname !== "/events")
      return response.writeHead(200, { "content-type": "text/html" }).end(pathname === "/" ? page : "");
    stream(response);
    for (let id = Number(request.headers["last-event-id"] ?? 0) + 1; id <= last; id++) send(response, id);
    streams.total++;
    responses.add(response);
    changed();
    return response.on("close", () => {
      responses.delete(response);
      changed();
    });
  });
  atCleanUp(() => server[Symbol.asyncDispose]());
  return Object.assign(server, {
    origin: new URL(server.url).origin,
    push() {
      last++;
      for (const response of responses) send(response, last);
    },
    streams,
    until: progress.until,
  });
}
