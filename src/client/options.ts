import type { RequestOptions } from "../http/request-options.ts";
import { checkNumber, invalid, type EventSourceError } from "../core/errors.ts";
import { isPlain } from "../http/http.ts";
import type { InterpretOptions } from "../stream/interpret.ts";
import type { ConnectionStatus } from "../connection/status.ts";
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
  retry?: boolean | RetryOptions | undefined;
  onEvent?: ((event: never) => unknown) | undefined;
  onStatus?: ((status: ConnectionStatus) => unknown) | undefined;
  onError?: ((error: EventSourceError) => unknown) | undefined;
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

/** Options that fetch does not get: a custom fetch may have its own `retry`. */
const ownOptions =
  /^(on[A-Z].*|headers|body|fetch|lastEventId(Param)?|(connect|idle)Timeout|maxEventSize|decode|endOn|signal|retry|transport|open)$/;

/**
 * Separates our options from those that are passed to fetch, without members that are `undefined`.
 *
 * @throws EventSourceError `invalid-option` where a mistake would otherwise hang, or look like a network failure.
 */
export function splitOptions<T extends object>(options: T): [own: T, init: RequestInit] {
  const own: Record<string, unknown> = {};
  const init: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(options) as [string, unknown][]) {
    if (value === undefined) continue;
    if (/Timeout$|Size$/.test(name)) checkNumber(name, value);
    if (ownOptions.test(name) || (name === "method" && typeof value === "function")) own[name] = value;
    else {
      checkInit(name, value);
      init[name] = value;
    }
  }
  if (own["body"] != null && isPlain(own) && isPlain(init))
    throw invalid("method", "GET and HEAD requests have no body");
  return [own as T, init];
}

/** Asks fetch now, which would refuse with what looks like a network failure. */
function checkInit(name: string, value: unknown): void {
  // `redirect: "same-origin"` is our own.
  if (!globalThis.Request || (name === "redirect" && value === "same-origin")) return;
  try {
    void new Request("http://a", { [name]: value });
  } catch {
    throw invalid(name, "fetch rejected it");
  }
}
