import { systemClock } from "../core/clock.ts";
import { whenOnline } from "../core/page.ts";
import type { Environment } from "../connection/connection.ts";
import { createClient } from "./client.ts";
import type { EventSourceClient, EventSourceUrl } from "./event-source-client.ts";
import type { EventSourceOptions } from "./options.ts";
import type { DefaultData, InferredEvents, OptionsArgument, Undecoded } from "../core/inference.ts";
import type { TextEvents } from "../core/types.ts";

const systemEnvironment: Environment = { clock: systemClock, random: () => Math.random(), whenOnline };

/**
 * Subscribes to an event stream. The client reconnects and resumes automatically until it is closed.
 *
 * Without `decode`, the data of each event is a string. A type argument names the events:
 * `createEventSource<{ tick: string }>(url)`.
 *
 * @param url - The URL of the stream, or a function called before each attempt. A relative URL is resolved once, against the
 * page as it is at the call. Reconnects go to this URL, not to the target of a redirect.
 * @throws EventSourceError `invalid-option`, naming the option; `unsupported`, naming the options that need fetch.
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#processing-model-9
 *
 * @example
 * const source = createEventSource("/log");
 * source.on("message", (event) => console.log(event.data));
 */
export function createEventSource<Events extends Undecoded<Events> = TextEvents>(
  url: EventSourceUrl,
): EventSourceClient<Events>;
/**
 * Subscribes to an event stream with options. The events are typed by `decode`, or by a type argument.
 *
 * A type argument whose data is not a string requires `decode`. An inline `decode` whose parameters have no types goes before
 * the callbacks that use its result.
 *
 * @example
 * const source = createEventSource<{ tick: { price: number } }>("/prices", {
 *   decode: json,
 *   onEvent: (event) => console.log(event.data.price),
 * });
 */
export function createEventSource<
  Events extends object = never,
  Schemas extends object = object,
  Data = DefaultData<Events>,
>(
  url: EventSourceUrl,
  options: OptionsArgument<EventSourceOptions<InferredEvents<Events, Schemas, Data>>, Events, Schemas, Data>,
): EventSourceClient<InferredEvents<Events, Schemas, Data>>;
export function createEventSource(url: EventSourceUrl, options: EventSourceOptions = {}): unknown {
  return createClient(url, options, systemEnvironment);
}
