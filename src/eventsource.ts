export { ErrorEvent, type ErrorEventInit } from "./eventsource/error-event.ts";
export { EventSource } from "./eventsource/eventsource.ts";
export type { EventSourceInit } from "./eventsource/init.ts";
export type {
  EventSourceConstructor,
  EventSourceEventMap,
  TextMessageEvent,
} from "./eventsource/interface.ts";
