import type { RequestOptions } from "../http/request-options.ts";
import { invalid } from "../core/errors.ts";
import { isPlain } from "../http/request.ts";
import type { InterpretOptions } from "../stream/interpret.ts";
import type { RetryOptions } from "../connection/retry.ts";
import type { Transport } from "../core/types.ts";

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
type StandardInit = Omit<RequestInit, keyof RequestOptions | keyof RuntimeInit | "signal" | "method">;
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
export interface FetchEventsOptions extends PassedInit, RequestOptions, ReadEventsOptions {}

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

const isNumber =
  (least: number, most = Infinity) =>
  (value: unknown) =>
    typeof value === "number" && value >= least && value <= most;

/** What options must be: of a type that is named, where there is no test. */
const rules: [names: RegExp, expected: string, holds?: (value: unknown, option: string) => boolean][] = [
  [/^retry\.factor$/, "number >= 1", isNumber(1)],
  [/^retry\.jitter$/, "number, 0 to 1", isNumber(0, 1)],
  [/^(connectTimeout|idleTimeout|maxEventSize|retry\.(?!should).*)$/, "number >= 0", isNumber(0)],
  [/^(decode|fetch|onUnauthorized|retry\.shouldRetry)$/, "function"],
  [/^(lastEventId|lastEventIdParam)$/, "string"],
  [/^(endOn|transport)$/, "string or function"],
  [/^retry$/, "object or false", (value) => value === false || typeof value === "object"],
  [/^signal$/, "AbortSignal", (value) => value === null || "aborted" in Object(value)],
  [/^open$/, "boolean"],
  [/^(headers|body)$/, "", () => true],
  [/^/, "what fetch takes", isTakenByFetch],
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
    const [, expected, holds = () => expected.includes(typeof value)] = rules.find(([names]) =>
      names.test(option),
    )!;
    if (!holds(value, option)) throw invalid(option, `expected ${expected}`);
    (holds === isTakenByFetch ? init : own)[name] = value;
  }
  if (own["body"] != null && isPlain(init)) throw invalid("method", "expected one that takes a body");
  return [own as T, init];
}

/** Asked now, since fetch refuses with what looks like a network failure. */
function isTakenByFetch(value: unknown, option: string): boolean {
  try {
    // `"same-origin"` is our own.
    return (
      !globalThis.Request ||
      (option === "redirect" && value === "same-origin") ||
      (option === "method" && typeof value === "function") ||
      !!new Request("http://a", { [option]: value })
    );
  } catch {
    return false;
  }
}
