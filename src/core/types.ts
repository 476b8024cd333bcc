/** Types shared by every layer. This file imports nothing. */

/**
 * One event that the server sent.
 *
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#dispatchMessage
 */
export interface ServerSentEvent<Type extends string = string, Data = string> {
  /** The `event` field, or `"message"` if the server sent none. */
  type: Type;
  /** The result of the `decode` option. Without `decode`, the same string as `raw`. */
  data: Data;
  /** The data as the server sent it: the `data` lines, joined by U+000A. */
  raw: string;
  /** The last event ID at this event. An event without an `id` field keeps the previous ID. */
  lastEventId: string;
  /** The origin of the final URL, after redirects. `"null"` if the stream has no URL. */
  origin: string;
}

/** The event map of a stream without `decode`: any event name, and `data` is a string. */
export type TextEvents = Record<string, string>;

/** The events of a map as one union, discriminated by `type`. */
export type AnyEvent<Events extends object> = {
  [Type in keyof Events & string]: ServerSentEvent<Type, Events[Type]>;
}[keyof Events & string];

/** Turns the text of an event into its data. It may return a promise: the next event waits for it. */
export type Decoder = (raw: string, event: ServerSentEvent) => unknown;

/** The event map that a decoder implies. `schemas({…})` names its events; any other decoder has one data type for all names. */
export type EventsOf<D> = D extends { readonly "~events"?: infer Events extends object }
  ? Events
  : D extends (...args: never[]) => infer Data
    ? Record<string, unknown extends Awaited<Data> ? unknown : Awaited<Data>>
    : TextEvents;

/** The attempt that a function among the options is called for. */
export interface AttemptContext {
  /** 1 for the first attempt. Increases with each failed attempt, and starts over after a healthy connection. */
  readonly attempt: number;
  /** The last event ID that the attempt resumes after. `""` if there is none. */
  readonly lastEventId: string;
  /** Aborted when the attempt is given up. */
  readonly signal: AbortSignal;
}

/** A value, or a function that returns one or a promise of one. The function is called once per attempt: for a value that may expire. */
export type PerAttempt<T> = T | ((context: AttemptContext) => T | PromiseLike<T>);

/** Request headers. Not `HeadersInit`, which Node's types do not declare globally. */
export type HeadersInput = NonNullable<RequestInit["headers"]>;

/**
 * One block of an event stream, or a comment of it.
 * A block without data (`data` undefined) only moves the last event ID.
 */
export interface StreamItem {
  /** The event's name. */
  type: string;
  /** The data as text; `undefined` where there are none. */
  data: string | undefined;
  /** The last event ID from here on. */
  lastEventId: string;
  /** The text of a comment, which is no event. */
  comment?: string | undefined;
  /** Where it is not the origin of the stream's URL. */
  origin?: string | undefined;
  /**
   * The same text as `data`. An item that has it, and an `origin`, is handed on as the event itself instead of a copy: do not
   * use it again.
   */
  raw?: string | undefined;
}

/** A stream that the server has begun. */
export interface OpenStream {
  /** The final URL, after redirects. */
  url: string;
  /** The headers of the response. */
  headers: Headers;
  /** Fails the attempt with `idle-timeout` unless a byte arrives within `timeout` ms. Left out where that cannot be told. */
  checkLiveness?: ((timeout: number) => void) | undefined;
}

/** What a transport tells about its one attempt. */
export interface Sink {
  /** The server's answer is an event stream. Called once, before any item. */
  readonly open: (stream: OpenStream, response?: Response) => void;
  /**
   * Takes the next item. A returned promise is backpressure: what has arrived already may still be given, but the transport
   * reads no further until it resolves.
   */
  readonly deliver: (item: StreamItem) => PromiseLike<void> | undefined;
  /** The attempt failed: a timer of the transport expired, say. Its `signal` is aborted by this. */
  readonly fail: (error: unknown) => void;
  /** The server set the reconnection time (ms). */
  readonly retry: (reconnectionTime: number) => void;
}

/**
 * Makes one attempt and feeds a sink. Resolves when the server ended the stream, rejects with an
 * `EventSourceError` when the attempt failed. Once `context.signal` is aborted it releases everything;
 * what it reports from then on is ignored.
 */
export type Transport = (context: AttemptContext, sink: Sink) => PromiseLike<void>;
