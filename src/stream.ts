import type { Body } from "./body.ts";
import { systemClock } from "./clock.ts";
import { EventSourceError, toEventSourceError } from "./errors.ts";
import { fetchBatches } from "./fetch-transport.ts";
import { checkResponse, invalid, originOf, parseUrl, startingId } from "./http.ts";
import { decodeFailed, isEnd, toEvent, type DecodedEvent } from "./interpret.ts";
import { splitOptions, type FetchEventsOptions, type ReadEventsOptions } from "./options.ts";
import { readBatches } from "./reader.ts";
import type {
  AnyEvent,
  AttemptContext,
  Decoder,
  EventsOf,
  PerAttempt,
  Sink,
  StreamItem,
  TextEvents,
} from "./types.ts";

/** One finite event stream. Nothing is read while you do not ask for the next event; leaving the loop closes. */
export interface EventStream<Events extends object = TextEvents> {
  /** The response, once it is known to be an event stream; its body is ours. `undefined` when a bare stream is read. */
  readonly response: Promise<Response | undefined>;
  /** The ID of the last event handed to you. */
  readonly lastEventId: string;
  /** Ends the stream and releases it. */
  close(): void;
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
export function fetchEvents<Events extends object = TextEvents>(
  url: PerAttempt<string | URL>,
  options?: FetchEventsOptions & { decode?: undefined },
): EventStream<Events>;
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
  return createEventStream({ ...ours, lastEventId }, (context, sink) =>
    fetchBatches(url, ours, init, systemClock, context, sink),
  );
}

/**
 * Reads the events of a response, or of a stream of bytes, that you already have.
 * A response is checked first: its status must be 200 and its type that of an event stream.
 *
 * @throws EventSourceError `invalid-option`, naming the option.
 */
export function readEvents<D extends Decoder>(
  body: Response | Body,
  options: ReadEventsOptions & { decode: D },
): EventStream<EventsOf<D>>;
export function readEvents<Events extends object = TextEvents>(
  body: Response | Body,
  options?: ReadEventsOptions & { decode?: undefined },
): EventStream<Events>;
export function readEvents<Events extends object = Record<string, unknown>>(
  body: Response | Body,
  options?: ReadEventsOptions,
): EventStream<Events>;
export function readEvents<Events extends object>(
  body: Response | Body,
  options: ReadEventsOptions = {},
): EventStream<Events> {
  const [ours] = splitOptions(options);
  if (!isReadable(body)) throw invalid("body", "a Response or a stream that nobody has read from");
  return createEventStream(ours, async function* (context, sink) {
    let stream = body as Body | null;
    if ("status" in body) {
      await checkResponse(body, systemClock.after);
      sink.open(body, body);
      stream = body.body;
    }
    if (stream) yield* readBatches(stream, { ...context, maxEventSize: ours.maxEventSize });
  });
}

/** Whether something is a response or a stream that nobody has read from. */
function isReadable(body: unknown): boolean {
  const object = Object(body) as Response & ReadableStream;
  const isOne = "status" in object || "getReader" in object || Symbol.asyncIterator in object;
  return isOne && !object.bodyUsed && !object.locked;
}

function createEventStream<Events extends object>(
  { decode, endOn, signal, lastEventId = "" }: ReadEventsOptions,
  start: (context: AttemptContext, sink: Omit<Sink, "deliver">) => AsyncGenerator<StreamItem[], void>,
): EventStream<Events> {
  const controller = new AbortController();
  let origin = "null";
  let failure: unknown;
  let batches: AsyncGenerator<StreamItem[], void>;
  let read: Promise<IteratorResult<StreamItem[], void>>;
  let close: () => void;

  const response = new Promise<Response | undefined>((resolve, reject) => {
    const fail = (error: unknown) => {
      // Closing is no failure, whatever it interrupts.
      if (!controller.signal.aborted) failure = error;
      close();
    };
    close = () => {
      signal?.removeEventListener("abort", close);
      controller.abort(signal?.reason);
      reject(failure ?? controller.signal.reason);
    };
    signal?.addEventListener("abort", close);
    if (signal?.aborted) close();
    batches = start(
      { attempt: 1, lastEventId, signal: controller.signal },
      {
        open({ url }, answer) {
          origin = originOf(url);
          resolve(answer);
        },
        fail,
        retry() {},
      },
    );
    read = batches.next();
    read.then(() => resolve(undefined), fail);
  });
  // Whoever iterates sees the error there.
  response.catch(() => {});

  async function* events() {
    try {
      await response;
      for (let result; !(result = await read).done; read = batches.next())
        for (const item of result.value) {
          const event = item.data === undefined ? undefined : toEvent(item, origin);
          const isLast = event && isEnd(event, endOn);
          if (event && !isLast && decode)
            try {
              (event as DecodedEvent).data = await decode(event.raw, event);
            } catch (cause) {
              throw decodeFailed(event, cause);
            }
          if (controller.signal.aborted) return;
          lastEventId = item.lastEventId;
          if (isLast) return;
          if (event) yield event;
        }
      if (failure) throw failure;
      if (endOn !== undefined && !controller.signal.aborted)
        throw new EventSourceError("premature-end", "The stream ended before the event of endOn");
    } catch (cause) {
      if (failure || !controller.signal.aborted)
        throw toEventSourceError(failure ?? cause, "network", "The connection was lost");
    } finally {
      close();
    }
  }

  const generator = events();
  const iterator = {
    next: () => generator.next(),
    return() {
      // A generator would first wait for its read to end, and does nothing at all before its first `next()`.
      close();
      return generator.return();
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
  return {
    response,
    get lastEventId() {
      return lastEventId;
    },
    close: close!,
    [Symbol.asyncIterator]: () =>
      iterator as AsyncIterableIterator<unknown> as AsyncIterableIterator<AnyEvent<Events>>,
  };
}
