import { EventSourcePlus } from "event-source-plus";

export const run = (url, take) =>
  new Promise((resolve, reject) => {
    const source = new EventSourcePlus(url, { fetch: globalThis.fetch, maxRetryCount: 0 });
    const controller = source.listen({
      onMessage({ event, data, id }) {
        if (event !== "end") return take(event || "message", data, id);
        controller.abort();
        resolve();
      },
      onRequestError: ({ error }) => reject(error),
      onResponseError: ({ error }) => reject(error),
    });
  });
