import { EventSourceError } from "../core/errors.ts";
import { report } from "../core/listeners.ts";
import { isRetryable, retryAfter, retryDelay, type RetryPolicy } from "./retry.ts";

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

export type Verdict =
  | { readonly state: "waiting"; readonly delay: number }
  /** Offline. The delay is a fallback, since `navigator.onLine` can stay false for ever. */
  | { readonly state: "paused"; readonly delay: number }
  | { readonly state: "closed"; readonly reason: "server" | "error"; readonly error?: EventSourceError };

/** Decides what follows a loss. Pure but for `policy.shouldRetry`, which is the user's. */
export function afterLoss(loss: Loss, policy: RetryPolicy | false): Verdict {
  const { error, failures, elapsed, reconnectionTime, date, random } = loss;
  // "HTTP 204 No Content" tells a client to stop reconnecting.
  if (error.code === "no-content") return { state: "closed", reason: "server", error };
  if (!policy)
    return error.code === "stream-ended"
      ? { state: "closed", reason: "server" }
      : { state: "closed", reason: "error", error };
  if (!isWorthRetrying(loss, policy)) return { state: "closed", reason: "error", error };
  if (loss.isOffline) return { state: "paused", delay: policy.maxDelay };
  const delay = retryDelay(policy, failures, reconnectionTime, retryAfter(error.headers, date), random);
  if (failures <= policy.maxRetries && elapsed + delay <= policy.maxElapsedTime)
    return { state: "waiting", delay };
  const message = `Gave up after ${failures} failures in a row`;
  const { attempt } = error;
  return {
    state: "closed",
    reason: "error",
    error: new EventSourceError("retries-exhausted", message, { cause: error, attempt, willRetry: false }),
  };
}

/** The user's verdict, or else the default one. */
function isWorthRetrying({ error, failures, elapsed }: Loss, { shouldRetry }: RetryPolicy): boolean {
  const willRetry = isRetryable(error);
  try {
    const own = shouldRetry?.({ error, attempt: failures, elapsed, willRetry });
    return typeof own === "boolean" ? own : willRetry;
  } catch (thrown) {
    report(thrown);
    return willRetry;
  }
}
