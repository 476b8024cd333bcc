import { createEventSource } from "eventsource-client";
import { each } from "./each.mjs";

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
  await each(source, take);
  source.close();
}
