import type {
  DefaultData,
  EventSourceUrl,
  InferredEvents,
  OptionsArgument,
  TextEvents,
  Undecoded,
} from "../index.ts";
import { createSharedClient, type SharedEventSource, type SharedEventSourceOptions } from "./client.ts";
import { systemWorld } from "./world.ts";

export type { SharedEventSource, SharedEventSourceOptions, SharedStatus } from "./client.ts";

/**
 * Subscribes to an event stream like `createEventSource`, over one connection for all tabs of the origin, and all clients within a
 * tab, that make the same request. One tab has the connection and sends the events to the others. When it goes away, another tab
 * takes over and resumes.
 *
 * @throws EventSourceError `invalid-option`, naming the option: `identity` if credentials may differ and it is missing.
 */
export function createSharedEventSource<Events extends Undecoded<Events> = TextEvents>(
  url: EventSourceUrl,
): SharedEventSource<Events>;
/**
 * Subscribes with options. The events are typed by `decode`, or by a type argument. A type argument whose data is not a string
 * requires `decode`.
 */
export function createSharedEventSource<
  Events extends object = never,
  Schemas extends object = object,
  Data = DefaultData<Events>,
>(
  url: EventSourceUrl,
  options: OptionsArgument<
    SharedEventSourceOptions<InferredEvents<Events, Schemas, Data>>,
    Events,
    Schemas,
    Data
  >,
): SharedEventSource<InferredEvents<Events, Schemas, Data>>;
export function createSharedEventSource(
  url: EventSourceUrl,
  options: SharedEventSourceOptions = {},
): unknown {
  return createSharedClient(url, options, systemWorld);
}
