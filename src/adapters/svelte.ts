import { onMount } from "svelte";
import { createBinding, report, type EventSourceState, type UseEventSourceOptions } from "./binding.ts";
import type { Decoder, EventSourceUrl, EventsOf, TextEvents } from "../index.ts";

export type { EventSourceState, UseEventSourceOptions };

/** A readable store of an {@link EventSourceState}. */
export interface EventSourceStore<Events extends object = TextEvents> {
  /** The contract of stores: `$store`, `get(store)`, `fromStore(store)`. */
  subscribe(run: (state: EventSourceState<Events>) => void): () => void;
  /**
   * Takes over a URL and options, as for `useEventSource`. Connects again only when they make another request (by value,
   * not by identity).
   */
  change(url: EventSourceUrl, options?: UseEventSourceOptions<Events>): void;
}

/**
 * Subscribes a component to an event stream, for as long as it is mounted. To be called while the component initialises.
 *
 * @throws EventSourceError `invalid-option`, naming the option.
 *
 * @example
 * const prices = useEventSource<{ tick: { price: number } }>("/prices", { decode: json });
 * // {$prices.status.state} {$prices.event?.data.price}
 */
export function useEventSource<D extends Decoder>(
  url: EventSourceUrl,
  options: UseEventSourceOptions<EventsOf<D>> & { decode: D },
): EventSourceStore<EventsOf<D>>;
/** The same without `decode`: the data are text. */
export function useEventSource<Events extends object = TextEvents>(
  url: EventSourceUrl,
  options?: UseEventSourceOptions<Events> & { decode?: undefined },
): EventSourceStore<Events>;
/** The same with the events declared by hand: their data are what `decode` makes of them. */
export function useEventSource<Events extends object = Record<string, unknown>>(
  url: EventSourceUrl,
  options?: UseEventSourceOptions<Events>,
): EventSourceStore<Events>;
export function useEventSource(url: EventSourceUrl, options: object = {}): unknown {
  const binding = createBinding({ ...options, url });
  onMount(() => binding.mount());
  const store: EventSourceStore<Record<string, unknown>> = {
    subscribe(run) {
      run(binding.state());
      return binding.subscribe(() => {
        try {
          run(binding.state());
        } catch (error) {
          // It is nobody else's: the other subscribers still run.
          (globalThis.reportError ?? report)(error);
        }
      });
    },
    change(itsUrl, itsOptions = {}) {
      binding.follow({ ...itsOptions, url: itsUrl });
    },
  };
  return store;
}
