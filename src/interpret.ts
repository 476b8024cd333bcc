import { report } from "./emitter.ts";
import { EventSourceError } from "./errors.ts";
import type { Decoder, ServerSentEvent, StreamItem } from "./types.ts";

/** How the events of a stream are understood. */
export interface InterpretOptions {
  /**
   * `json`, `schemas({…})`, or a function of the text, which may be asynchronous. A failure concerns that one event
   * only (`decode-failed`). Default: the text as sent.
   */
  decode?: Decoder | undefined;
  /**
   * The event that completes the stream: its data, or a test that is given the event before decoding.
   * It is not delivered. A stream that ends without it is a `premature-end`.
   */
  endOn?: string | ((event: ServerSentEvent) => boolean) | undefined;
}

/** An event whose data may have become anything. */
export type DecodedEvent = ServerSentEvent<string, unknown>;

/** Makes an event of an item that has data. */
export function toEvent(item: StreamItem, streamOrigin: string): ServerSentEvent {
  const { type, data, lastEventId, origin = streamOrigin } = item;
  return { type, data: data!, raw: data!, lastEventId, origin };
}

/** Whether an event completes the stream. */
export function isEnd(event: ServerSentEvent, endOn: InterpretOptions["endOn"]): boolean {
  try {
    return typeof endOn === "function" ? endOn(event) === true : event.raw === endOn;
  } catch (error) {
    report(error);
    return false;
  }
}

/** The error for an event whose data could not be decoded. */
export function decodeFailed(event: ServerSentEvent, cause: unknown): EventSourceError {
  return new EventSourceError("decode-failed", "The data could not be decoded", { event, cause });
}
