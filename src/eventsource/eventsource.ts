import { release } from "../stream/body.ts";
import { systemClock } from "../core/clock.ts";
import { createConnection, type Connection } from "../connection/connection.ts";
import { createErrorEvent, type ErrorDetails, type EventSourceErrorEvent } from "./error-event.ts";
import { parse, RECONNECTION_TIME, requestInit, standardRetry, type EventSourceInit } from "./init.ts";
import { createFetchTransport } from "../http/fetch-transport.ts";
import { createHandlers, type Handler } from "./handlers.ts";
import { createMessageEvent } from "./message-event.ts";
import { isPlain, plainRequest } from "../http/request.ts";
import type { ConnectionStatus } from "../connection/status.ts";
import type { StreamItem } from "../core/types.ts";

export type { EventSourceErrorEvent, EventSourceInit };

/** The events that every {@link EventSource} has, besides those that the server names. */
export interface EventSourceEventMap {
  /** The stream has begun. */
  open: Event;
  /** An event that the server gave no name. */
  message: MessageEvent<string>;
  /** The connection failed or ended; `readyState` tells whether it is made again. */
  error: EventSourceErrorEvent;
}

type HandledType = keyof EventSourceEventMap;
type Listener<E extends Event> = (this: EventSource, event: E) => unknown;

/** "The about:event-stream URL is defined for use as the URL for EventSource instances created from a ReadableStream." */
const STREAM_URL = "about:event-stream";

const define = Object.defineProperty;
/** So that the script-tag build, which contains the class, loads even where there is only the language. */
const Target: typeof EventTarget = globalThis.EventTarget ?? Object;

/**
 * The standard's `EventSource` on top of fetch: all of it that user-land code can do, on every runtime. Strict where
 * `createEventSource` is resilient: every status but 200 is final, and the reconnection time is exact.
 *
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#the-eventsource-interface
 */
export class EventSource extends Target {
  /** The connection is being made, or made again. */
  declare static readonly CONNECTING: 0;
  /** Events arrive. */
  declare static readonly OPEN: 1;
  /** It is over, for good. */
  declare static readonly CLOSED: 2;
  /** The connection is being made, or made again. */
  declare readonly CONNECTING: 0;
  /** Events arrive. */
  declare readonly OPEN: 1;
  /** It is over, for good. */
  declare readonly CLOSED: 2;

  static {
    const { prototype } = this;
    // "const unsigned short CONNECTING = 0"
    for (const target of [this, prototype])
      ["CONNECTING", "OPEN", "CLOSED"].forEach((name, value) =>
        define(target, name, { value, enumerable: true }),
      );
    // Members of an interface are enumerable, those of a class are not.
    for (const name of Object.keys(Object.getOwnPropertyDescriptors(prototype)))
      if (!/^con|Listener$|Event$/.test(name)) define(prototype, name, { enumerable: true });
    define(this, "fromReadableStream", { enumerable: true });
    define(prototype, Symbol.toStringTag, { value: "EventSource", configurable: true });
    // A minifier gives it another.
    define(this, "name", { value: "EventSource", configurable: true });
  }

  readonly #url: string;
  readonly #withCredentials: boolean;
  readonly #connection: Connection;
  /** The types that somebody listens to, or has: for others no event is made. */
  readonly #heard = new Set<string>();
  /** One of them: comparing with it takes less time than looking a type up. */
  #lastHeard = "";
  readonly #handlers = createHandlers(this);
  #reconnectionTime = RECONNECTION_TIME;
  #origin = "";
  /** Of the stream of `fromReadableStream`. */
  #reader: ReadableStreamDefaultReader<unknown> | undefined;

  /**
   * @param url - Resolved against the page or worker, where there is one.
   * @throws DOMException `SyntaxError` when the URL is not valid.
   */
  constructor(url: string | URL, init: EventSourceInit = {}) {
    // "constructor(USVString url, optional EventSourceInit eventSourceInitDict = {})"
    if (!arguments.length) throw new TypeError("EventSource needs a URL");
    const given = init ?? {};
    if (Object(given) !== given) throw new TypeError("The second argument of EventSource must be an object");
    super();
    const { withCredentials, fetch, headers, method, body, signal, lastEventId = "" } = given;
    this.#url = parse(`${url}`);
    this.#withCredentials = !!withCredentials;
    const transport = createFetchTransport(
      plainRequest(
        // The URL of `fromReadableStream` is none that could be requested.
        { url: this.#url === STREAM_URL ? "data:," : this.#url },
        { headers, body, fetch },
        requestInit(this.#withCredentials, method),
      ),
      {},
    );
    this.#connection = createConnection(
      {
        transport: (context, sink) =>
          transport(context, {
            ...sink,
            retry: (time) => sink.retry((this.#reconnectionTime = time)),
          }),
        // What may not be sent twice is not.
        retry: body == null && isPlain({ method }) && standardRetry(this.#url),
        lastEventId,
        expectsEnd: false,
        signal,
        onStatus: (status) => this.#onStatus(status),
        onError: (error) => this.#fireError(error),
        delivery: { begin: () => (item) => this.#deliver(item), end() {}, release() {} },
      },
      // "Optionally, wait some more": we do not, not even for the network to come back.
      { clock: systemClock, random: () => 0, whenOnline: () => undefined },
    );
    this.#connection.open();
  }

  /** "The url attribute's getter must return the serialization of this EventSource object's url." */
  get url(): string {
    return this.#url;
  }

  /** "must return the value to which it was last initialized" */
  get withCredentials(): boolean {
    return this.#withCredentials;
  }

  /** `CONNECTING`, `OPEN` or `CLOSED`. */
  get readyState(): 0 | 1 | 2 {
    const { state } = this.#connection.status;
    return state === "open" ? 1 : state === "closed" ? 2 : 0;
  }

  /** The last event ID string. (Coming standard.) */
  get lastEventId(): string {
    return this.#connection.lastEventId;
  }

  /** The reconnection time (ms): what the server's `retry` field said, 3000 before. (Coming standard.) */
  get reconnectionTime(): number {
    return this.#reconnectionTime;
  }

  /** Called when the stream has begun. */
  get onopen(): Handler<EventSourceEventMap["open"]> {
    return this.#handlers.get("open");
  }
  set onopen(handler: Handler<EventSourceEventMap["open"]>) {
    this.#handlers.set("open", handler);
  }

  /** Called with the events that the server gave no name. */
  get onmessage(): Handler<EventSourceEventMap["message"]> {
    return this.#handlers.get("message");
  }
  set onmessage(handler: Handler<EventSourceEventMap["message"]>) {
    this.#handlers.set("message", handler);
  }

  /** Declared as the DOM has it; what is set may count on the details of the event. */
  get onerror(): Handler<Event> {
    return this.#handlers.get("error");
  }
  set onerror(handler: Handler<EventSourceEventMap["error"]>) {
    this.#handlers.set("error", handler);
  }

  /**
   * "must abort any instances of the fetch algorithm started for this EventSource object, and must set the readyState
   * attribute to CLOSED"
   */
  close(): void {
    this.#connection.close("client");
    void release(this.#reader);
  }

  /**
   * Reads a stream of bytes that you already have. The URL is `about:event-stream`, the origin `"null"`. It never
   * reconnects: when the stream ends, `error` is fired and it is closed. (Coming standard.)
   *
   * @throws TypeError when the stream is locked.
   */
  static fromReadableStream(stream: ReadableStream<unknown>): EventSource {
    const reader = stream.getReader();
    const response = {
      url: STREAM_URL,
      status: 200,
      headers: new Headers({ "content-type": "text/event-stream" }),
      body: { getReader: () => reader },
    };
    // A POST is never repeated.
    const source = new EventSource(STREAM_URL, {
      method: "POST",
      fetch: async () => response as unknown as Response,
    });
    source.#reader = reader;
    return source;
  }

  /** Listens to `open`, `message` or `error`. */
  override addEventListener<Type extends HandledType>(
    type: Type,
    listener: Listener<EventSourceEventMap[Type]>,
    options?: boolean | AddEventListenerOptions,
  ): void;
  /** Listens to the events of a name. */
  override addEventListener(
    type: string,
    listener: Listener<MessageEvent<string>>,
    options?: boolean | AddEventListenerOptions,
  ): void;
  /** As for any `EventTarget`. */
  override addEventListener(
    type: string,
    listener: EventListenerOrEventListenerObject | null,
    options?: boolean | AddEventListenerOptions,
  ): void;
  override addEventListener(...args: unknown[]): void {
    super.addEventListener(...(args as Parameters<EventTarget["addEventListener"]>));
    this.#heard.add(String(args[0]));
  }

  /** Ends listening to `open`, `message` or `error`. */
  override removeEventListener<Type extends HandledType>(
    type: Type,
    listener: Listener<EventSourceEventMap[Type]>,
    options?: boolean | EventListenerOptions,
  ): void;
  /** Ends listening to the events of a name. */
  override removeEventListener(
    type: string,
    listener: Listener<MessageEvent<string>>,
    options?: boolean | EventListenerOptions,
  ): void;
  /** As for any `EventTarget`. */
  override removeEventListener(
    type: string,
    listener: EventListenerOrEventListenerObject | null,
    options?: boolean | EventListenerOptions,
  ): void;
  override removeEventListener(...args: unknown[]): void {
    super.removeEventListener(...(args as Parameters<EventTarget["removeEventListener"]>));
  }

  /** Dispatches an event of yours, as for any `EventTarget`. */
  override dispatchEvent(event: Event): boolean {
    this.#handlers.hide(event?.type);
    return super.dispatchEvent(event);
  }

  #deliver({ type, data, lastEventId }: StreamItem): undefined {
    if (this.readyState !== EventSource.OPEN) return;
    // "Set the last event ID string of the event source to the value of the last event ID buffer."
    this.#connection.lastEventId = lastEventId;
    // "If the data buffer is an empty string, set the data buffer and the event type buffer to the empty string and
    // return."
    if (data === undefined || (type !== this.#lastHeard && !this.#heard.has(type))) return;
    this.#lastHeard = type;
    this.dispatchEvent(createMessageEvent(type, data, this.#origin, lastEventId));
  }

  #onStatus(status: ConnectionStatus): void {
    if (status.state === "open") {
      // "the serialization of the origin of the event stream's final URL (i.e., the URL after redirects)"
      this.#origin = new URL(status.url, this.#url).origin;
      // "fires an event named open at the EventSource object"
      if (this.#heard.has("open")) this.dispatchEvent(new Event("open"));
    }
    // A stream that is not requested again has ended.
    if (status.state === "closed" && status.reason === "server" && !status.error)
      this.#fireError({ code: "stream-ended", message: "The stream ended" });
  }

  /** "fires an event named error at the EventSource object" */
  #fireError(details: ErrorDetails): void {
    if (this.#heard.has("error")) this.dispatchEvent(createErrorEvent(details));
  }
}
