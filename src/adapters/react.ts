import { useEffect, useState, useSyncExternalStore } from "react";
import { createBinding, type EventSourceState, type UseEventSourceOptions } from "./binding.ts";
import type { Decoder, EventSourceUrl, EventsOf, TextEvents } from "../index.ts";

export type { EventSourceState, UseEventSourceOptions };

/**
 * Subscribes a component to an event stream, for as long as it is mounted.
 *
 * Rendering again with other options connects again only when they make another request (by value, not by identity).
 * Functions may be inline: the latest one is called, and a new one never connects again.
 *
 * @param url - Where the stream is. Another one is another stream: `event` begins anew.
 * @throws EventSourceError `invalid-option`, naming the option.
 *
 * @example
 * const { status, event } = useEventSource<{ tick: { price: number } }>("/prices", { decode: json });
 */
export function useEventSource<D extends Decoder>(
  url: EventSourceUrl,
  options: UseEventSourceOptions<EventsOf<D>> & { decode: D },
): EventSourceState<EventsOf<D>>;
/** The same without `decode`: the data are text. */
export function useEventSource<Events extends object = TextEvents>(
  url: EventSourceUrl,
  options?: UseEventSourceOptions<Events> & { decode?: undefined },
): EventSourceState<Events>;
/** The same with the events declared by hand: their data are what `decode` makes of them. */
export function useEventSource<Events extends object = Record<string, unknown>>(
  url: EventSourceUrl,
  options?: UseEventSourceOptions<Events>,
): EventSourceState<Events>;
export function useEventSource(url: EventSourceUrl, options: object = {}): unknown {
  const [binding] = useState(() => createBinding({ ...options, url }));
  const state = useSyncExternalStore(binding.subscribe, binding.state, binding.state);
  useEffect(() => binding.follow({ ...options, url }));
  useEffect(() => binding.mount(), [binding]);
  // What the effect is about to replace is not shown under the new URL, nor to another user.
  return binding.isAt({ ...options, url })
    ? state
    : { ...state, status: { state: "idle" }, event: undefined };
}
