import { baseUrl } from "../core/page.ts";
import type { FetchLike } from "../http/request-options.ts";
import type { RetryOptions } from "../connection/retry.ts";
import type { HeadersInput, PerAttempt } from "../core/types.ts";

/** The standard's dictionary, and our extensions, which are all off by default. */
export interface EventSourceInit {
  /**
   * Whether cookies are sent to other origins, too. Default `false`.
   *
   * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#dom-eventsource-withcredentials
   */
  withCredentials?: boolean | undefined;
  /** The fetch to use. Default `globalThis.fetch`, looked up at call time. */
  fetch?: FetchLike | undefined;
  /** Request headers, or a function called once per attempt. `Accept` and `Last-Event-ID` are set by themselves. */
  headers?: PerAttempt<HeadersInput> | undefined;
  /** Request method. With any but GET and HEAD, or with a body, the stream never reconnects. Default `"GET"`. */
  method?: string | undefined;
  /** Request body, or a function called once per attempt. */
  body?: PerAttempt<RequestInit["body"]> | undefined;
  /** Aborting it is `close()`. When it is aborted already, no request is made. */
  signal?: AbortSignal | undefined;
  /**
   * The last event ID to start from. Default `""`.
   *
   * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#concept-event-stream-last-event-id
   */
  lastEventId?: string | undefined;
}

/** "Let urlRecord be the result of encoding-parsing a URL given url, relative to settings." */
export function parse(url: string): string {
  try {
    return new URL(url, baseUrl()).href;
  } catch {
    // "If urlRecord is failure, then throw a "SyntaxError" DOMException."
    throw new DOMException("The URL is not valid", "SyntaxError");
  }
}

/** "This must initially be ... probably in the region of a few seconds" (ms). */
export const RECONNECTION_TIME = 3000;

/** When the standard has a connection to that URL reestablished. */
export function standardRetry(url: string): RetryOptions {
  return {
    // "Wait a delay equal to the reconnection time of the event source."
    initialDelay: RECONNECTION_TIME,
    factor: 1,
    maxDelay: Infinity,
    jitter: 0,
    // "if res is a network error, then reestablish the connection, unless the user agent knows that to be futile, in which
    // case the user agent may fail the connection": no other scheme has a network. What has no cause is the end of a
    // stream, after which the connection is reestablished in any case.
    shouldRetry: ({ error: { code } }) =>
      code === "stream-ended" || (code === "network" && /^https?:/.test(url)),
  };
}

/** The members that a runtime knows: some throw for others. The rest is what fetch does anyway. */
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
