import { systemClock } from "../core/clock.ts";
import { createClientTransport } from "../http/client-transport.ts";
import { startingId } from "../http/headers.ts";
import { createUrl } from "../http/url.ts";
import { createEventStream, type EventStream } from "./event-stream.ts";
import { splitOptions, type FetchEventsOptions } from "./options.ts";
import type { Decoder, EventsOf, PerAttempt, TextEvents } from "../core/types.ts";

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
  const address = createUrl(url);
  const lastEventId = startingId(ours, address);
  return createEventStream({ ...ours, lastEventId }, createClientTransport(address, ours, init, systemClock));
}
