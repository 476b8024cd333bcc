import { systemClock } from "../core/clock.ts";
import { whenOnline } from "../core/page.ts";
import type { Environment } from "../connection/connection.ts";
import { createClient } from "./client.ts";
import type { EventSourceClient, EventSourceUrl } from "./event-source-client.ts";
import type { EventSourceOptions } from "./options.ts";
import type { Decoder, EventsOf, TextEvents } from "../core/types.ts";

const systemEnvironment: Environment = { clock: systemClock, random: () => Math.random(), whenOnline };

/**
 * Subscribes to an event stream: connects, reconnects, resumes.
 *
 * @param url - Where the stream is. Reconnects go to it too, never to where it redirected.
 * @throws EventSourceError `invalid-option`, naming the option; `unsupported`.
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#processing-model-9
 *
 * @example
 * const source = createEventSource<{ tick: { price: number } }>("/prices", { decode: json });
 * source.on("tick", (event) => console.log(event.data.price));
 */
export function createEventSource<D extends Decoder>(
  url: EventSourceUrl,
  options: EventSourceOptions & { decode: D },
): EventSourceClient<EventsOf<D>>;
/** The same without `decode`: the data are text. */
export function createEventSource<Events extends object = TextEvents>(
  url: EventSourceUrl,
  options?: EventSourceOptions & { decode?: undefined },
): EventSourceClient<Events>;
/** The same with the events declared by hand: their data are what `decode` makes of them. */
export function createEventSource<Events extends object = Record<string, unknown>>(
  url: EventSourceUrl,
  options?: EventSourceOptions,
): EventSourceClient<Events>;
export function createEventSource<Events extends object>(
  url: EventSourceUrl,
  options: EventSourceOptions = {},
): EventSourceClient<Events> {
  return createClient(url, options, systemEnvironment);
}
