import type { Clock } from "../core/clock.ts";
import { EventSourceError } from "../core/errors.ts";
import type { RequestOptions } from "./request-options.ts";

/** The one deadline of an attempt. */
export interface Timeouts {
  /** Starts `connectTimeout`. */
  connect(): void;
  /** Stops whichever timeout is running. */
  stop(): void;
  /** Call it before (`true`) and after each wait for bytes: `idleTimeout` runs in between. */
  onWait(isWaiting?: boolean): void;
  /** Requires data within `timeout` ms, or within what is left of `idleTimeout` if that is less. */
  checkLiveness(timeout: number): void;
}

/** `fail` is called when a timeout expires. Aborting `signal` stops them all. */
export function createTimeouts(
  { connectTimeout, idleTimeout }: Pick<RequestOptions, "connectTimeout" | "idleTimeout">,
  { now, after }: Clock,
  signal: AbortSignal,
  fail: (error: EventSourceError) => void,
): Timeouts {
  let cancel: (() => void) | undefined;
  let expires: number;
  let isWaiting: boolean | undefined;
  /** The time within which the next byte must arrive: `idleTimeout`, unless `checkLiveness` requires it sooner. */
  let patience = idleTimeout;

  function start(limit = 0, code?: "connect-timeout" | "idle-timeout", what?: string): void {
    cancel?.();
    expires = now() + limit;
    if (limit) cancel = after(limit, () => fail(new EventSourceError(code!, `No ${what} (${limit} ms)`)));
  }
  const stop = () => start();
  const startIdle = () =>
    start(patience, "idle-timeout", `data within ${patience === idleTimeout ? "idleTimeout" : "checkLiveness"}`);

  signal.addEventListener("abort", stop);
  return {
    connect: () => start(connectTimeout, "connect-timeout", "response headers within connectTimeout"),
    stop,
    onWait(waits) {
      isWaiting = waits;
      if (waits) return startIdle();
      stop();
      patience = idleTimeout;
    },
    checkLiveness(timeout) {
      patience = Math.min(timeout || 1, patience || Infinity);
      // A deadline that is overdue does not count: after sleep the clock has moved on, and its timer has not fired yet.
      if (isWaiting && !(expires > now() && expires <= now() + patience)) startIdle();
    },
  };
}
