import type { Body } from "../stream/body.ts";
import { createFetchTransport } from "../http/fetch-transport.ts";
import { isBody, rejectionWithBody } from "../http/response.ts";
import { systemClock } from "../core/clock.ts";
import { invalid } from "../core/errors.ts";
import { createEventStream, type EventStream } from "./event-stream.ts";
import { splitOptions, type ReadEventsOptions } from "./options.ts";
import type { ResponseLike } from "../http/request-options.ts";
import type { Decoder, EventsOf, TextEvents } from "../core/types.ts";

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
  if (!isReadable(body)) throw invalid("body", "expected a Response or a stream that nobody has read from");
  const response = "status" in body ? (body as Response) : undefined;
  const transport = createFetchTransport(
    async () => response ?? ({ status: 200, url: "", headers: new Headers(), body } as unknown as Response),
    {
      maxEventSize: ours.maxEventSize,
      check: (answer, signal) =>
        rejectionWithBody(answer, systemClock.after, signal, ": pass response.body to read it anyway"),
    },
  );
  return createEventStream(ours, (context, sink) =>
    transport(context, { ...sink, open: (stream) => sink.open(stream, response) }),
  );
}

/** Whether something is a response or a stream that nobody has read from. */
function isReadable(body: unknown): boolean {
  const object = Object(body) as Response & ReadableStream;
  const isOne = "status" in object || isBody(object);
  return isOne && !object.bodyUsed && !(object.body ?? object).locked;
}
