import type { IncomingMessage, ServerResponse } from "node:http";
import { atCleanUp } from "../helpers/clean-up.ts";
import { deferred } from "../helpers/deferred.ts";
import { bodyOf, refuse, serve, stream, type TestServer } from "../helpers/server.ts";

/** The server that the snippets of docs/migrate talk to, in place of `https://example.com`. */
export interface GuideServer extends TestServer {
  readonly origin: string;
  /** Each request for a stream: method, path, token, the ID that it goes on after, and body. */
  readonly asked: readonly string[];
  /** Streams that are open now. */
  readonly streams: ReadonlySet<ServerResponse>;
  /** Resolves when the client lets go of a stream, or has one that the server ends for good. */
  readonly left: Promise<void>;
}

const ticks = [101, 102, 103].map(
  (price) => `event: tick\ndata: ${JSON.stringify({ symbol: "EVER", price })}`,
);
const messages = ["message 1", "message 2", "message 3"].map((text) => `data: ${text}`);
const tokens = ["Because", " water", " finds", " its", " way", "[DONE]"];

/**
 * @param printed resolves when the snippet has printed a line with this text
 * @param assets answers what is no stream; the result says whether it did
 */
export async function serveGuide(
  printed: (text: string) => Promise<void>,
  assets: (response: ServerResponse, path: string) => Promise<boolean>,
): Promise<GuideServer> {
  const asked: string[] = [];
  const streams = new Set<ServerResponse>();
  const left = deferred();
  const server = await serve(async (response, request) => {
    const { pathname, searchParams } = new URL(request.url!, "http://localhost");
    if (await assets(response, pathname)) return;
    const body = await bodyOf(request);
    const token =
      request.headers.authorization ??
      (searchParams.has("token") ? `?token=${searchParams.get("token")}` : "");
    const last = lastIdOf(request, searchParams);
    asked.push([request.method, pathname, token, last && `after ${last}`, body].filter(Boolean).join(" "));
    streams.add(response);
    let isCut = false;
    response.on("close", () => {
      streams.delete(response);
      if (!isCut) left.resolve();
    });
    const n = asked.length;
    if (pathname === "/busy" && n === 1) return void refuse(response, 503);
    if (pathname === "/gone") return void refuse(response, 403, {}, "plan expired");
    if (pathname === "/account" && !token.includes("fresh")) return void refuse(response, 401);
    if (pathname === "/chat") {
      const text = tokens.map((one) => `data: ${one}\n\n`).join("");
      return void stream(response, text).end();
    }
    const all = [...(pathname === "/prices" ? ticks : messages), "data: bye"].map(
      (lines, i) => `id: ${i + 1}\n${lines}\n\n`,
    );
    const from = Number(last);
    if (from > 0 || pathname === "/busy") return void stream(response, all.slice(from).join(""));
    // The first connection breaks in the middle of the third event.
    stream(response, `retry: ${pathname === "/news" ? 1000 : 10}\n\n${all.slice(0, 2).join("")}`);
    await printed(pathname === "/prices" ? "102" : "message 2");
    isCut = true;
    response.write("data: mes");
    response.socket?.destroySoon();
  });
  atCleanUp(() => server[Symbol.asyncDispose]());
  return Object.assign(server, { origin: new URL(server.url).origin, asked, streams, left: left.promise });
}

/** The ID in the header, or in the URL under the names that the snippets use. */
function lastIdOf({ headers }: IncomingMessage, query: URLSearchParams): string {
  return headers["last-event-id"]?.toString() ?? query.get("lastEventId") ?? query.get("after") ?? "";
}
