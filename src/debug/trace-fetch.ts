import type { TraceLog } from "./record.ts";
import { shownCause, shownHeaders, shownUrl } from "./redact.ts";
import { createTeller, traceClock, type TraceClock } from "./logger.ts";
import type { FetchLike } from "../index.ts";

/** Options of {@link traceFetch}. */
export interface TraceFetchOptions {
  /** The fetch that makes the requests. Default `globalThis.fetch`, looked up at call time. */
  fetch?: FetchLike | undefined;
  /** `true` shows all header values, credentials too, and the whole URL. Default `false`. */
  reveal?: boolean | undefined;
  /** @internal */
  clock?: TraceClock;
}

/**
 * Makes a fetch that tells a log of each request and of the headers of its answer, for the `fetch` option. Responses are
 * passed on as they are. Values of headers and of query parameters are shown as `"…"`, but those of headers that say how a
 * stream is served (`Content-Type`, `Content-Encoding`, `Via` …), unless `reveal` is `true`.
 *
 * @example
 * const source = createEventSource("/prices", { fetch: traceFetch(console.log) });
 */
export function traceFetch(log: TraceLog, options: TraceFetchOptions = {}): FetchLike {
  const { fetch, reveal, clock = traceClock } = options;
  const tell = createTeller(log, clock);
  const isRevealed = reveal === true;
  let requests = 0;

  return async (url, init) => {
    const request = ++requests;
    const began = clock.now();
    const { method = "GET", headers } = (init ?? {}) as RequestInit;
    tell({
      kind: "request",
      request,
      method,
      url: shownUrl(url, isRevealed),
      headers: shownHeaders(new Headers(headers), isRevealed),
    });
    try {
      const response = await (fetch ?? globalThis.fetch)(url, init);
      const { status, headers, url: final } = response as typeof response & { url?: string };
      tell({
        kind: "response",
        request,
        status,
        url: shownUrl(final || url, isRevealed),
        headers: shownHeaders(headers, isRevealed),
        took: clock.now() - began,
      });
      return response;
    } catch (error) {
      tell({ kind: "no-response", request, cause: shownCause(error), took: clock.now() - began });
      throw error;
    }
  };
}
