import { onMount } from "svelte";
import { report } from "../core/listeners.ts";
import { createBinding } from "./binding.ts";
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

/** A readable store of an {@link EventSourceState}. */
export interface EventSourceStore<Events extends object = TextEvents> {
  /** The store contract of Svelte, for `$store`, `get(store)` and `fromStore(store)`. Returns an unsubscribe function. */
  subscribe(run: (state: EventSourceState<Events>) => void): () => void;
  /**
   * Replaces the URL and all options, including `decode`. Reconnects only if they make another request. They are compared by
   * value, not by identity.
   */
  change(url: EventSourceUrl, options?: UseEventSourceOptions<Events>): void;
}

/**
 * Subscribes a component to an event stream while it is mounted. Call it while the component initialises.
 *
 * @param url - The URL of the stream.
 * @throws EventSourceError `invalid-option`, naming the option; `unsupported`.
 *
 * @example
 * const prices = useEventSource<{ tick: { price: number } }>("/prices", { decode: json });
 * // {$prices.status.state} {$prices.data?.price}
 */
export function useEventSource<Events extends Undecoded<Events> = TextEvents>(
  url: EventSourceUrl,
): EventSourceStore<Events>;
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
): EventSourceStore<InferredEvents<Events, Schemas, Data>>;
export function useEventSource(url: EventSourceUrl, options: object = {}): unknown {
  const binding = createBinding({ ...options, url });
  onMount(binding.mount);
  const store: EventSourceStore<Record<string, unknown>> = {
    subscribe(run) {
      run(binding.state());
      return binding.subscribe(() => {
        try {
          run(binding.state());
        } catch (error) {
          // The other subscribers still run.
          report(error);
        }
      });
    },
    change(nextUrl, nextOptions = {}) {
      binding.follow({ ...nextOptions, url: nextUrl });
    },
  };
  return store;
}
