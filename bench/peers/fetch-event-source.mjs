// It needs a page.
globalThis.window ??= globalThis;
globalThis.document ??= { hidden: false, addEventListener() {}, removeEventListener() {} };
const { fetchEventSource } = await import("@microsoft/fetch-event-source/lib/esm/index.js").catch(
  async () => (await import("@microsoft/fetch-event-source")).default,
);

export async function run(url, take) {
  const controller = new AbortController();
  await fetchEventSource(url, {
    signal: controller.signal,
    openWhenHidden: true,
    fetch: globalThis.fetch,
    onmessage({ event, data, id }) {
      if (event === "end") controller.abort();
      else take(event || "message", data, id);
    },
    onerror(error) {
      throw error;
    },
  });
}
