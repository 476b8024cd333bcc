import type { Body } from "../stream/body.ts";
import { systemClock } from "../core/clock.ts";
import { invalid } from "../core/errors.ts";
import { checkResponse, originOf } from "../http/http.ts";
import { createEventStream, type EventStream } from "./event-stream.ts";
import { splitOptions, type ReadEventsOptions } from "./options.ts";
import { readStream } from "../stream/reader.ts";
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
