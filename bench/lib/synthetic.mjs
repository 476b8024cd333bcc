import { build } from "../workloads.mjs";
import { remember } from "./remember.mjs";

const bodies = remember((name, scale) => build(name, scale).chunks);

/** A fetch without a network: what remains is the library itself. Every run gets its own copy of the chunks. */
export function synthetic({ name, scale }) {
  const chunks = bodies(name, scale).map((chunk) => new Uint8Array(chunk));
  return async (url) => {
    let next = 0;
    const body = new ReadableStream(
      {
        pull(controller) {
          if (next < chunks.length) controller.enqueue(chunks[next++]);
          else controller.close();
        },
      },
      { highWaterMark: 0 },
    );
    const response = new Response(body, { headers: { "content-type": "text/event-stream" } });
    return Object.defineProperty(response, "url", { value: String(url.url ?? url) });
  };
}
