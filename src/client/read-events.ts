import type { Body } from "../stream/body.ts";
import { createFetchTransport } from "../http/fetch-transport.ts";
import { isBody, rejectionWithBody } from "../http/response.ts";
import { systemClock } from "../core/clock.ts";
import { checkNumbers, invalid } from "../core/errors.ts";
import { createEventStream, type EventStream } from "./event-stream.ts";
import type { ReadEventsOptions } from "./options.ts";
import type { ResponseLike } from "../http/request-options.ts";
import type { DefaultData, InferredEvents, OptionsArgument, Undecoded } from "../core/inference.ts";
import type { TextEvents } from "../core/types.ts";

/**
 * Reads the events of a response, or of a stream of bytes, that you already have.
 *
 * The status of a response must be 200, and its `Content-Type` must be `text/event-stream` or missing. Pass `response.body` to
 * read it without this check. Without `decode`, the data of each event is a string. If the stream fails, the loop throws an
 * `EventSourceError`.
 *
 * @throws EventSourceError `invalid-option`, naming the option: `body` if it is neither a response nor a stream, was read, or is locked.
 *
 * @example
 * for await (const event of readEvents(await fetch("/export"))) console.log(event.data);
 */
export function readEvents<Events extends Undecoded<Events> = TextEvents>(
  body: ResponseLike | Body,
): EventStream<Events>;
/**
 * Reads the events of a response or stream with options. The events are typed by `decode`, or by a type argument.
 *
 * A type argument whose data is not a string requires `decode`.
 *
 * @example
 * for await (const event of readEvents(response, { decode: json, endOn: "[DONE]" })) show(event.data);
 */
export function readEvents<
  Events extends object = never,
  Schemas extends object = object,
  Data = DefaultData<Events>,
>(
  body: ResponseLike | Body,
  options: OptionsArgument<ReadEventsOptions, Events, Schemas, Data>,
): EventStream<InferredEvents<Events, Schemas, Data>>;
export function readEvents(body: ResponseLike | Body, options: ReadEventsOptions = {}): unknown {
  const { maxEventSize } = options;
  checkNumbers({ maxEventSize });
  if (!isReadable(body)) throw invalid("body", "expected a Response or a stream that nobody has read from");
  const response = "status" in body ? (body as Response) : undefined;
  const transport = createFetchTransport(
    async () => response ?? ({ status: 200, url: "", headers: new Headers(), body } as unknown as Response),
    options,
    (answer, signal) =>
      rejectionWithBody(answer, systemClock.after, signal, ": pass response.body to read it anyway"),
  );
  return createEventStream(options, (context, sink) =>
    transport(context, { ...sink, open: (stream) => sink.open(stream, response) }),
  );
}

/** Whether something is a response or a stream that nobody has read from. */
function isReadable(body: unknown): boolean {
  const object = Object(body) as Response & ReadableStream;
  const isOne = "status" in object || isBody(object);
  return isOne && !object.bodyUsed && !(object.body ?? object).locked;
}
