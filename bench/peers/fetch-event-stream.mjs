import { events } from "fetch-event-stream";

export async function run(url, take) {
  const controller = new AbortController();
  const response = await fetch(url, { signal: controller.signal });
  for await (const { event = "message", data, id } of events(response)) {
    if (event === "end") break;
    const pause = take(event, data, id);
    if (pause) await pause;
  }
  controller.abort();
}
