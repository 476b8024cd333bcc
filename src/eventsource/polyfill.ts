import { EventSource } from "./eventsource.ts";

// Not enumerable, as the globals of the platform are. One that cannot be set stays as it is.
if (!globalThis.EventSource)
  Reflect.defineProperty(globalThis, "EventSource", {
    value: EventSource,
    writable: true,
    configurable: true,
  });
