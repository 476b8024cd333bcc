import { EventSourceError } from "../core/errors.ts";
import { isThenable } from "../core/listeners.ts";
import type { Decoder, ServerSentEvent, StreamItem } from "../core/types.ts";
import { isEnd, type EndOn } from "./end-on.ts";

/** An event whose data may have become anything. */
export type DecodedEvent = ServerSentEvent<string, unknown>;

/** Options that concern the events of a stream. */
export interface InterpretOptions {
  /**
   * Turns the text of an event into its data: `json`, `schema(…)`, `schemas({…})`, or a function of the text and the event. It may be
   * asynchronous: the next event waits. A failure concerns that one event: a subscription emits a `decode-failed` error with the
   * text in `event.raw` and continues, `fetchEvents` and `readEvents` throw it. Events without a listener are not decoded.
   * Default: `data` is the text as sent.
   *
   * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#dispatchMessage
   */
  decode?: Decoder | undefined;
  /**
   * The event that completes the stream: a string equal to its data, or a test that is called before `decode`, so that a sentinel
   * like `[DONE]` need not be JSON. The event is not delivered, unless the test returns `"deliver"`. A stream that ends without it
   * fails with `premature-end`, which a subscription retries: set it to distinguish completion from truncation.
   */
  endOn?: EndOn | undefined;
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
    if (end === true) return void complete(event);
    const isLast = end === "deliver";
    return isLast || (decode && isWanted(event.type)) ? decodeEvent(event, isLast) : deliver(event);
  };
}
