import type { StreamItem, Transport } from "../core/types.ts";
import { originOf } from "./url.ts";

/** Completes the items of a custom transport to events. */
export function completeItems(transport: Transport): Transport {
  return (context, sink) => {
    let streamOrigin = "null";
    return transport(context, {
      ...sink,
      open(stream, response) {
        streamOrigin = originOf(stream.url);
        sink.open(stream, response);
      },
      deliver: (item) => sink.deliver(item.data === undefined ? item : toEvent(item, streamOrigin)),
    });
  };
}

function toEvent(item: StreamItem, streamOrigin: string): StreamItem {
  const { type, data, raw, lastEventId, origin = streamOrigin } = item;
  return raw !== undefined && item.origin !== undefined
    ? item
    : { type, data, raw: data, lastEventId, origin };
}
