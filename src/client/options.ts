import type { RequestOptions } from "../http/request-options.ts";
import type { ConnectionStatus } from "../connection/status.ts";
import { invalid, type EventSourceError } from "../core/errors.ts";
import { isPlain } from "../http/http.ts";
import type { RetryOptions } from "../connection/retry.ts";
import type { AnyEvent, Decoder, ServerSentEvent, Transport } from "../core/types.ts";

/** Members of the `fetch` init that the standard does not have. */
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
  /** Required by fetch if the body is a stream. */
  duplex?: "half" | undefined;
}

/** Members of the standard's init that are passed through. `undefined` means not set. */
type StandardInit = Omit<RequestInit, keyof RequestOptions | keyof RuntimeInit | "signal">;
type PassedInit = { [Name in keyof StandardInit]?: StandardInit[Name] | undefined } & RuntimeInit;

/** Options of {@link readEvents}. */
export interface ReadEventsOptions {
  /**
   * Turns the text of an event into its data: `json`, `schema(s)`, `schemas({…})`, or a function of the text and the event. It may
   * return a promise: events stay in order, and the next event waits. If it throws or rejects, only that event is lost: a
   * subscription reports `decode-failed` with the text in `event.raw` and continues; the loop of a finite stream throws it. A
   * subscription does not decode events without a listener. Default: `data` is the text.
   *
   * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#dispatchMessage
   */
  decode?: Decoder | undefined;
  /**
   * The event that completes the stream: a string that equals its data, or a test. The event is not delivered, unless the test
   * returns `"deliver"`, for protocols whose last event is the answer itself. The test gets the event before `decode`, so that a
   * sentinel like `[DONE]` need not be JSON. If the response ends without this event, the error is `premature-end`, which
   * a subscription retries. Set it to distinguish completion from truncation.
   */
  endOn?: string | ((event: ServerSentEvent) => boolean | "deliver") | undefined;
  /**
   * The last event ID to start from: the first request resumes after it, and events without an `id` inherit it. It takes
   * precedence over a `Last-Event-ID` among `headers` and over `lastEventIdParam` in the URL. Default `""`.
   *
   * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#concept-event-stream-last-event-id
   */
  lastEventId?: string | undefined;
  /**
   * Maximum size of one event or one unfinished line, in characters. A larger one is a fatal `event-too-large` error. Lower it if
   * the server is not trusted and memory is scarce. Default 16 MiB (16777216).
   */
  maxEventSize?: number | undefined;
  /**
   * Closes the client when aborted. If it is already aborted, no request is made, not even by a later `open()`. The loop of a
   * finite stream throws the signal's reason, as `fetch` does. `close()` and `break` end it without an error.
   */
  signal?: AbortSignal | null | undefined;
}

/** Options of {@link fetchEvents}. Unknown options are passed to `fetch` unvalidated. */
export interface FetchEventsOptions extends PassedInit, RequestOptions, ReadEventsOptions {}

/** Options of {@link createEventSource}. Unknown options are passed to `fetch` unvalidated. */
export interface EventSourceOptions<
  Events extends object = Record<string, unknown>,
> extends FetchEventsOptions {
  /**
   * Called for each server event, like a listener of the method `onEvent`, but attached before the first attempt. A
   * returned promise applies backpressure and holds the checkpoint until it settles.
   */
  onEvent?: ((event: AnyEvent<NoInfer<Events>>) => unknown) | undefined;
  /** Called for each change of `status`, like a listener of the method `onStatus`, but attached before the first attempt. */
  onStatus?: ((status: ConnectionStatus) => unknown) | undefined;
  /**
   * Called for each error, like a listener of the method `onError`, but attached before the first attempt. `error.willRetry`
   * says whether the client retries.
   */
  onError?: ((error: EventSourceError) => unknown) | undefined;
  /**
   * Retry policy: `true` for the default policy, `false` for no retry, or an object that changes single members of the default policy. If
   * `method` is a function or other than GET and HEAD, there is no retry unless you set it, so that a request body is never resent
   * silently. Default `true`.
   *
   * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#reestablish-the-connection
   */
  retry?: boolean | RetryOptions | undefined;
  /**
   * Makes the attempts: `"fetch"`, `"native"` (the runtime's own `EventSource`), or your transport. `"auto"` is fetch if response
   * bodies stream in this runtime, otherwise the native class. If an option needs fetch, the native class fails with
   * `unsupported`, naming the option. It reports no comments, and only events named `"message"`, by `schemas`, or by a call of
   * `on`. Default `"auto"`.
   *
   * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#the-eventsource-interface
   */
  transport?: "auto" | "fetch" | "native" | Transport | undefined;
  /**
   * `false` creates the client without connecting, until `open()` is called. It then needs neither a network nor a page, as in
   * server-side rendering. Default `true`.
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
      !!new Request("http://a", { [option]: value })
    );
  } catch {
    return false;
  }
}
