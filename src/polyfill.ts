import { EventSource } from "./eventsource.ts";

// Not enumerable, as the globals of the platform are.
if (!globalThis.EventSource)
  Object.defineProperty(globalThis, "EventSource", {
    value: EventSource,
    writable: true,
    configurable: true,
  });
