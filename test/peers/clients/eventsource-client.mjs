import { createEventSource } from "eventsource-client";

export function open(url, tell, { headers, method, body, fetch, lastEventId }) {
  const source = createEventSource({
    url,
    headers,
    method,
    body,
    fetch,
    initialLastEventId: lastEventId,
    onMessage: ({ event = "message", data, id = "" }) => tell.event({ type: event, data, id }),
    onConnect: () => tell.open(),
    onScheduleReconnect: () => tell.error({}),
    // It is closed after it has told so.
    onDisconnect: () => queueMicrotask(() => source.readyState === "closed" && tell.closed()),
  });
  return { close: () => source.close() };
}

export const iterate = (url) => createEventSource({ url });
