import { EventSourceError } from "../core/errors.ts";
import { isThenable } from "../core/listeners.ts";
import type { Decoder, ServerSentEvent, StreamItem } from "../core/types.ts";
import { isEnd, type EndOn } from "./end-on.ts";

/** An event whose data may have become anything. */
export type DecodedEvent = ServerSentEvent<string, unknown>;

/** The options of this file; see `ReadEventsOptions`. */
export interface InterpretOptions {
  readonly decode?: Decoder | undefined;
  readonly endOn?: EndOn | undefined;
}

type Hold = PromiseLike<unknown> | undefined;

/** What happens to the events of a stream. */
export interface Outcomes {
  /** Changes when the attempt is over. Work on an event that began before the change is discarded. */
  readonly attempt: () => unknown;
  /** Whether the event has a listener. Events without one are not decoded. */
  readonly isWanted: (type: string) => unknown;
  /** Takes events, and items that are none. */
  readonly deliver: (item: DecodedEvent | StreamItem) => Hold;
  /** The event of `endOn` has arrived. */
  readonly complete: (event: ServerSentEvent) => void;
  /** The event could not be decoded. */
  readonly fail: (event: ServerSentEvent, error: EventSourceError) => void;
}

/** Makes the function that applies `endOn` and `decode` to an event before it is delivered. */
export function createInterpreter(
  { decode, endOn }: InterpretOptions,
  { attempt, isWanted, deliver, complete, fail }: Outcomes,
): (item: StreamItem) => Hold {
  // Kept separate, so that events that need neither allocate no closure.
  function decodeEvent(event: DecodedEvent & ServerSentEvent, isLast: boolean): Hold {
    const before = attempt();
    const finish = (hold?: Hold) => {
      if (isLast && before === attempt()) complete(event);
      return hold;
    };
    const succeed = (data: unknown) => {
      if (before !== attempt()) return undefined;
      (event as DecodedEvent).data = data;
      return finish(deliver(event));
    };
    const refuse = (cause: unknown) => {
      if (before !== attempt()) return undefined;
      fail(
        event,
        new EventSourceError("decode-failed", "The data could not be decoded", {
          event,
          willRetry: false,
          cause,
        }),
      );
      return finish();
    };
    try {
      const decoded = decode && isWanted(event.type) ? decode(event.raw, event) : event.data;
      return isThenable(decoded) ? Promise.resolve(decoded).then(succeed, refuse) : succeed(decoded);
    } catch (cause) {
      return refuse(cause);
    }
  }

  return (item) => {
    if (item.raw === undefined) return deliver(item);
    const event = item as ServerSentEvent;
    const before = attempt();
    const end = isEnd(event, endOn);
    if (before !== attempt()) return undefined;
    if (end === true) {
      complete(event);
      return undefined;
    }
    const isLast = end === "deliver";
    return isLast || (decode && isWanted(event.type)) ? decodeEvent(event, isLast) : deliver(event);
  };
}
