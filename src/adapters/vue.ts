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

/** A URL that may change. A function is a getter, as usual in Vue; it may return a function that is called before each attempt. */
export type ReactiveUrl = string | URL | Ref<EventSourceUrl> | (() => EventSourceUrl);

/** An {@link EventSourceState} whose members are refs. */
export type EventSourceRefs<Events extends object = TextEvents> = {
  readonly [Name in keyof EventSourceState<Events>]: ComputedRef<EventSourceState<Events>[Name]>;
};

/**
 * Subscribes to an event stream. In a component it connects when that is mounted, in another effect scope at once, and it closes
 * when the scope ends. Without a scope it does not connect.
 *
 * The URL and options may be refs or getters. A change reconnects only if it makes another request. Options are compared by
 * value, so inline objects do not reconnect, and neither do inline functions: the latest one is called.
 *
 * @param url - The URL of the stream. Another URL is another stream: `event`, `data` and `error` start from scratch.
 * @throws EventSourceError `invalid-option`, naming the option; `unsupported`.
 *
 * @example
 * const { status, data } = useEventSource<{ tick: { price: number } }>("/prices", { decode: json });
 */
export function useEventSource<Events extends Undecoded<Events> = TextEvents>(
  url: ReactiveUrl,
): EventSourceRefs<Events>;
/**
 * The same with options. The events are typed by `decode`, or by a type argument. A type argument whose data is not a string
 * requires `decode`.
 */
export function useEventSource<
  Events extends object = never,
  Schemas extends object = object,
  Data = DefaultData<Events>,
>(
  url: ReactiveUrl,
  options: MaybeRefOrGetter<
    OptionsArgument<UseEventSourceOptions<InferredEvents<Events, Schemas, Data>>, Events, Schemas, Data>
  >,
): EventSourceRefs<InferredEvents<Events, Schemas, Data>>;
export function useEventSource(url: ReactiveUrl, options: MaybeRefOrGetter<object> = {}): unknown {
  const latest = () => ({
    ...toValue(options),
    url: toValue<EventSourceUrl>(url as MaybeRefOrGetter<EventSourceUrl>),
  });
  const binding = createBinding(latest());
  const state = shallowRef(binding.state());
  binding.subscribe(() => (state.value = binding.state()));
  // Without a scope, for example after an `await` in `setup()`, nothing would ever stop the watcher or close the client.
  if (getCurrentScope()) {
    // The effect tracks every ref that the options read.
    watchEffect(() => binding.follow(latest()));
    if (getCurrentInstance()) onMounted(binding.mount);
    else binding.mount();
  }
  // Called without a scope too, so that Vue warns.
  onScopeDispose(binding.unmount);
  return Object.fromEntries(
    Object.keys(state.value).map((name) => [
      name,
      computed(() => state.value[name as keyof EventSourceState]),
    ]),
  );
}
