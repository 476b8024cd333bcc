import type { Clock } from "../core/clock.ts";
import { EventSourceError } from "../core/errors.ts";
import type { RequestOptions } from "./request-options.ts";

/** The timeouts of an attempt. */
export interface Timeouts {
  /** Starts `connectTimeout`. */
  readonly connect: () => void;
  /** Stops whichever timeout is running. */
  readonly stop: () => void;
  /** Call it before (`true`) and after each wait for bytes: `idleTimeout` runs in between. */
  readonly onWait: (isWaiting?: boolean) => void;
  /** Requires data within `timeout` ms, or within what is left of `idleTimeout` if that is less. */
  readonly checkLiveness: (timeout: number) => void;
}

/** `fail` is called when a timeout expires. Aborting `signal` stops them all. */
export function createTimeouts(
  { connectTimeout, idleTimeout }: Pick<RequestOptions, "connectTimeout" | "idleTimeout">,
  after: Clock["after"],
  signal: AbortSignal,
  fail: (error: EventSourceError) => void,
): Timeouts {
  const running: (() => void)[] = [];
  let isWaiting: boolean | undefined;
  let liveness: number | undefined;

  function start(code: "connect-timeout" | "idle-timeout", what: string, limit: number | undefined): void {
    if (limit) running.push(after(limit, () => fail(new EventSourceError(code, `No ${what} (${limit} ms)`))));
  }
  const startLiveness = () => start("idle-timeout", "data within checkLiveness", liveness);
  function stop(): void {
    while (running.length) running.pop()!();
  }

  signal.addEventListener("abort", stop);
  return {
    connect: () => start("connect-timeout", "response headers within connectTimeout", connectTimeout),
    stop,
    onWait(waits) {
      stop();
      isWaiting = waits;
      if (!waits) return void (liveness = 0);
      start("idle-timeout", "data within idleTimeout", idleTimeout);
      startLiveness();
    },
    checkLiveness(timeout) {
      liveness = timeout || 1;
      if (isWaiting) startLiveness();
    },
  };
}
