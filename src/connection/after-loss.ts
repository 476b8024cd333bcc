import { EventSourceError } from "../core/errors.ts";
import { report } from "../core/listeners.ts";
import { isRetryable, retryAfter, retryDelay, type RetryOptions } from "./retry.ts";
import type { ClosedStatus } from "./status.ts";

/** An attempt that failed, or a connection that was lost. */
export interface Loss {
  readonly error: EventSourceError;
  /** Failures in a row, this one included. */
  readonly failures: number;
  /** Time since the first of them, in ms. */
  readonly elapsed: number;
  /** What the server's `retry` field set, in ms. */
  readonly reconnectionTime: number | undefined;
  readonly isOffline: boolean;
  /** Milliseconds since the epoch. */
  readonly date: number;
  /** From 0 to 1. */
  readonly random: number;
}

/** The delay before the next attempt in ms, or the terminal status. */
export type Verdict = number | ClosedStatus;

/** Decides what follows a loss. Pure but for `shouldRetry`, which is the user's. */
export function afterLoss(loss: Loss, retry: RetryOptions | false): Verdict {
  const { error, failures, elapsed, isOffline } = loss;
  const { code } = error;
  if (code === "no-content") return { state: "closed", reason: "server", error };
  if (!retry && code === "stream-ended") return { state: "closed", reason: "server" };
  if (!retry || !willRetry(loss, retry)) return { state: "closed", reason: "error", error };
  const { maxDelay = 30_000, maxRetries = Infinity, maxElapsedTime = Infinity } = retry;
  // A fallback, since `navigator.onLine` can stay false for ever.
  if (isOffline) return maxDelay;
  const delay = retryDelay(
    retry,
    failures,
    loss.reconnectionTime,
    retryAfter(error.headers, loss.date),
    loss.random,
  );
  if (failures <= maxRetries && elapsed + delay <= maxElapsedTime) return delay;
  return {
    state: "closed",
    reason: "error",
    error: new EventSourceError("retries-exhausted", `Gave up after ${failures} failures in a row`, {
      cause: error,
      attempt: error.attempt,
      willRetry: false,
    }),
  };
}

/** The verdict of the user, or else the default one. */
function willRetry({ error, failures, elapsed }: Loss, { shouldRetry }: RetryOptions): boolean {
  const isDefault = isRetryable(error);
  try {
    return shouldRetry?.({ error, attempt: failures, elapsed, willRetry: isDefault }) ?? isDefault;
  } catch (thrown) {
    report(thrown);
    return isDefault;
  }
}
