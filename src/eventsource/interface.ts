import type { ErrorEvent } from "./error-event.ts";
import type { Handler } from "./handlers.ts";
import type { EventSourceInit } from "./init.ts";

// `MessageEvent<string>` and the names of the listener types exist in TypeScript's DOM library only, not in the types of Node.
type AnyListener = Parameters<EventTarget["addEventListener"]>[1];
type AddOptions = Parameters<EventTarget["addEventListener"]>[2];
type RemoveOptions = Parameters<EventTarget["removeEventListener"]>[2];

/** A `MessageEvent` whose data is a string. */
export interface TextMessageEvent extends Omit<MessageEvent, "data"> {
  /** The data as the server sent it: the `data` lines, joined by U+000A. */
  readonly data: string;
}

/** The events of every {@link EventSource} besides those that the server names. */
export interface EventSourceEventMap {
  /** The stream has begun. */
  open: Event;
  /** An event without a name. */
  message: TextMessageEvent;
  /** The connection failed or was lost. `readyState` says whether it is reestablished. */
  error: ErrorEvent;
}

type HandledType = keyof EventSourceEventMap;
type Listener<E extends Event> = (this: EventSource, event: E) => unknown;

/**
 * An `EventSource`. The type is an interface, so that an instance of the native class is one too. Members that native classes do not
 * have yet are optional.
 */
export interface EventSource extends EventTarget {
  /** The connection is being established or reestablished. */
  readonly CONNECTING: 0;
  /** Events are received. */
  readonly OPEN: 1;
  /** The connection failed or was closed. It is not reestablished. */
  readonly CLOSED: 2;

  /** "The url attribute's getter must return the serialization of this EventSource object's url." */
  readonly url: string;
  /** Whether credentials are sent to other origins. */
  readonly withCredentials: boolean;
  /** `CONNECTING`, `OPEN` or `CLOSED`. */
  readonly readyState: number;
  /** The last event ID string. Proposed for the standard (whatwg/html#12272). */
  readonly lastEventId?: string;
  /** The reconnection time in ms: that of the server's `retry` field, 3000 before. Proposed for the standard. */
  readonly reconnectionTime?: number;

  // The getters have the types of the DOM, the setters more precise ones.
  /** Called when the stream has begun. */
  get onopen(): Handler<Event>;
  set onopen(handler: Handler<EventSourceEventMap["open"]>);
  /** Called with each event without a name. */
  get onmessage(): Handler<MessageEvent>;
  set onmessage(handler: Handler<EventSourceEventMap["message"]>);
  /** Called when the connection failed or was lost. */
  get onerror(): Handler<Event>;
  set onerror(handler: Handler<EventSourceEventMap["error"]>);

  /**
   * "must abort any instances of the fetch algorithm started for this EventSource object, and must set the readyState
   * attribute to CLOSED"
   */
  close(): void;

  /** Adds a listener for `open`, `message` or `error`. */
  addEventListener<Type extends HandledType>(
    type: Type,
    listener: Listener<EventSourceEventMap[Type]>,
    options?: AddOptions,
  ): void;
  /** Adds a listener for the events of a name. */
  addEventListener(type: string, listener: Listener<TextMessageEvent>, options?: AddOptions): void;
  /** Adds a listener, as for any `EventTarget`. */
  addEventListener(type: string, listener: AnyListener, options?: AddOptions): void;

  /** Removes a listener for `open`, `message` or `error`. */
  removeEventListener<Type extends HandledType>(
    type: Type,
    listener: Listener<EventSourceEventMap[Type]>,
    options?: RemoveOptions,
  ): void;
  /** Removes a listener for the events of a name. */
  removeEventListener(type: string, listener: Listener<TextMessageEvent>, options?: RemoveOptions): void;
  /** Removes a listener, as for any `EventTarget`. */
  removeEventListener(type: string, listener: AnyListener, options?: RemoveOptions): void;
}

/** The symbol by which the `eventsource` package announces its `fetch` option. */
declare const supportsFetchOverride: unique symbol;

/**
 * The class of an {@link EventSource}. The type is an interface, so that the native class is one too. Members that native classes do
 * not have yet are optional.
 */
export interface EventSourceConstructor {
  /** The prototype of its instances. */
  readonly prototype: EventSource;
  /**
   * Connects at once.
   *
   * @param url - Resolved against the URL of the page or worker, if there is one.
   * @throws DOMException `SyntaxError` if the URL is not valid.
   */
  new (url: string | URL, init?: EventSourceInit): EventSource;

  /** The connection is being established or reestablished. */
  readonly CONNECTING: 0;
  /** Events are received. */
  readonly OPEN: 1;
  /** The connection failed or was closed. It is not reestablished. */
  readonly CLOSED: 2;

  /** `Symbol.for("eventsource.supports-fetch-override")`: the `fetch` option is supported. */
  readonly [supportsFetchOverride]?: true;

  /**
   * Reads a stream of bytes that you already have. The URL is `about:event-stream`, and the origin of its events `"null"`. It never
   * reconnects: when the stream ends, `error` is fired and the source is closed. Proposed for the standard (whatwg/html#12272).
   *
   * @throws TypeError if the stream is locked.
   */
  fromReadableStream?(stream: ReadableStream<unknown>): EventSource;
}
