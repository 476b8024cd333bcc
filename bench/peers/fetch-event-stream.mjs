import { events } from "fetch-event-stream";

export async function run(url, take) {
  const controller = new AbortController();
  const response = await fetch(url, { signal: controller.signal });
  for await (const { event = "message", data, id } of events(response)) {
    if (event === "end") break;
    take(event, data, id);
  }
  controller.abort();
}
