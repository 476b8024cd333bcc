import { systemClock } from "../core/clock.ts";
import { createClientTransport } from "../http/client-transport.ts";
import { startingId } from "../http/headers.ts";
import { createUrl } from "../http/url.ts";
import { createEventStream, type EventStream } from "./event-stream.ts";
import type { EventSourceUrl } from "./event-source-client.ts";
import type { FetchEventsOptions } from "./options.ts";
import type { DefaultData, InferredEvents, OptionsArgument, Undecoded } from "../core/inference.ts";
import type { TextEvents } from "../core/types.ts";

/**
 * Requests one finite event stream, such as an LLM response or an export. The request is never repeated automatically.
 *
 * Without `decode`, the data of each event is a string. If the stream fails, the loop throws an `EventSourceError`.
 *
 * @param url - The URL of the stream, or a function called before the attempt. A relative URL is resolved against the page.
 * @throws EventSourceError `invalid-option`, naming the option.
 *
 * @example
 * for await (const event of fetchEvents("/export")) console.log(event.data);
 */
export function fetchEvents<Events extends Undecoded<Events> = TextEvents>(
  url: EventSourceUrl,
): EventStream<Events>;
/**
 * Requests one finite event stream with options. The events are typed by `decode`, or by a type argument.
 *
 * A type argument whose data is not a string requires `decode`.
 *
 * @example
 * for await (const event of fetchEvents("/chat", { method: "POST", body, decode: json, endOn: "[DONE]" }))
 *   show(event.data);
 */
export function fetchEvents<
  Events extends object = never,
  Schemas extends object = object,
  Data = DefaultData<Events>,
>(
  url: EventSourceUrl,
  options: OptionsArgument<FetchEventsOptions, Events, Schemas, Data>,
): EventStream<InferredEvents<Events, Schemas, Data>>;
export function fetchEvents(url: EventSourceUrl, options: FetchEventsOptions = {}): unknown {
  const address = createUrl(url);
  const { decode, endOn, signal, ...request } = options;
  return createEventStream(
    { decode, endOn, signal, lastEventId: startingId(request, address) },
    createClientTransport(address, request, systemClock),
  );
}
