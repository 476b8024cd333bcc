import type { Transport } from "../core/types.ts";
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
      deliver(item) {
        const { type, data, raw, lastEventId, origin } = item;
        return sink.deliver(
          data === undefined || (raw && origin)
            ? item
            : { type, data, raw: data, lastEventId, origin: origin ?? streamOrigin },
        );
      },
    });
  };
}
