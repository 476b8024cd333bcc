export {
  useEventSource,
  type EventSourceState,
  type EventSourceStore,
  type UseEventSourceOptions,
} from "./adapters/svelte.ts";
