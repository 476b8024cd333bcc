import type { EventSourceClient, StreamItem } from "../index.ts";
import { toPlain, type SharedState } from "./message.ts";

/** Hears all that a connection tells, in order, as tabs tell it to each other. What arrives together is told together. */
export function listen(
  source: EventSourceClient,
  tell: (items: readonly StreamItem[], state?: SharedState) => void,
): void {
  let { lastEventId } = source;
  let items: StreamItem[] = [];
  const flush = (state?: SharedState) => {
    const told = items;
    items = [];
    if (told.length || state) tell(told, state);
  };
  const push = (item: StreamItem) => {
    lastEventId = item.lastEventId;
    if (items.push(item) === 1) void Promise.resolve().then(() => flush());
  };
  source.onEvent(({ type, raw: data, lastEventId: id, origin }) =>
    push({ type, data, lastEventId: id, origin }),
  );
  source.onComment((comment) => push({ type: "", data: undefined, lastEventId, comment }));
  source.onCheckpoint((id) => {
    // One that came without an event.
    if (id !== lastEventId) push({ type: "", data: undefined, lastEventId: id });
  });
  source.onStatus((status) => {
    if (status.state === "connecting") flush({ is: "connecting", attempt: status.attempt });
    else if (status.state === "open") {
      const headers: [string, string][] = [];
      // Those of a custom fetch need not be iterable.
      status.headers.forEach((value, name) => headers.push([name, value]));
      flush({ is: "open", url: status.url, headers });
    } else if (status.state === "closed")
      flush({ is: "closed", error: status.error && toPlain(status.error) });
  });
  // Comes right after the status, with what that lacks while the page is offline.
  source.onError((error) => {
    const { status } = source;
    if (error.willRetry)
      flush({ is: "failed", attempt: "attempt" in status ? status.attempt : 1, error: toPlain(error) });
  });
}
