import { EventSource } from "./eventsource.ts";

// Not enumerable, like the globals of the platform. `Reflect` does not throw if the global cannot be set.
if (!globalThis.EventSource)
  Reflect.defineProperty(globalThis, "EventSource", {
    value: EventSource,
    writable: true,
    configurable: true,
  });
