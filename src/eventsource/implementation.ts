import { startingId } from "../http/headers.ts";
import { isPlain, plainRequest } from "../http/request.ts";
import { release } from "../stream/body.ts";
import { createHandlers, type Handler } from "./handlers.ts";
import { parse, requestInit, type EventSourceInit } from "./init.ts";
import type { EventSourceEventMap, EventSource as Interface } from "./interface.ts";
import { connect, type Connection } from "./processing-model.ts";

/** "The about:event-stream URL is defined for use as the URL for EventSource instances created from a ReadableStream." */
const STREAM_URL = "about:event-stream";

const define = Object.defineProperty;
/** The script-tag build contains the class, and must load in runtimes without `EventTarget`. */
const Target: typeof EventTarget = globalThis.EventTarget ?? Object;

/**
 * The class behind `EventSource`. Its private members make its type nominal; the type that users get is a structural one.
 */
export class EventSource
  extends Target
  implements Omit<Interface, "addEventListener" | "removeEventListener">
{
  declare static readonly CONNECTING: 0;
  declare static readonly OPEN: 1;
  declare static readonly CLOSED: 2;
  declare readonly CONNECTING: 0;
  declare readonly OPEN: 1;
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
      if (!/^con|Event$/.test(name)) define(prototype, name, { enumerable: true });
    define(this, "fromReadableStream", { enumerable: true });
    define(prototype, Symbol.toStringTag, { value: "EventSource", configurable: true });
    // Minifiers rename the class.
    define(this, "name", { value: "EventSource", configurable: true });
    // The `eventsource` package announces its `fetch` option with this symbol.
    define(this, Symbol.for("eventsource.supports-fetch-override"), { value: true });
  }

  readonly #url: string;
  readonly #withCredentials: boolean;
  readonly #connection: Connection;
  readonly #handlers = createHandlers(this);
  /** The reader of the stream of `fromReadableStream`. */
  #reader: ReadableStreamDefaultReader<unknown> | undefined;

  constructor(url: string | URL, init: EventSourceInit = {}) {
    // "constructor(USVString url, optional EventSourceInit eventSourceInitDict = {})"
    if (!arguments.length) throw new TypeError("EventSource needs a URL");
    const options = init ?? {};
    if (Object(options) !== options)
      throw new TypeError("The second argument of EventSource must be an object");
    super();
    const { withCredentials, method, body, maxEventSize, signal } = options;
    this.#url = parse(`${url}`);
    this.#withCredentials = !!withCredentials;
    // No request can be made to the URL of `fromReadableStream`.
    const address = { url: this.#url === STREAM_URL ? "data:," : this.#url };
    // Requests with a body, or with a method other than GET and HEAD, are never resent automatically.
    const end = body == null && isPlain({ method });
    this.#connection = connect(this, {
      request: plainRequest(address, options, requestInit(this.#withCredentials, method)),
      // "if res is a network error, then reestablish the connection, unless the user agent knows that to be futile": other
      // schemes have no network.
      retries: { end, network: end && /^https?:/.test(this.#url) },
      lastEventId: startingId(options, address),
      maxEventSize,
      signal,
    });
  }

  get url(): string {
    return this.#url;
  }

  get withCredentials(): boolean {
    return this.#withCredentials;
  }

  get readyState(): 0 | 1 | 2 {
    return this.#connection.readyState;
  }

  get lastEventId(): string {
    return this.#connection.lastEventId;
  }

  get reconnectionTime(): number {
    return this.#connection.reconnectionTime;
  }

  get onopen(): Handler<Event> {
    return this.#handlers.get("open");
  }
  set onopen(handler) {
    this.#handlers.set("open", handler);
  }

  get onmessage(): Handler<MessageEvent> {
    return this.#handlers.get("message");
  }
  set onmessage(handler) {
    this.#handlers.set("message", handler);
  }

  get onerror(): Handler<Event> {
    return this.#handlers.get("error");
  }
  set onerror(handler: Handler<EventSourceEventMap["error"]>) {
    this.#handlers.set("error", handler);
  }

  close(): void {
    this.#connection.close();
    void release(this.#reader);
  }

  static fromReadableStream(stream: ReadableStream<unknown>): EventSource {
    const reader = stream.getReader();
    const response = {
      url: STREAM_URL,
      status: 200,
      headers: new Headers({ "content-type": "text/event-stream" }),
      body: { getReader: () => reader },
    };
    const source = new EventSource(STREAM_URL, {
      // A source with a POST never reconnects.
      method: "POST",
      fetch: async () => response,
    });
    source.#reader = reader;
    return source;
  }

  /** Hides the handler from a platform that would call it: it is called as a listener. */
  override dispatchEvent(event: Event): boolean {
    this.#handlers.hide(event?.type);
    return super.dispatchEvent(event);
  }
}
