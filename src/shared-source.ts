import type { EventSourceClient, StreamItem } from "./index.ts";
import { toPlain, type SharedState } from "./shared-message.ts";

/** Hears all that a connection tells, in order, as tabs tell it to each other. */
export function listen(
  source: EventSourceClient,
  onItem: (item: StreamItem) => void,
  onState: (state: SharedState) => void,
): void {
  let { lastEventId } = source;
  const push = (item: StreamItem) => {
    lastEventId = item.lastEventId;
    onItem(item);
  };
  source.onEvent(({ type, raw: data, lastEventId: id, origin }) =>
    push({ type, data, lastEventId: id, origin }),
  );
  source.onComment((comment) => push({ type: "", data: undefined, lastEventId, comment }));
  source.onDelivered((id) => {
    // One that came without an event.
    if (id !== lastEventId) push({ type: "", data: undefined, lastEventId: id });
  });
  source.onStatus((status) => {
    if (status.state === "connecting") onState({ is: "connecting", attempt: status.attempt });
    else if (status.state === "open") onState({ is: "open", url: status.url, headers: [...status.headers] });
    else if (status.state === "closed")
      onState({ is: "closed", error: status.error && toPlain(status.error) });
  });
  // Comes right after the status, with what that lacks while the page is offline.
  source.onError((error) => {
    const { status } = source;
    if (error.willRetry)
      onState({ is: "failed", attempt: "attempt" in status ? status.attempt : 1, error: toPlain(error) });
  });
}
