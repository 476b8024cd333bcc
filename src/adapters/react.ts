import { useEffect, useState, useSyncExternalStore } from "react";
import { createBinding, empty } from "./binding.ts";
import type { EventSourceState, UseEventSourceOptions } from "./options.ts";
import type {
  DefaultData,
  EventSourceUrl,
  InferredEvents,
  OptionsArgument,
  TextEvents,
  Undecoded,
} from "../index.ts";

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
export function useEventSource<Events extends Undecoded<Events> = TextEvents>(
  url: EventSourceUrl,
): EventSourceState<Events>;
/**
 * The same with options. The events are typed by `decode`, or by a type argument. A type argument whose data is not a string
 * requires `decode`.
 */
export function useEventSource<
  Events extends object = never,
  Schemas extends object = object,
  Data = DefaultData<Events>,
>(
  url: EventSourceUrl,
  options: OptionsArgument<
    UseEventSourceOptions<InferredEvents<Events, Schemas, Data>>,
    Events,
    Schemas,
    Data
  >,
): EventSourceState<InferredEvents<Events, Schemas, Data>>;
export function useEventSource(url: EventSourceUrl, options: object = {}): unknown {
  const [binding] = useState(() => createBinding({ ...options, url }));
  const state = useSyncExternalStore(binding.subscribe, binding.state, binding.state);
  useEffect(() => binding.follow({ ...options, url }));
  useEffect(binding.mount, [binding]);
  // The effect has yet to replace the old stream, whose events must not appear under a new URL or to another user.
  return binding.isAt({ ...options, url }) ? state : { ...state, ...empty, status: { state: "idle" } };
}
