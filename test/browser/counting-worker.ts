import { createEventSource } from "../../src/index.ts";

// What a worker of an application does: it keeps the stream and hands the events to the page.
let source: ReturnType<typeof createEventSource> | undefined;

addEventListener("message", ({ data }: MessageEvent<{ subscribe: string } | "close">) => {
  if (data === "close") return source?.close();
  source = createEventSource(data.subscribe, { retry: { initialDelay: 1, jitter: 0 } });
  source.onEvent(({ type, data: text, lastEventId }) => postMessage({ type, data: text, lastEventId }));
  source.onStatus(({ state }) => postMessage({ state }));
  return undefined;
});
