import { EventSource as Implementation } from "./implementation.ts";
import type { EventSourceConstructor, EventSource as Interface } from "./interface.ts";

/**
 * The standard's `EventSource` on top of fetch: all of it that user-land code can do, on every runtime. It is strict where
 * `createEventSource` is resilient: every status but 200 is final, and the reconnection time is exact.
 *
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#the-eventsource-interface
 */
export const EventSource: EventSourceConstructor = Implementation as EventSourceConstructor;

/** An instance of {@link EventSourceConstructor | EventSource}, of this package or of the platform. */
export type EventSource = Interface;
