import type { RequestOptions } from "../http/request-options.ts";
import type { ConnectionStatus } from "../connection/status.ts";
import type { EventSourceError } from "../core/errors.ts";
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

/** Members of the standard's dictionary that we pass on; `undefined` is as good as absent. */
type StandardInit = Omit<RequestInit, keyof RequestOptions | keyof RuntimeInit | "signal" | "method">;
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
