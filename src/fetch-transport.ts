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
  /**
   * Request headers, or a function of the attempt, which may be asynchronous: for whatever expires. `Accept` is set
   * where you do not set it; `Last-Event-ID` is always the tracked one (one of yours only says where to start). A
   * function that fails is a `network` error, and retried. Each header beyond these two costs a page of another
   * origin a CORS preflight.
   *
   * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#sse-processing-model
   */
  headers?: PerAttempt<HeadersInput> | undefined;
  /**
   * Request body, or a function of the attempt. It needs a `method` other than GET and HEAD, and then `retry` is off
   * unless you set it: a body is not sent again unasked, but once after a 401 that `onUnauthorized` dealt with. Make
   * it a function if `retry` is set and it should tell where it goes on.
   */
  body?: PerAttempt<RequestInit["body"]> | undefined;
  /**
   * As for fetch, or `"same-origin"`: fails with `http-status` before the request, and its headers, go to another
   * origin. Fetch by itself takes only `Authorization` away there. A browser does not tell where a redirect leads:
   * there `"same-origin"` refuses every redirect. Set it where you send secrets in headers of your own. Reconnects go
   * to the URL that you gave, whatever redirects there were. Default `"follow"`.
   *
   * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#reestablish-the-connection
   */
  redirect?: RequestInit["redirect"] | "same-origin";
  /**
   * Called with a 401 response, to refresh credentials. When its promise resolves the request is made once more, at
   * once, with fresh `headers` and the body, if any; a second 401 in a row is fatal (`unauthorized`). Streams that
   * share the function share one call in flight. When it fails, that is `unauthorized` with a `cause`, and goes
   * through `retry`. Its time does not count against `connectTimeout`.
   */
  onUnauthorized?: ((response: Response) => unknown) | undefined;
  /**
   * The fetch to use: any that streams, such as undici's, node-fetch, Expo's, or one that logs. `transport: "auto"`
   * then is fetch. Default `globalThis.fetch`, looked up at call time.
   */
  fetch?: FetchLike | undefined;
  /**
   * Sends the last event ID as this query parameter, in place of any old one, instead of the header: for servers that
   * read no header, and to spare a page of another origin the CORS preflight. What the parameter says in your URL is
   * where the stream starts, unless `lastEventId` is set.
   *
   * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#concept-event-stream-last-event-id
   */
  lastEventIdParam?: string | undefined;
  /**
   * Most ms until the response headers, else `connect-timeout`, which is retried. Time spent in `url`, `headers` and
   * `body` functions counts, that in `onUnauthorized` does not. Set it where a server may accept and never answer:
   * nothing else notices. Default off.
   */
  connectTimeout?: number | undefined;
  /**
   * Most ms without a byte, comments included, else `idle-timeout`, which is retried. It counts from the response
   * headers on, and not while a listener or a loop holds the reader back. Set it to two or three heartbeats of the
   * server: a connection that died without a word looks open for ever. Default off.
   *
   * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#authoring-notes
   */
  idleTimeout?: number | undefined;
  /**
   * Most characters buffered for one event or one unfinished line, else `event-too-large`, which is fatal. Lower it
   * where servers are not trusted and memory is small. Default 16 MiB (16777216).
   */
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
      if (!patience) return;
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
        body: (await given(options.body, context)) ?? null,
        ...(isSameOrigin && { redirect: "manual" }),
        signal,
      };
      for (let count = 0; ; count++) {
        signal.throwIfAborted();
        // A plain object: a custom fetch that adds to it by a spread would lose all of a `Headers`, the last event ID, too.
        const plain = { ...sent, headers: Object.fromEntries(sentHeaders) };
        const response = (await send(target.href, plain as FetchInit)) as Response;
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
