import type { RequestOptions } from "./fetch-transport.ts";
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
  /** The last event ID that events without an `id` inherit, and that a request resumes from. Default `""`. */
  lastEventId?: string | undefined;
  /** Most characters buffered for one event, else `event-too-large`, which is fatal. Default 16 MiB (16777216). */
  maxEventSize?: number | undefined;
  /** Aborting it closes. When it is aborted already, no request is made. */
  signal?: AbortSignal | undefined;
}

/** Options of {@link fetchEvents}. Members not named here go to fetch as they are. */
export interface FetchEventsOptions extends PassedInit, RequestOptions, ReadEventsOptions {
  maxEventSize?: number | undefined;
}

/** Options of {@link createEventSource}. Members not named here go to fetch as they are. */
export interface EventSourceOptions extends FetchEventsOptions {
  /**
   * When to connect again, or `false` for never. Default: see {@link RetryOptions}; `false` for a request with a body
   * or a method other than GET and HEAD, so that nothing is sent twice unasked.
   */
  retry?: false | RetryOptions | undefined;
  /** What makes the attempts: `"fetch"`, or a transport of yours. Default `"auto"`, which is fetch. */
  transport?: "auto" | "fetch" | "native" | Transport | undefined;
  /** `false` makes the client without connecting, also where there is no network. Default `true`. */
  open?: boolean | undefined;
}

/** The options that are ours, by what they must be. All others go to fetch. */
const expected: Record<string, string> = {
  number: "connectTimeout idleTimeout maxEventSize initial factor max jitter attempts elapsed stableAfter",
  function: "decode fetch onUnauthorized shouldRetry",
  string: "lastEventId lastEventIdParam",
  "string or function": "endOn",
  "object or false": "retry",
  object: "signal",
  boolean: "open",
  "": "headers body redirect transport",
};

/**
 * Divides options into those that are ours and the rest, without members that are undefined.
 * The rest goes to fetch; ours do not, since a custom fetch may have its own idea of `retry`.
 *
 * @throws EventSourceError `invalid-option` for the first one that is not of its type, or a negative number.
 */
export function splitOptions<T extends object>(options: T, prefix = ""): [ours: T, init: RequestInit] {
  const ours: Record<string, unknown> = {};
  const init: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(options) as [string, unknown][]) {
    if (value === undefined) continue;
    const type = Object.keys(expected).find((key) => expected[key]!.split(" ").includes(name));
    const found = value === false && name === "retry" ? "false" : typeof value;
    if (type && (!type.includes(found) || (found === "number" && !((value as number) >= 0))))
      throw invalid(prefix + name, type);
    (type === undefined ? init : ours)[name] = value;
  }
  return [ours as T, init];
}
