import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { constants, createBrotliCompress, createGzip } from "node:zlib";

/** One event of the log. Its ID is its place in the log, from 1. */
export interface LogEntry {
  /** `undefined` for an event without a name. */
  type?: string | undefined;
  /** `undefined` for a block that has an ID only, and dispatches nothing. */
  data?: string | undefined;
  /** A comment before the block. */
  comment?: string | undefined;
}

export interface ReplayOptions {
  log: readonly LogEntry[];
  /** How the end of the body is told. Default `"chunked"`. */
  framing?: "chunked" | "close" | undefined;
  /** Default `"identity"`. What is compressed is flushed with every event. */
  encoding?: "identity" | "gzip" | "br" | undefined;
  lineEnd?: "\n" | "\r\n" | "\r" | undefined;
  /** The reconnection time (ms), told at the beginning of each response. */
  retry?: number | undefined;
  /** What follows the last event: the data `[DONE]`, the end of the response, or nothing for ever. Default `"sentinel"`. */
  finish?: "sentinel" | "end" | "open" | undefined;
  /**
   * `"replay"` (default) goes on after `Last-Event-ID`, or the query parameter `after`. `"live"` knows no such header: each event is sent once, to
   * whoever is there, and lost when nobody gets it.
   */
  memory?: "replay" | "live" | undefined;
}

export const SENTINEL = "[DONE]";

export interface ReplayingServer extends AsyncDisposable {
  readonly port: number;
  readonly url: string;
  /** The `Last-Event-ID` of each request so far. */
  readonly asked: readonly (string | undefined)[];
}

/** The text of one block. */
function blockOf({ type, data, comment }: LogEntry, id: number | undefined, lineEnd = "\n"): string {
  const lines: string[] = [];
  if (comment !== undefined) lines.push(`:${comment}`);
  if (id !== undefined) lines.push(`id: ${id}`);
  if (type !== undefined) lines.push(`event: ${type}`);
  if (data !== undefined) for (const line of data.split("\n")) lines.push(`data: ${line}`);
  return [...lines, "", ""].join(lineEnd);
}

/** The events that a client has to deliver for a log, in short. */
export function eventsOf(log: readonly LogEntry[]): { lastEventId: string; type: string; data: string }[] {
  return log.flatMap(({ type = "message", data }, i) =>
    data === undefined ? [] : [{ lastEventId: `${i + 1}`, type, data }],
  );
}

export async function serveLog({
  log,
  framing = "chunked",
  encoding = "identity",
  lineEnd = "\n",
  retry,
  finish = "sentinel",
  memory = "replay",
}: ReplayOptions): Promise<ReplayingServer> {
  const asked: (string | undefined)[] = [];
  /** The next event of a live server. */
  let live = 0;

  const send = async (response: ServerResponse, from: number) => {
    const compressor =
      encoding === "gzip" ? createGzip() : encoding === "br" ? createBrotliCompress() : undefined;
    const flush = encoding === "gzip" ? constants.Z_SYNC_FLUSH : constants.BROTLI_OPERATION_FLUSH;
    compressor?.on("data", (bytes) => response.write(bytes)).on("end", () => response.end());
    const write = async (text: string) => {
      if (compressor) {
        compressor.write(text);
        await new Promise<void>((resolve) => compressor.flush(flush, resolve));
      } else if (!response.write(text)) await new Promise(setImmediate);
    };
    response.on("close", () => compressor?.destroy());
    if (retry !== undefined) await write(`retry: ${retry}${lineEnd}${lineEnd}`);
    if (memory === "live")
      for (; live < log.length && !response.destroyed; await new Promise(setImmediate)) {
        const id = ++live;
        await write(blockOf(log[id - 1]!, id, lineEnd));
      }
    else
      for (let at = from; at < log.length && !response.destroyed; at++)
        await write(blockOf(log[at]!, at + 1, lineEnd));
    if (response.destroyed || finish === "open") return;
    if (finish === "sentinel") await write(blockOf({ data: SENTINEL }, undefined, lineEnd));
    (compressor ?? response).end();
  };

  const server = createServer((request, response) => {
    const { searchParams } = new URL(request.url!, "http://localhost");
    const id = (request.headers["last-event-id"] as string | undefined) ?? searchParams.get("after");
    asked.push(id ?? undefined);
    if (framing === "close") response.useChunkedEncodingByDefault = false;
    response.writeHead(200, {
      "content-type": "text/event-stream",
      connection: "close",
      ...(encoding !== "identity" && { "content-encoding": encoding }),
    });
    response.flushHeaders();
    void send(response, Number(id ?? 0));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    port,
    url: `http://127.0.0.1:${port}/events`,
    asked,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
