/** Takes what an iterator of `{ event, data, id }` yields, up to the event that ends the run. */
export async function each(events, take) {
  for await (const { event, data, id } of events) {
    if (event === "end") break;
    const pause = take(event || "message", data, id);
    if (pause) await pause;
  }
}

/** A run of what reads a response that somebody else has asked for. */
export const reader = (read) => async (url, take) => {
  const controller = new AbortController();
  const response = await fetch(url, { signal: controller.signal });
  await each(read(response, controller), take);
  controller.abort();
};
