import { createEventSource } from "eventsource-client";

export const run = (url, take) =>
  new Promise((resolve) => {
    const source = createEventSource({
      url,
      onMessage({ event = "message", data, id }) {
        if (event !== "end") return take(event, data, id);
        source.close();
        resolve();
      },
    });
  });

export async function iterator(url, take) {
  const source = createEventSource({ url });
  for await (const { event = "message", data, id } of source) {
    if (event === "end") break;
    const pause = take(event, data, id);
    if (pause) await pause;
  }
  source.close();
}
