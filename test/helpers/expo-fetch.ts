import { request, type IncomingMessage } from "node:http";
import { runInNewContext } from "node:vm";
import { ReadableStream } from "web-streams-polyfill";
import type { FetchLike } from "../../src/index.ts";

/** Another realm's class, as the bytes of a native module may be of. */
const ForeignBytes: Uint8ArrayConstructor = runInNewContext("Uint8Array");

/**
 * A fetch like the one in `expo/fetch` as of SDK 52, over Node's sockets: the response is no `Response` of the runtime, its
 * body a stream of `web-streams-polyfill` that no platform method knows, its chunks come from another realm, its `url` is
 * empty, and once the headers are there it takes no notice of the signal: only cancelling the body ends the request.
 */
export const expoFetch = async (url: string, init: Parameters<FetchLike>[1]) => {
  const { method = "GET", body = null, signal } = init as RequestInit;
  const headers = Object.fromEntries(new Headers(init.headers));
  const message = await new Promise<IncomingMessage>((resolve, reject) => {
    const sent = request(url, { method, headers }, resolve).on("error", reject);
    const abort = () => sent.destroy(new Error("The operation was aborted."));
    if (signal?.aborted) abort();
    signal?.addEventListener("abort", abort);
    sent.once("response", () => signal?.removeEventListener("abort", abort));
    sent.once("close", () => signal?.removeEventListener("abort", abort));
    sent.end(body);
  });
  return {
    status: message.statusCode ?? 0,
    statusText: message.statusMessage ?? "",
    url: "",
    redirected: false,
    type: "default" as const,
    // A new object at each look.
    get headers() {
      return new Headers(message.headers as Record<string, string>);
    },
    body: streamOf(message),
  };
};

function streamOf(message: IncomingMessage) {
  let isOver = false;
  return new ReadableStream({
    start(controller) {
      message.on("data", (bytes: Buffer) => isOver || controller.enqueue(ForeignBytes.from(bytes)));
      message.on("end", () => {
        if (!isOver) controller.close();
        isOver = true;
      });
      message.on("error", () => {
        if (!isOver) controller.error(new Error("The network connection was lost."));
        isOver = true;
      });
    },
    cancel() {
      isOver = true;
      message.destroy();
    },
  });
}
