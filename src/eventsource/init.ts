import { baseUrl } from "../core/page.ts";
import type { HeadersInput, PerAttempt } from "../core/types.ts";
import type { FetchLike } from "../http/request-options.ts";

/** The standard's dictionary, and extensions, which are all off by default. */
export interface EventSourceInit {
  /**
   * Whether credentials, such as cookies, are sent to other origins too. Default `false`.
   *
   * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#dom-eventsource-withcredentials
   */
  withCredentials?: boolean;
  /** The `fetch` to use. It is looked up before each attempt if not set. Default `globalThis.fetch`. */
  fetch?: FetchLike | undefined;
  /**
   * Request headers, or a function called before each attempt. `Accept` is `text/event-stream` unless you set it.
   * `Last-Event-ID` is always the tracked ID: yours only sets where to start. If the function fails, the attempt is retried.
   */
  headers?: PerAttempt<HeadersInput> | undefined;
  /** Request method. With a method other than GET and HEAD, or with a body, the class never reconnects. Default `"GET"`. */
  method?: string | undefined;
  /** Request body, or a function called before each attempt. It needs a `method` other than GET and HEAD. */
  body?: PerAttempt<RequestInit["body"]> | undefined;
  /** Closes the source when aborted. If it is aborted already, no request is made. */
  signal?: AbortSignal | undefined;
  /**
   * The last event ID to start from. Default: that of the `Last-Event-ID` header or of `lastEventIdParam` in the URL, else `""`.
   *
   * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#concept-event-stream-last-event-id
   */
  lastEventId?: string | undefined;
  /**
   * Sends the last event ID as this query parameter instead of the header, for servers that do not read the header, or to avoid a
   * CORS preflight. It replaces a parameter of that name in the URL.
   */
  lastEventIdParam?: string | undefined;
  /**
   * Maximum size of one event or one unfinished line, in characters. A larger one closes the source, with `event-too-large` as the
   * code of `event.error`. Default `Infinity`, as the native class has no limit.
   */
  maxEventSize?: number | undefined;
}

/**
 * "Let urlRecord be the result of encoding-parsing a URL given url, relative to settings."
 *
 * @throws DOMException `SyntaxError`
 */
export function parse(url: string): string {
  try {
    const { href, host } = new URL(url, baseUrl());
    // Chromium escapes invalid characters of a host instead of rejecting it.
    if (!host.includes("%")) return href;
  } catch {
    // Reported below.
  }
  // "If urlRecord is failure, then throw a "SyntaxError" DOMException."
  throw new DOMException("The URL is not valid", "SyntaxError");
}

/** The members of fetch's second argument that this runtime has: some runtimes throw for others. */
export function requestInit(withCredentials: boolean, method: string | undefined): RequestInit {
  const known = globalThis.Request?.prototype ?? {};
  return {
    ...(method !== undefined && { method }),
    // "Let corsAttributeState be Anonymous ... Use Credentials"
    ...(withCredentials && "credentials" in known && { credentials: "include" }),
    // "Set request's cache mode to "no-store"."
    ...("cache" in known && { cache: "no-store" }),
  };
}
