import type { RequestOptions } from "./request-options.ts";
import { invalid } from "./http.ts";
import type { InterpretOptions } from "./interpret.ts";
import type { RetryOptions } from "./retry.ts";
import type { Transport } from "./types.ts";

/** Members of `fetch`'s second argument that some runtimes know beyond the standard. */
interface RuntimeInit {
  /** Node (undici). */
  dispatcher?: unknown;
  /** node-fetch. */
  agent?: unknown;
  /** Cloudflare Workers. */
  cf?: unknown;
  /** Bun. */
  tls?: unknown;
  /** Bun. */
  proxy?: unknown;
  /** Deno. */
  client?: unknown;
  /** Needed by fetch for a body that is a stream. */
  duplex?: "half" | undefined;
}

/** Members of the standard's dictionary that we pass on; `undefined` is as good as absent. */
type StandardInit = Omit<RequestInit, keyof RequestOptions | keyof RuntimeInit | "signal">;
type PassedInit = { [Name in keyof StandardInit]?: StandardInit[Name] | undefined } & RuntimeInit;

/** Options of {@link readEvents}. */
export interface ReadEventsOptions extends InterpretOptions {
  /**
   * The last event ID that events without an `id` inherit, and that the first request resumes from. It wins over a
   * `Last-Event-ID` among `headers` and over `lastEventIdParam` in the URL. Default `""`.
   *
   * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#concept-event-stream-last-event-id
   */
  lastEventId?: string | undefined;
  /**
   * Most characters buffered for one event or one unfinished line, else `event-too-large`, which is fatal. Lower it
   * where servers are not trusted and memory is small. Default 16 MiB (16777216).
   */
  maxEventSize?: number | undefined;
  /**
   * Aborting it is `close()`. When it is aborted already, no request is made, also by `open()` later. The loop of a finite
   * stream ends without an error then, but throws after `AbortSignal.timeout()`: what came so far is not all.
   */
  signal?: AbortSignal | null | undefined;
}

/** Options of {@link fetchEvents}. Members not named here go to fetch as they are. */
export interface FetchEventsOptions extends PassedInit, RequestOptions, ReadEventsOptions {
  /** Most characters buffered for one event, else `event-too-large`, which is fatal. Default 16 MiB (16777216). */
  maxEventSize?: number | undefined;
}

/** Options of {@link createEventSource}. Members not named here go to fetch as they are. */
export interface EventSourceOptions extends FetchEventsOptions {
  /**
   * When to connect again, or `false` for never. An object changes single members. Default: on, as `RetryOptions`
   * says; `false` for a request with a body or a method other than GET and HEAD, so that nothing is sent twice
   * unasked.
   *
   * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#reestablish-the-connection
   */
  retry?: false | RetryOptions | undefined;
  /**
   * What makes the attempts: `"fetch"`, the runtime's own `EventSource` (`"native"`), or a transport of yours.
   * Default `"auto"`: fetch where the bodies of responses stream, else the native class. That one cannot do what only
   * fetch can (`unsupported`, naming the options), tells no comments, and tells only the events named `"message"`,
   * those that `on` or `schemas` name, and those listened to by `on` later.
   *
   * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#the-eventsource-interface
   */
  transport?: "auto" | "fetch" | "native" | Transport | undefined;
  /**
   * `false` makes the client without connecting, also where there is no network or no page (server-side rendering):
   * call `open()`. Default `true`.
   */
  open?: boolean | undefined;
}

/** The options that are ours, by what they must be. All others go to fetch. */
const ours: [type: string, names: RegExp][] = [
  ["number", /^(connectTimeout|idleTimeout|maxEventSize|retry\.(?!should).*)$/],
  ["function", /^(decode|fetch|onUnauthorized|retry\.shouldRetry)$/],
  ["string", /^(lastEventId|lastEventIdParam)$/],
  ["string or function", /^(endOn|transport)$/],
  ["object or false", /^retry$/],
  ["object", /^signal$/],
  ["boolean", /^open$/],
  ["", /^(headers|body)$/],
];

/**
 * Divides options into those that are ours and the rest, without members that are undefined.
 * The rest goes to fetch; ours do not, since a custom fetch may have its own idea of `retry`.
 *
 * @throws EventSourceError `invalid-option` for the first one that is not of its type or range.
 */
export function splitOptions<T extends object>(options: T, prefix = ""): [own: T, init: RequestInit] {
  const own: Record<string, unknown> = {};
  const init: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(options) as [string, unknown][]) {
    if (value === undefined) continue;
    const option = prefix + name;
    const type = ours.find(([, names]) => names.test(option))?.[0];
    if (!isValid(option, value, type)) throw invalid(option, type || "what fetch takes");
    (type === undefined ? init : own)[name] = value;
  }
  if (own["body"] != null && isPlain(init)) throw invalid("method", "one that takes a body");
  return [own as T, init];
}

function isValid(option: string, value: unknown, type: string | undefined): boolean {
  if (type === undefined)
    try {
      // Asked now, since fetch refuses with what looks like a network failure. `"same-origin"` is our own for `redirect`.
      return !globalThis.Request || value === "same-origin" || !!new Request("http://a", { [option]: value });
    } catch {
      return false;
    }
  if (typeof value === "number")
    return type === "number" && value >= +/factor/.test(option) && !(value > 1 && /jitter/.test(option));
  return !type || type.includes(value === false && /retry/.test(option) ? "false" : typeof value);
}

/** Whether a request is a GET or HEAD. */
export function isPlain({ method = "GET" }: { method?: string | undefined }): boolean {
  return /^(get|head)$/i.test(method);
}
