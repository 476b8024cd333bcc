import { systemClock, type Clock } from "../core/clock.ts";
import type { TraceLog } from "./record.ts";
import { shownCause, shownHeaders, shownUrl } from "./redact.ts";
import { createLogger } from "./logger.ts";
import type { FetchLike } from "../index.ts";

/** Options of {@link traceFetch}. */
export interface TraceFetchOptions {
  /** The fetch to use. Default `globalThis.fetch`, looked up at call time. */
  fetch?: FetchLike | undefined;
  /** `true` shows all header values, including credentials, and the whole URL. Default `false`. */
  reveal?: boolean | undefined;
  /** @internal */
  clock?: Clock;
}

/**
 * Makes a fetch for the `fetch` option that logs each request and the headers of its response. Responses are returned unchanged.
 * Unless `reveal` is `true`, values of query parameters and headers are shown as `"…"`, except headers that describe how a
 * stream is served (`Content-Type`, `Content-Encoding`, `Via` and others).
 *
 * @param log - Called with each record. What it throws is reported and does not affect the request.
 *
 * @example
 * const source = createEventSource("/prices", { fetch: traceFetch(console.log) });
 */
export function traceFetch(log: TraceLog, options: TraceFetchOptions = {}): FetchLike {
  const { fetch, reveal, clock = systemClock } = options;
  const write = createLogger(log, clock);
  const isRevealed = reveal === true;
  let requests = 0;

  return async (url, init) => {
    const request = ++requests;
    const began = clock.now();
    const took = () => Math.round(clock.now() - began);
    const { method = "GET", headers } = (init ?? {}) as RequestInit;
    write({
      kind: "request",
      request,
      method,
      url: shownUrl(url, isRevealed),
      headers: shownHeaders(new Headers(headers), isRevealed),
    });
    try {
      const response = await (fetch ?? globalThis.fetch)(url, init);
      const { status, headers, url: final } = response as typeof response & { url?: string };
      write({
        kind: "response",
        request,
        status,
        url: shownUrl(final || url, isRevealed),
        headers: shownHeaders(headers, isRevealed),
        took: took(),
      });
      return response;
    } catch (error) {
      write({ kind: "no-response", request, cause: shownCause(error), took: took() });
      throw error;
    }
  };
}
