/** Types shared by every layer. */
import type { EventSourceError } from "./errors.ts";

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
 * What a stream consists of: an event, a comment, or a block without data, which only moves the last event ID.
 */
export interface StreamItem {
  /** The event's name. */
  type: string;
  /** The data as text; `undefined` for a block without data and for a comment. */
  data: string | undefined;
  /** The last event ID from here on. */
  lastEventId: string;
  /** The text of a comment. */
  comment?: string | undefined;
  /** The origin of the event. Default: that of the stream's URL. */
  origin?: string | undefined;
  /**
   * The same text as `data`. An item with `raw` and `origin` is delivered as the event itself instead of a copy: do not reuse it.
   */
  raw?: string | undefined;
}

/** An event stream that the server has begun. */
export interface OpenStream {
  /** The final URL, after redirects. */
  url: string;
  /** The headers of the response. */
  headers: Headers;
  /** Fails the attempt with `idle-timeout` unless a byte arrives within `timeout` ms. Omitted where the transport cannot tell. */
  checkLiveness?: ((timeout: number) => void) | undefined;
}

/** How a transport reports on its attempt. Everything is ignored once the attempt is over. */
export interface Sink {
  /** The response is an event stream. Called before any item. */
  readonly open: (stream: OpenStream, response?: Response) => void;
  /**
   * Takes the next item. A returned promise is backpressure: the transport may still deliver what has arrived already, but should
   * not read on until the promise resolves.
   */
  readonly deliver: (item: StreamItem) => PromiseLike<void> | undefined;
  /** The server set the reconnection time, in ms. */
  readonly retry: (reconnectionTime: number) => void;
  /** The attempt failed, for example because a timer of the transport expired. Aborts its `signal`. */
  readonly fail: (error: unknown) => void;
  /**
   * The connection was lost, and the transport itself makes the next one. The status becomes `connecting`, and the error is emitted
   * with `willRetry`. The transport calls `open` again when it is connected.
   */
  readonly reconnecting: (error: EventSourceError) => void;
}

/**
 * Makes one attempt and reports to a sink. It resolves when the server ended the stream, and rejects when the attempt failed. When
 * `context.signal` is aborted it must release everything.
 */
export type Transport = (context: AttemptContext, sink: Sink) => PromiseLike<void>;
