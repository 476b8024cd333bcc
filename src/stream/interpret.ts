import { isThenable, report } from "../core/listeners.ts";
import { EventSourceError } from "../core/errors.ts";
import type { Decoder, ServerSentEvent, StreamItem } from "../core/types.ts";

/** How the events of a stream are understood. */
export interface InterpretOptions {
  /**
   * `json`, `schemas({…})`, or a function of the text and the event, which may be asynchronous: order is kept, and
   * the next event waits. A failure concerns that one event only (`decode-failed`, with the text in `event.raw`): a
   * subscription goes on, `fetchEvents` and `readEvents` throw. Events that nobody listens to are not decoded.
   * Default: the text as sent.
   *
   * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#dispatchMessage
   */
  decode?: Decoder | undefined;
  /**
   * The event that completes the stream: its data, or a test that is given the event before `decode`, so that a
   * sentinel like `[DONE]` need not be JSON. It is not delivered. A stream that ends without it is a `premature-end`,
   * which a subscription retries. Set it wherever an end has to be told from a cut.
   */
  endOn?: string | ((event: ServerSentEvent) => boolean | "deliver") | undefined;
}

/** An event whose data may have become anything. */
export type DecodedEvent = ServerSentEvent<string, unknown>;

/** What becomes of the events of a stream. */
interface Outcomes {
  /** An object that changes when the stream is over, or another one: what was begun before then is dropped. */
  readonly phase: () => unknown;
  /** Whether anybody wants the events of this name: others are not decoded. */
  readonly wants: (type: string) => unknown;
  readonly complete: (event: ServerSentEvent) => undefined;
  /** A promise that it returns holds the next event. */
  readonly hand: (event: DecodedEvent) => Promise<unknown> | undefined;
  readonly refuse: (event: ServerSentEvent, error: EventSourceError) => void;
}

/** Decodes events, and recognises the last one. What neither concerns goes to `hand` as it is. */
export function createInterpreter(
  { decode, endOn }: InterpretOptions,
  { phase, wants, complete, hand, refuse }: Outcomes,
): (event: ServerSentEvent) => PromiseLike<unknown> | undefined {
  // Its closures would cost every event something if they were made where events are.
  function interpret(event: DecodedEvent & ServerSentEvent): PromiseLike<unknown> | undefined {
    const before = phase();
    const isLast = isEnd(event, endOn);
    if (before !== phase()) return undefined;
    if (isLast) return complete(event);
    if (!decode || !wants(event.type)) return hand(event);
    const tell = (value: unknown) => {
      if (before !== phase()) return undefined;
      (event as DecodedEvent).data = value;
      return hand(event);
    };
    const fail = (cause: unknown): undefined => {
      if (before !== phase()) return;
      refuse(
        event,
        new EventSourceError("decode-failed", "The data could not be decoded", {
          event,
          willRetry: false,
          cause,
        }),
      );
    };
    try {
      const decoded = decode(event.raw, event);
      return isThenable(decoded) ? Promise.resolve(decoded).then(tell, fail) : tell(decoded);
    } catch (cause) {
      return fail(cause);
    }
  }

  return endOn === undefined && !decode ? hand : interpret;
}

/** An item that has data as an event: itself, or a copy that is complete. */
export function toEvent(item: StreamItem, streamOrigin: string): ServerSentEvent {
  const { type, data, raw, lastEventId, origin = streamOrigin } = item;
  if (raw !== undefined && origin === item.origin) return item as ServerSentEvent;
  return { type, data, raw: data, lastEventId, origin } as ServerSentEvent;
}

/** Whether an event completes the stream. */
function isEnd(event: ServerSentEvent, endOn: InterpretOptions["endOn"]): boolean {
  try {
    return typeof endOn === "function" ? endOn(event) === true : event.raw === endOn;
  } catch (error) {
    report(error);
    return false;
  }
}
