export {
  EventSource,
  type EventSourceErrorEvent,
  type EventSourceEventMap,
  type EventSourceInit,
} from "./eventsource/eventsource.ts";
