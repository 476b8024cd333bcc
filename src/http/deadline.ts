import type { Clock } from "../core/clock.ts";
import { EventSourceError, type EventSourceErrorCode } from "../core/errors.ts";

/**
 * Sets the one deadline of an attempt, `limit` ms from now, in place of the one before; without a limit it only takes that
 * away. `onlySooner` leaves one that is sooner.
 */
export type SetDeadline = (limit?: number | false, code?: EventSourceErrorCode, onlySooner?: boolean) => void;

/** `fail` is called when the deadline has passed. An attempt that is over, its `signal` aborted, gets none. */
export function createDeadline(
  { now, after }: Clock,
  signal: AbortSignal,
  fail: (error: EventSourceError) => void,
): SetDeadline {
  let cancel: (() => void) | undefined;
  let expires = Infinity;
  return (limit, code, onlySooner) => {
    const next = limit ? now() + limit : Infinity;
    // After sleep the clock has jumped, and a timer that is due has not: one that is overdue counts for nothing.
    if (onlySooner && expires > now() && next >= expires) return;
    expires = next;
    cancel?.();
    if (limit && !signal.aborted)
      cancel = after(limit, () => fail(new EventSourceError(code!, `Nothing received for ${limit} ms`)));
  };
}
