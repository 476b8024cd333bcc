import { useEffect, useState, useSyncExternalStore } from "react";
import { createBinding, empty } from "./binding.ts";
import type { EventSourceState, UseEventSourceOptions } from "./options.ts";
import type { Decoder, EventSourceUrl, EventsOf, TextEvents } from "../index.ts";

export type { EventSourceState, UseEventSourceOptions };

/**
 * Subscribes a component to an event stream while it is mounted.
 *
 * A render with other options reconnects only if they make another request. They are compared by value, so inline objects do
 * not reconnect, and neither do inline functions: the latest one is called.
 *
 * @param url - The URL of the stream. Another URL is another stream: `event`, `data` and `error` start from scratch.
 * @throws EventSourceError `invalid-option`, naming the option; `unsupported`.
 *
 * @example
 * const { status, data } = useEventSource<{ tick: { price: number } }>("/prices", { decode: json });
 */
export function useEventSource<D extends Decoder>(
  url: EventSourceUrl,
  options: UseEventSourceOptions<EventsOf<D>> & { decode: D },
): EventSourceState<EventsOf<D>>;
/** Without `decode` data is a string. */
export function useEventSource<Events extends object = TextEvents>(
  url: EventSourceUrl,
  options?: UseEventSourceOptions<Events> & { decode?: undefined },
): EventSourceState<Events>;
/** With an explicit event map, whose data is what `decode` returns. */
export function useEventSource<Events extends object = Record<string, unknown>>(
  url: EventSourceUrl,
  options?: UseEventSourceOptions<Events>,
): EventSourceState<Events>;
export function useEventSource(url: EventSourceUrl, options: object = {}): unknown {
  const [binding] = useState(() => createBinding({ ...options, url }));
  const state = useSyncExternalStore(binding.subscribe, binding.state, binding.state);
  useEffect(() => binding.follow({ ...options, url }));
  useEffect(binding.mount, [binding]);
  // The effect has yet to replace the old stream, whose events must not appear under a new URL or to another user.
  return binding.isAt({ ...options, url }) ? state : { ...state, ...empty, status: { state: "idle" } };
}
