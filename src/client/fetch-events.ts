import { systemClock } from "../core/clock.ts";
import { createFetchTransport } from "../http/fetch-transport.ts";
import { parseUrl, startingId } from "../http/http.ts";
import { createEventStream, type EventStream } from "./event-stream.ts";
import type { EventSourceUrl } from "./event-source-client.ts";
import { splitOptions, type FetchEventsOptions } from "./options.ts";
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
  const [ours, init] = splitOptions(options);
  const lastEventId = startingId(ours, typeof url === "function" ? undefined : parseUrl(url));
  return createEventStream({ ...ours, lastEventId }, createFetchTransport(url, ours, init, systemClock));
}
