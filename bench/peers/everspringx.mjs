import { createEventSource, fetchEvents } from "/tmp/distx/index.js";
import { EventSource } from "/tmp/distx/eventsource.js";
import { target } from "./event-target.mjs";

export async function listeners(url, take) {
  const source = createEventSource(url, { retry: false });
  const hear = (event) => take(event.type, event.data, event.lastEventId);
  source.on("message", hear);
  source.on("tick", hear);
  source.on("end", () => source.close());
  const { error } = await source.closed;
  if (error) throw error;
}

async function read(events, take) {
  for await (const event of events) {
    if (event.type === "end") break;
    take(event.type, event.data, event.lastEventId);
  }
}

export const iterator = (url, take) => read(createEventSource(url, { retry: false }), take);
export const finite = (url, take) => read(fetchEvents(url), take);
export const dropIn = target((url) => new EventSource(url));
