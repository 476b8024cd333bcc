import type { RequestOptions } from "./fetch-transport.ts";
import { invalid, parseHeaders } from "./http.ts";
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

type PassedInit = Omit<RequestInit, keyof RequestOptions | keyof RuntimeInit | "signal"> & RuntimeInit;

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

const expected: Record<string, string | undefined> = {
  connectTimeout: "number",
  idleTimeout: "number",
  maxEventSize: "number",
  initial: "number",
  factor: "number",
  max: "number",
  jitter: "number",
  attempts: "number",
  elapsed: "number",
  stableAfter: "number",
  decode: "function",
  fetch: "function",
  onUnauthorized: "function",
  shouldRetry: "function",
  endOn: "string or function",
  transport: "string or function",
  lastEventId: "string",
  lastEventIdParam: "string",
  method: "string",
  signal: "object",
  retry: "object or false",
};

/** Throws `invalid-option` for the first option that is not of its type, or a negative number. */
export function checkOptions(options: object, prefix = ""): void {
  for (const [name, value] of Object.entries(options) as [string, unknown][]) {
    const type = expected[name];
    if (type && value !== undefined && value !== false)
      if (!type.includes(typeof value) || (typeof value === "number" && !(value >= 0)))
        throw invalid(prefix + name, type);
  }
}

/** The members that go to fetch as they are: none of ours, since a custom fetch may have its own idea of `retry`. */
export function passedInit(options: EventSourceOptions): RequestInit {
  checkOptions(options);
  if (typeof options.headers !== "function") parseHeaders(options.headers);
  const {
    headers: _h,
    body: _b,
    redirect: _r,
    onUnauthorized: _u,
    fetch: _f,
    lastEventIdParam: _p,
    connectTimeout: _c,
    idleTimeout: _i,
    maxEventSize: _m,
    decode: _d,
    endOn: _e,
    signal: _s,
    transport: _t,
    open: _o,
    lastEventId: _l,
    retry: _y,
    ...init
  } = options;
  return init as RequestInit;
}
