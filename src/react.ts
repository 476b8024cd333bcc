export { useEventSource, type EventSourceState, type UseEventSourceOptions } from "./adapters/react.ts";
