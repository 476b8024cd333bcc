export {
  useEventSource,
  type EventSourceRefs,
  type EventSourceState,
  type ReactiveUrl,
  type UseEventSourceOptions,
} from "./adapters/vue.ts";
