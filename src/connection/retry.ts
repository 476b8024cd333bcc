import { LONGEST_DELAY } from "../core/clock.ts";
import type { EventSourceError } from "../core/errors.ts";

/** The failure that `shouldRetry` decides on. */
export interface RetryContext {
  /** Why the attempt failed or the connection was lost. */
  readonly error: EventSourceError;
  /** Number of attempts that have failed in a row, including this one. */
  readonly attempt: number;
  /** Time since the first failure in a row, in ms. */
  readonly elapsed: number;
  /** The verdict of the default rules. */
  readonly willRetry: boolean;
}

/**
 * Retry policy. Times are in ms.
 *
 * The delay after the n-th failure in a row is `initialDelay × factor^(n-1)`, multiplied by a random number from 1 to
 * `1 + jitter`, and at most `maxDelay`. The server sets a minimum with its `retry` field or `Retry-After`; the jitter is
 * added on top of it, also beyond `maxDelay`.
 */
export interface RetryOptions {
  /**
   * Delay after the first failure, in ms. The server's `retry` field replaces it, and is then the minimum of every delay. Default 1000.
   *
   * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#concept-event-stream-reconnection-time
   */
  initialDelay?: number | undefined;
  /**
   * Factor by which each failure in a row multiplies the delay, at least 1. With 1 the delay does not grow, and clients that failed
   * together keep returning together. Default 2.
   */
  factor?: number | undefined;
  /**
   * Maximum delay including jitter, in ms. It also limits `Retry-After`. Raise it if the server's rate limits have longer
   * windows. Default 30000.
   */
  maxDelay?: number | undefined;
  /** Share of the delay that is added at random, from 0 to 1, so that clients do not reconnect simultaneously. Default 0.5. */
  jitter?: number | undefined;
  /**
   * Maximum number of retries in a row. After the last one the client closes with `retries-exhausted`, whose `cause` is the last error.
   * Default `Infinity`.
   */
  maxRetries?: number | undefined;
  /**
   * Maximum time since the first failure in a row, in ms. After it no retry begins, and the client closes with
   * `retries-exhausted`. Time offline does not count. Default `Infinity`.
   */
  maxElapsedTime?: number | undefined;
  /**
   * Time after which an open connection is healthy, in ms. The failure count resets then, or when the connection delivers an event,
   * but not on response headers. Default 5000.
   */
  resetAfter?: number | undefined;
  /**
   * Overrides the default rules, in both directions: for example, to retry a 404 while a service starts. `undefined` keeps the
   * default verdict. A 204 is never retried.
   */
  shouldRetry?: ((context: RetryContext) => boolean | undefined) | undefined;
}

/** The default rules: whether an error is worth another attempt. */
export function isRetryable(error: EventSourceError): boolean {
  const { code, status } = error;
  // Statuses that say "later", not "no".
  if (code === "http-status") return /^(408|425|429|5(?!01|05)..)$/.test(`${status}`);
  // When the refresh itself failed, which says nothing about the credentials.
  if (code === "unauthorized") return "cause" in error;
  return /network|timeout|premature|stream-ended/.test(code);
}

/** `Retry-After` in ms: the first valid value, seconds or an HTTP date. 0 if there is none. */
export function retryAfter(headers: Headers | undefined, date: number): number {
  // Several header lines arrive as one list, and a date may contain a comma itself.
  for (const value of headers?.get("retry-after")?.match(/\s*([a-z]+, (?=\d+[ -][a-z]))?[^,]+/gi) ?? []) {
    const isDate = /^\s*[a-z]/i.test(value);
    const delay = isDate ? Date.parse(value) - date : /^[\s\d]+$/.test(value) ? Number(value) * 1000 : NaN;
    if (!Number.isNaN(delay)) return Math.max(delay, 0);
  }
  return 0;
}

/** The delay before the next attempt in ms: an integer that `setTimeout` can keep. */
export function retryDelay(
  { initialDelay = 1000, factor = 2, maxDelay = 30_000, jitter = 0.5 }: RetryOptions,
  /** Failures in a row, at least 1. */
  failures: number,
  /** What the server's `retry` field set. */
  reconnectionTime: number | undefined,
  /** What `Retry-After` asks for. */
  after: number,
  /** From 0 to 1. */
  random: number,
): number {
  // At least 1, since 0 would not grow: `retry: 0` with an instant end would hammer the server.
  const base = Math.max(1, reconnectionTime ?? initialDelay);
  const grown = Math.min(base * factor ** (failures - 1), maxDelay / (1 + jitter));
  const floor = Math.max(reconnectionTime ?? 0, Math.min(after, maxDelay));
  return Math.min(Math.round(Math.max(grown, floor) * (1 + jitter * random)), LONGEST_DELAY);
}
