import type { AttemptContext, HeadersInput, PerAttempt } from "../core/types.ts";

/** The init that `fetch` is called with: a `RequestInit`. Its body and headers are opaque, because implementations disagree on their types. */
export type FetchInit = Omit<RequestInit, "body" | "headers"> & { body?: never; headers?: never };

/** The part of a response that is needed to read its events. */
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

/** The part of `fetch` that is used: any implementation whose response bodies stream. */
export type FetchLike = (url: string, init: FetchInit) => PromiseLike<ResponseLike>;

/** Options of a request. Other members of `RequestInit` are passed to `fetch`. */
export interface RequestOptions {
  /**
   * Request method, or a function called before each attempt, for protocols that begin with a POST and resume with a GET. If it
   * is a function or other than GET and HEAD, `retry` is off unless you set it. Default `"GET"`.
   */
  method?: PerAttempt<string> | undefined;
  /**
   * Request headers, or a function called before each attempt, for values that expire. `Accept` is `text/event-stream` unless
   * you set it. `Last-Event-ID` is always the tracked ID: yours only sets where to start. If the function fails, the error is `network`
   * and the attempt is retried. In a page, each further header makes a request to another origin need a CORS preflight.
   *
   * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#sse-processing-model
   */
  headers?: PerAttempt<HeadersInput> | undefined;
  /**
   * Request body, or a function called before each attempt. It needs a `method` other than GET and HEAD, and then `retry` is off
   * unless you set it: request bodies are not resent by default. After a 401 that `onUnauthorized` resolves, the body is sent
   * once more. If you set `retry`, use a function when the body has to say where to resume.
   */
  body?: PerAttempt<RequestInit["body"]> | undefined;
  /**
   * Redirect mode, as for `fetch`, or `"same-origin"`: a redirect to another origin fails with `http-status` before the request and
   * its headers are sent there. `fetch` itself removes only `Authorization`. Browsers do not expose the target of a
   * redirect, so that `"same-origin"` blocks every redirect there. It does not follow a redirect that would turn another method
   * into GET. Set it if custom headers contain secrets. Reconnects go to the
   * original URL. Default `"follow"`.
   *
   * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#reestablish-the-connection
   */
  redirect?: RequestInit["redirect"] | "same-origin";
  /**
   * Refreshes credentials: called with a 401 response. When its promise resolves, the request is repeated once, immediately, with
   * new `headers` and `body`. This costs no backoff and does not count against `connectTimeout`. A second 401 in a row is
   * fatal: `unauthorized`. Concurrent streams that share the function share one call in flight. If the call fails, the error is
   * `unauthorized` with a `cause`, and the attempt is retried.
   */
  onUnauthorized?: ((response: Response, context: AttemptContext) => unknown) | undefined;
  /**
   * The `fetch` to use, such as that of undici or node-fetch. Its response bodies must stream. With it, `transport: "auto"` is
   * fetch. It is looked up before each attempt if not set. Default `globalThis.fetch`.
   */
  fetch?: FetchLike | undefined;
  /**
   * Sends the last event ID as this query parameter instead of the header, for servers that do not read the header, or to avoid a
   * CORS preflight. It replaces a parameter of that name in the URL. The value in the URL is the ID to start from, unless
   * `lastEventId` is set.
   *
   * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#concept-event-stream-last-event-id
   */
  lastEventIdParam?: string | undefined;
  /**
   * Maximum time until the response headers, in ms. On expiry the attempt fails with `connect-timeout` and is retried. The time of
   * `url`, `method`, `headers` and `body` functions counts, that of `onUnauthorized` does not. Set it to detect a server that accepts
   * a connection and never answers. Default off.
   */
  connectTimeout?: number | undefined;
  /**
   * Maximum time without a byte (comments count), in ms, once the response headers have arrived. On expiry the attempt fails with
   * `idle-timeout` and is retried. The time in which a listener or loop applies backpressure does not count. Set it to two or
   * three heartbeats of the server: a half-open connection is not detected otherwise. Default off.
   *
   * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#authoring-notes
   */
  idleTimeout?: number | undefined;
  /**
   * Maximum size of one event or one unfinished line, in characters. A larger one is a fatal `event-too-large` error. Lower it if
   * the server is not trusted and memory is scarce. Default 16 MiB (16777216).
   */
  maxEventSize?: number | undefined;
}
