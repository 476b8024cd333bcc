import type { Decoder, EventSourceUrl, EventsOf, TextEvents } from "../index.ts";
import { createSharedClient, type SharedEventSource, type SharedEventSourceOptions } from "./client.ts";
import { systemWorld } from "./world.ts";

export type { SharedEventSource, SharedEventSourceOptions, SharedStatus } from "./client.ts";

/**
 * The same as `createEventSource`, with one connection for all tabs of the origin, and all clients within a tab, that ask
 * for the same: one tab has it and tells the others, and when it goes away the next one takes over where all have been.
 *
 * @throws EventSourceError `invalid-option`, naming the option: `identity` where credentials may differ and it is missing.
 */
export function createSharedEventSource<D extends Decoder>(
  url: EventSourceUrl,
  options: SharedEventSourceOptions & { decode: D },
): SharedEventSource<EventsOf<D>>;
/** The same without `decode`: the data are text. */
export function createSharedEventSource<Events extends object = TextEvents>(
  url: EventSourceUrl,
  options?: SharedEventSourceOptions & { decode?: undefined },
): SharedEventSource<Events>;
/** The same with the events declared by hand: their data are what `decode` makes of them. */
export function createSharedEventSource<Events extends object = Record<string, unknown>>(
  url: EventSourceUrl,
  options?: SharedEventSourceOptions,
): SharedEventSource<Events>;
export function createSharedEventSource<Events extends object>(
  url: EventSourceUrl,
  options: SharedEventSourceOptions = {},
): SharedEventSource<Events> {
  return createSharedClient(url, options, systemWorld);
}
