import { systemClock } from "./clock.ts";
import { EventSourceError, toEventSourceError } from "./errors.ts";
import { fetchBatches } from "./fetch-transport.ts";
import { parseUrl, refusal } from "./http.ts";
import { decodeFailed, isEnd, toEvent } from "./interpret.ts";
import { checkOptions, passedInit, type FetchEventsOptions, type ReadEventsOptions } from "./options.ts";
import { readBatches, type Body } from "./reader.ts";
import type { AnyEvent, Decoder, EventsOf, PerAttempt, StreamItem, TextEvents } from "./types.ts";

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
  options?: FetchEventsOptions,
): EventStream<Events>;
export function fetchEvents<Events extends object>(
  url: PerAttempt<string | URL>,
  options: FetchEventsOptions = {},
): EventStream<Events> {
  const init = passedInit(options);
  if (typeof url !== "function") parseUrl(url);
  return createEventStream(options, (context, open) =>
    fetchBatches(url, options, init, systemClock, { attempt: 1, ...context }, () => {}, open),
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
  options?: ReadEventsOptions,
): EventStream<Events>;
export function readEvents<Events extends object>(
  body: Response | Body,
  options: ReadEventsOptions = {},
): EventStream<Events> {
  checkOptions(options);
  return createEventStream(options, async function* (context, open) {
    if (body instanceof Response) {
      const error = refusal(body);
      if (error) throw error;
      open(body);
      if (body.body) yield* readBatches(body.body, context);
    } else yield* readBatches(body, context);
  });
}
type Context = { lastEventId: string; signal: AbortSignal; maxEventSize?: number | undefined };

function createEventStream<Events extends object>(
  { decode, endOn, signal, lastEventId = "", maxEventSize }: ReadEventsOptions,
  start: (context: Context, open: (response: Response) => void) => AsyncGenerator<StreamItem[], void>,
): EventStream<Events> {
  const controller = new AbortController();
  let origin = "null";
  let respond: (response: Response) => void;
  let refuse: (error: unknown) => void;
  const response = new Promise<Response | undefined>((resolve, reject) => {
    respond = resolve;
    refuse = reject;
  });

  const close = () => {
    signal?.removeEventListener("abort", close);
    controller.abort(signal?.reason);
  };
  signal?.addEventListener("abort", close);
  if (signal?.aborted) close();
  const batches = start({ lastEventId, signal: controller.signal, maxEventSize }, (answer) => {
    if (answer.url) ({ origin } = new URL(answer.url));
    respond(answer);
  });
  const first = batches.next();
  first.catch((e) => refuse(e));

  async function* events() {
    try {
      for (let read = first, batch; !(batch = await read).done; read = batches.next())
        for (const item of batch.value) {
          if (controller.signal.aborted) return;
          lastEventId = item.lastEventId;
          if (item.data === undefined) continue;
          const event = toEvent(item, origin);
          if (isEnd(event, endOn)) return;
          try {
            if (decode) (event as { data: unknown }).data = await decode(event.raw, event);
          } catch (cause) {
            throw decodeFailed(event, cause);
          }
          yield event;
        }
      if (endOn !== undefined && !controller.signal.aborted)
        throw new EventSourceError("premature-end", "The stream ended before the event of endOn");
    } catch (cause) {
      if (!controller.signal.aborted) throw toEventSourceError(cause, "network", "The connection was lost");
    } finally {
      close();
    }
  }
  return {
    response,
    get lastEventId() {
      return lastEventId;
    },
    close,
    [Symbol.asyncIterator]: events as never,
  };
}
