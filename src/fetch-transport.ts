import { release } from "./body.ts";
import type { Clock } from "./clock.ts";
import { createDeadline } from "./deadline.ts";
import { EventSourceError, toEventSourceError } from "./errors.ts";
import { attemptUrl, checkResponse, given, originOf, requestHeaders } from "./http.ts";
import { baseUrl } from "./page.ts";
import { readStream } from "./reader.ts";
import type { HeadersInput, PerAttempt, Transport } from "./types.ts";

/** What we call fetch with: `RequestInit`. Implementations disagree on the types of two members: only hand these on. */
export type FetchInit = Omit<RequestInit, "body" | "headers"> & { body?: never; headers?: never };

/** The part of a response that we cannot do without. `body` is a web stream or an async iterable. */
export interface ResponseLike {
  /** The HTTP status. */
  readonly status: number;
  /** The headers of the response. */
  readonly headers: {
    get(name: string): string | null;
    forEach(callback: (value: string, name: string) => void): void;
  };
  /** A web stream or an async iterable of bytes. */
  readonly body?: unknown;
}

/** The part of `fetch` that we use: any implementation that streams fits. */
export type FetchLike = (url: string, init: FetchInit) => PromiseLike<ResponseLike>;

/** The options of a request, beside the members of `RequestInit` that pass through to fetch. */
export interface RequestOptions {
  /** Request headers, or a function of the attempt. `Accept` is set where you do not; `Last-Event-ID` is always ours. */
  headers?: PerAttempt<HeadersInput> | undefined;
  /** Request body, or a function of the attempt. It is never sent again unless you set `retry`. */
  body?: PerAttempt<RequestInit["body"]> | undefined;
  /**
   * As for fetch, or `"same-origin"`: fails with `http-status` before the request, and its headers, go to another
   * origin. Fetch by itself takes only `Authorization` away there. A browser does not tell where a redirect leads:
   * there `"same-origin"` refuses every redirect. Default `"follow"`.
   */
  redirect?: RequestInit["redirect"] | "same-origin";
  /**
   * Called with a 401 response. When its promise resolves the request is made once more, at once, with fresh `headers`;
   * a second 401 is fatal (`unauthorized`). A body is sent again by this. Streams that share the function share one
   * call in flight. A rejection goes through `retry`.
   */
  onUnauthorized?: ((response: Response) => unknown) | undefined;
  /** The fetch to use. Default `globalThis.fetch`, looked up at call time. */
  fetch?: FetchLike | undefined;
  /** Sends the last event ID as this query parameter, in place of any old one, instead of the header. */
  lastEventIdParam?: string | undefined;
  /** Most ms until the response headers, time spent in `url`, `headers` and `body` functions included, but not in `onUnauthorized`. Default off. */
  connectTimeout?: number | undefined;
  /** Most ms without a byte; comments count. Set it to two or three heartbeats of the server. Default off. */
  idleTimeout?: number | undefined;
  /** Most characters buffered for one event, else `event-too-large`, which is fatal. Default 16 MiB (16777216). */
  maxEventSize?: number | undefined;
}

/** The refreshes of credentials per `onUnauthorized` function, which concurrent streams share. */
interface Refreshes {
  inFlight?: Promise<void> | undefined;
  done: number;
}
const refreshes = /* @__PURE__ */ new WeakMap<object, Refreshes>();

/** Makes attempts with fetch. `init` goes to it as it is. */
export function createFetchTransport(
  url: PerAttempt<string | URL>,
  options: RequestOptions,
  init: RequestInit,
  clock: Clock,
): Transport {
  return async (context, sink) => {
    const { onUnauthorized, lastEventIdParam, idleTimeout, maxEventSize } = options;
    const isSameOrigin = (init.redirect as string) === "same-origin";
    const { lastEventId, signal } = context;
    let target: URL;
    let opened = false;
    const setDeadline = createDeadline(clock, signal, sink.fail);
    const endDeadline = () => setDeadline();
    const setConnectDeadline = () => setDeadline(options.connectTimeout, "connect-timeout");
    /** Whether we wait for bytes, and how long at most until the next ones. */
    let waiting = false;
    let patience = idleTimeout;
    const onWait = (isWaiting = false) => {
      waiting = isWaiting;
      setDeadline(waiting && patience, "idle-timeout");
      if (!waiting) patience = idleTimeout;
    };
    const check = (within: number) => {
      patience = Math.min(Math.max(within, 1), patience || Infinity);
      if (waiting) setDeadline(patience, "idle-timeout", true);
    };

    async function request(): Promise<Response> {
      const send = options.fetch ?? globalThis.fetch;
      if (!send) throw new EventSourceError("unsupported", "There is no fetch here");
      target = await attemptUrl(url, context, lastEventIdParam);
      const sentHeaders = requestHeaders(
        await given(options.headers, context),
        lastEventIdParam ? "" : lastEventId,
      );
      const sent: RequestInit = {
        // A page has an HTTP cache, which must neither answer nor keep a stream. Some other runtimes refuse the member.
        ...(baseUrl() && { cache: "no-store" }),
        ...init,
        headers: sentHeaders,
        body: (await given(options.body, context)) ?? null,
        ...(isSameOrigin && { redirect: "manual" }),
        signal,
      };
      for (let count = 0; ; count++) {
        signal.throwIfAborted();
        const response = (await send(target.href, sent as FetchInit)) as Response;
        const { status, headers, type } = response;
        const location = headers.get("location");
        if (!isSameOrigin || !(type === "opaqueredirect" || (location && /30[12378]/.test(`${status}`))))
          return response;
        void release(response.body);
        const next = location && new URL(location, target);
        // A browser does not tell where a redirect leads (`location` is null); refusing is the safe answer.
        if (!next || next.origin !== target.origin || count > 19)
          throw new EventSourceError("http-status", "Refused a redirect", { status, headers });
        target = next;
        const method = sent.method?.toUpperCase();
        if (status === 303 ? method !== "HEAD" : status < 303 && method === "POST") {
          Object.assign(sent, { method: "GET", body: null });
          for (const name of ["type", "length", "encoding", "language", "location"])
            sentHeaders.delete(`content-${name}`);
        }
      }
    }

    async function respond(): Promise<Response> {
      if (!onUnauthorized) return request();
      const shared = refreshes.get(onUnauthorized) ?? { done: 0 };
      refreshes.set(onUnauthorized, shared);
      const { done } = shared;
      const response = await request();
      if (response.status !== 401) return response;
      endDeadline();
      try {
        // Nothing to do when another stream refreshed after this request was made.
        if (shared.done === done)
          await (shared.inFlight ??= (async () => {
            await onUnauthorized(response);
            shared.done++;
          })().finally(() => {
            shared.inFlight = undefined;
          }));
      } catch (cause) {
        throw new EventSourceError("unauthorized", "onUnauthorized failed", { cause });
      } finally {
        void release(response.body);
      }
      setConnectDeadline();
      return request();
    }

    // However the attempt ends, its signal is aborted, even while a function of the caller's hangs.
    signal.addEventListener("abort", endDeadline);
    try {
      signal.throwIfAborted();
      setConnectDeadline();
      const response = await respond();
      endDeadline();
      await checkResponse(response, clock.after);
      const { body, headers } = response;
      opened = true;
      const openUrl = response.url || target!.href;
      sink.open({ url: openUrl, headers, check }, response);
      if (body)
        await readStream(body, {
          lastEventId,
          origin: originOf(openUrl),
          signal,
          maxEventSize,
          onRetry: sink.retry,
          onWait,
          deliver: sink.deliver,
        });
    } catch (cause) {
      throw toEventSourceError(cause, "network", opened ? "The connection was lost" : "The request failed");
    }
  };
}
