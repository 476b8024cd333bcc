/// <reference lib="esnext.disposable" preserve="true" />
import type { Body } from "../stream/body.ts";
import { systemClock } from "../core/clock.ts";
import { EventSourceError, toEventSourceError } from "../core/errors.ts";
import { createFetchTransport } from "../http/fetch-transport.ts";
import { checkResponse, invalid, originOf, parseUrl, startingId } from "../http/http.ts";
import { createInterpreter, type DecodedEvent } from "../stream/interpret.ts";
import { createFeed, createPump } from "../stream/iterate.ts";
import { splitOptions, type FetchEventsOptions, type ReadEventsOptions } from "./options.ts";
import { readStream } from "../stream/reader.ts";
import type { ResponseLike } from "../http/request-options.ts";
import type {
  AnyEvent,
  Decoder,
  EventsOf,
  PerAttempt,
  ServerSentEvent,
  StreamItem,
  TextEvents,
  Transport,
} from "../core/types.ts";

/** One finite event stream. It is read a chunk ahead of you at most, so that the server waits for you; leaving the loop closes. */
export interface EventStream<Events extends object = TextEvents> {
  /** The response, once it is known to be an event stream; its body is ours. `undefined` when a bare stream is read. */
  readonly response: Promise<Response | undefined>;
  /** The ID of the last event handed to you. */
  readonly lastEventId: string;
  /** Ends the stream and releases it. */
  close(): void;
  /** Same as `close()`. */
  [Symbol.dispose](): void;
  /** Reads on. Leaving the loop closes; a failure throws. */
  [Symbol.asyncIterator](): AsyncIterableIterator<AnyEvent<Events>>;
}

/**
 * Requests one finite event stream, such as an answer told token by token or an export.
 * It is never requested again by itself, whatever happens: the iteration throws.
 *
 * @throws EventSourceError `invalid-option`, naming the option.
 *
 * @example
 * for await (const event of fetchEvents("/chat", { method: "POST", body, decode: json, endOn: "[DONE]" }))
 *   show(event.data);
 */
export function fetchEvents<D extends Decoder>(
  url: PerAttempt<string | URL>,
  options: FetchEventsOptions & { decode: D },
): EventStream<EventsOf<D>>;
/** The same without `decode`: the data are text. */
export function fetchEvents<Events extends object = TextEvents>(
  url: PerAttempt<string | URL>,
  options?: FetchEventsOptions & { decode?: undefined },
): EventStream<Events>;
/** The same with the events declared by hand: their data are what `decode` makes of them. */
export function fetchEvents<Events extends object = Record<string, unknown>>(
  url: PerAttempt<string | URL>,
  options?: FetchEventsOptions,
): EventStream<Events>;
export function fetchEvents<Events extends object>(
  url: PerAttempt<string | URL>,
  options: FetchEventsOptions = {},
): EventStream<Events> {
  const [ours, init] = splitOptions(options);
  const lastEventId = startingId(ours, typeof url === "function" ? undefined : parseUrl(url));
  return createEventStream({ ...ours, lastEventId }, createFetchTransport(url, ours, init, systemClock));
}

/**
 * Reads the events of a response, or of a stream of bytes, that you already have.
 * A response is checked first: its status must be 200 and its type that of an event stream.
 *
 * @throws EventSourceError `invalid-option`, naming the option.
 */
export function readEvents<D extends Decoder>(
  body: ResponseLike | Body,
  options: ReadEventsOptions & { decode: D },
): EventStream<EventsOf<D>>;
/** The same without `decode`: the data are text. */
export function readEvents<Events extends object = TextEvents>(
  body: ResponseLike | Body,
  options?: ReadEventsOptions & { decode?: undefined },
): EventStream<Events>;
/** The same with the events declared by hand: their data are what `decode` makes of them. */
export function readEvents<Events extends object = Record<string, unknown>>(
  body: ResponseLike | Body,
  options?: ReadEventsOptions,
): EventStream<Events>;
export function readEvents<Events extends object>(
  body: ResponseLike | Body,
  options: ReadEventsOptions = {},
): EventStream<Events> {
  const [ours] = splitOptions(options);
  if (!isReadable(body)) throw invalid("body", "a Response or a stream that nobody has read from");
  return createEventStream(ours, async ({ lastEventId, signal }, sink) => {
    const response = "status" in body ? (body as Response) : undefined;
    if (response) await checkResponse(response, systemClock.after);
    const { url = "", headers = new Headers() } = response ?? {};
    sink.open({ url, headers }, response);
    const stream = response ? response.body : (body as Body);
    const { maxEventSize } = ours;
    const origin = originOf(url);
    if (stream)
      await readStream(stream, { lastEventId, origin, signal, maxEventSize, deliver: sink.deliver });
  });
}

/** Whether something is a response or a stream that nobody has read from. */
function isReadable(body: unknown): boolean {
  const object = Object(body) as Response & ReadableStream;
  const isOne = "status" in object || "getReader" in object || Symbol.asyncIterator in object;
  return isOne && !object.bodyUsed && !(object.body ?? object).locked;
}

function createEventStream<Events extends object>(
  options: ReadEventsOptions,
  transport: Transport,
): EventStream<Events> {
  const { endOn, signal } = options;
  let { lastEventId = "" } = options;
  const controller = new AbortController();
  // Asking the signal would take as long as handing an event over.
  let isOver = false;
  let settle: [resolve: (response?: Response) => void, reject: (error: unknown) => void];
  const response = new Promise<Response | undefined>((...how) => (settle = how));
  // Whoever iterates sees the error there.
  response.catch(() => {});

  const interpret = createInterpreter(options, {
    phase: () => isOver,
    wants: () => true,
    complete(event) {
      lastEventId = event.lastEventId;
      close();
      return undefined;
    },
    hand(event) {
      lastEventId = event.lastEventId;
      feed.give(event);
      return undefined;
    },
    refuse: (_, error) => finish(error),
  });
  const pump = createPump<StreamItem>((item) => {
    // Our own reader made it: with data it is an event already.
    if (item.data !== undefined) return interpret(item as ServerSentEvent);
    lastEventId = item.lastEventId;
    return undefined;
  });
  const close = () => finish();
  /** A time that is over is no wish to stop: what has come so far must not pass for all of it. */
  const abort = () => {
    const cause: unknown = signal!.reason;
    const isTimeout = (cause as Error | undefined)?.name === "TimeoutError";
    finish(isTimeout && new EventSourceError("network", "The signal timed out", { cause }));
  };
  const feed = createFeed<DecodedEvent>(pump.hold, close);

  function finish(error?: EventSourceError | false): void {
    // Closing is no failure, whatever it interrupts.
    if (isOver) return;
    isOver = true;
    signal?.removeEventListener("abort", abort);
    controller.abort(signal?.reason);
    pump.clear();
    if (error) Object.assign(error, { attempt: 1, willRetry: false });
    settle[1](error || controller.signal.reason);
    feed.end(error);
  }

  signal?.addEventListener("abort", abort);
  if (signal?.aborted) abort();
  transport(
    { attempt: 1, lastEventId, signal: controller.signal },
    {
      open: (_, answer) => settle[0](answer),
      deliver: (item) => (isOver ? undefined : pump.push(item)),
      fail: (error) => finish(error as EventSourceError),
      retry() {},
    },
  ).then(
    () => {
      settle[0]();
      finish(
        endOn === undefined
          ? undefined
          : new EventSourceError("premature-end", "The stream ended before the event of endOn"),
      );
    },
    (cause) => finish(toEventSourceError(cause, "network", "The connection was lost")),
  );

  return {
    response,
    get lastEventId() {
      return lastEventId;
    },
    close,
    // Where `Symbol.dispose` is missing there is nothing that would call it.
    [Symbol.dispose ?? "dispose"]: close,
    [Symbol.asyncIterator]: () =>
      feed.iterator as AsyncIterableIterator<unknown> as AsyncIterableIterator<AnyEvent<Events>>,
  };
}
