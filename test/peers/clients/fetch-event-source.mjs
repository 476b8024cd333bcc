import { EventStreamContentType, fetchEventSource } from "@microsoft/fetch-event-source";

export function open(url, tell, { headers, method, body, fetch, lastEventId, page, seeResponses }) {
  const controller = new AbortController();
  const finished = fetchEventSource(url, {
    method,
    body,
    fetch,
    headers: { ...headers, ...(lastEventId && { "last-event-id": lastEventId }) },
    signal: controller.signal,
    openWhenHidden: !page,
    ...(seeResponses && {
      // With it the check of the content type is the caller's, too.
      async onopen(response) {
        const { status } = response;
        if (response.ok && response.headers.get("content-type") === EventStreamContentType) return;
        tell.error({ status, headers: true, body: await response.text() });
        throw new Error(`status ${status}`);
      },
    }),
    onmessage: ({ event, data, id }) => tell.event({ type: event || "message", data, id }),
    onerror: () => tell.error({}),
  });
  void finished.then(
    () => tell.closed(),
    () => tell.closed(),
  );
  return { close: () => controller.abort() };
}
