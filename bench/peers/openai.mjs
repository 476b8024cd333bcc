// The reader of the SDK below its JSON, so that it is compared with the others.
import { _iterSSEMessages as events } from "openai/core/streaming";

export async function run(url, take) {
  const controller = new AbortController();
  const response = await fetch(url, { signal: controller.signal });
  for await (const { event, data } of events(response, controller)) {
    if (event === "end") break;
    const pause = take(event || "message", data, undefined);
    if (pause) await pause;
  }
  controller.abort();
}
