import {
  computed,
  getCurrentInstance,
  getCurrentScope,
  onMounted,
  onScopeDispose,
  shallowRef,
  toValue,
  watchEffect,
  type ComputedRef,
  type MaybeRefOrGetter,
  type Ref,
} from "vue";
import { createBinding, type EventSourceState, type UseEventSourceOptions } from "./binding.ts";
import type { Decoder, EventSourceUrl, EventsOf, TextEvents } from "../index.ts";

export type { EventSourceState, UseEventSourceOptions };

/** A URL that may change. A function is a getter, as everywhere in Vue; it may return a function of the attempt. */
export type ReactiveUrl = string | URL | Ref<EventSourceUrl> | (() => EventSourceUrl);

/** An {@link EventSourceState} whose members are refs. */
export type EventSourceRefs<Events extends object = TextEvents> = {
  readonly [Name in keyof EventSourceState<Events>]: ComputedRef<EventSourceState<Events>[Name]>;
};

/**
 * Subscribes to an event stream: from when the component is mounted, or at once in a scope outside of one, until its scope
 * ends. Without a scope it does not connect.
 *
 * URL and options may be refs or getters. A change connects again only when it makes another request (by value, not by
 * identity); the latest functions are called.
 *
 * @param url - Where the stream is. Another one is another stream: `event` begins anew.
 * @throws EventSourceError `invalid-option`, naming the option.
 *
 * @example
 * const { status, event } = useEventSource<{ tick: { price: number } }>("/prices", { decode: json });
 */
export function useEventSource<D extends Decoder>(
  url: ReactiveUrl,
  options: MaybeRefOrGetter<UseEventSourceOptions<EventsOf<D>> & { decode: D }>,
): EventSourceRefs<EventsOf<D>>;
/** The same without `decode`: the data are text. */
export function useEventSource<Events extends object = TextEvents>(
  url: ReactiveUrl,
  options?: MaybeRefOrGetter<UseEventSourceOptions<Events> & { decode?: undefined }>,
): EventSourceRefs<Events>;
/** The same with the events declared by hand: their data are what `decode` makes of them. */
export function useEventSource<Events extends object = Record<string, unknown>>(
  url: ReactiveUrl,
  options?: MaybeRefOrGetter<UseEventSourceOptions<Events>>,
): EventSourceRefs<Events>;
export function useEventSource(url: ReactiveUrl, options: MaybeRefOrGetter<object> = {}): unknown {
  const latest = () => ({
    ...toValue(options),
    url: toValue<EventSourceUrl>(url as MaybeRefOrGetter<EventSourceUrl>),
  });
  const binding = createBinding(latest());
  const state = shallowRef(binding.state());
  const undo = binding.subscribe(() => (state.value = binding.state()));
  let unmount: (() => void) | undefined;
  const mount = () => (unmount = binding.mount());
  // Without a scope, as after an `await` in `setup()`, nobody would ever stop it, nor close.
  if (getCurrentScope()) {
    // Whatever of them makes the request is read in there, and so watched.
    watchEffect(() => binding.follow(latest()));
    if (getCurrentInstance()) onMounted(mount);
    else mount();
  }
  // Vue warns where there is none.
  onScopeDispose(() => {
    unmount?.();
    undo();
  });
  return {
    status: computed(() => state.value.status),
    event: computed(() => state.value.event),
    client: computed(() => state.value.client),
  };
}
