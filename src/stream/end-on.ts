import { report } from "../core/listeners.ts";
import type { ServerSentEvent } from "../core/types.ts";

/** The event that completes a stream: its data, or a test of the event before it is decoded. */
export type EndOn = string | ((event: ServerSentEvent) => boolean | "deliver");

/** Whether an event completes the stream, and whether it is delivered first. A test that throws is reported and counts as `false`. */
export function isEnd(event: ServerSentEvent, endOn: EndOn | undefined): boolean | "deliver" {
  try {
    return typeof endOn === "function" ? endOn(event) : event.raw === endOn;
  } catch (error) {
    report(error);
    return false;
  }
}
