import type { AttemptContext, HeadersInput, PerAttempt } from "../core/types.ts";

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
  /** Request method, or a function of the attempt. Default `"GET"`. */
  method?: PerAttempt<string> | undefined;
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
  onUnauthorized?: ((response: Response, context: AttemptContext) => unknown) | undefined;
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
