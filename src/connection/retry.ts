import { LONGEST_DELAY } from "../core/clock.ts";
import { checkNumber, type EventSourceError } from "../core/errors.ts";

/** What `shouldRetry` is told. */
export interface RetryContext {
  /** Why the attempt failed or the connection was lost. */
  readonly error: EventSourceError;
  /** Attempts that have failed in a row, this one included. */
  readonly attempt: number;
  /** Since the first of them (ms). */
  readonly elapsed: number;
  /** The verdict of the default rules. */
  readonly willRetry: boolean;
}

/**
 * When to connect again. Times in ms.
 *
 * The delay after the n-th failure in a row is `initialDelay × factor^(n-1)`, kept low enough that the jitter on top of
 * it stays below `maxDelay`, and then multiplied by a random number from 1 to `1 + jitter`. A floor that the server
 * sets, by its `retry` field or `Retry-After`, comes before `maxDelay`: the jitter is added on top of the floor.
 */
export interface RetryOptions {
  /**
   * Delay after the first failure (ms). The server's `retry` field replaces it, and becomes a floor. Default 1000.
   *
   * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#concept-event-stream-reconnection-time
   */
  initialDelay?: number | undefined;
  /**
   * Growth per failure in a row, 1 or more. With 1 there is none, and clients that failed together
   * keep coming back together. Default 2.
   */
  factor?: number | undefined;
  /**
   * Longest delay of our own making, jitter included, and the most that `Retry-After` may ask for (ms). Raise it
   * where rate limits have longer windows. Default 30000.
   */
  maxDelay?: number | undefined;
  /** Share of the delay that is added at random, 0 to 1, so that clients do not come back all at once. Default 0.5. */
  jitter?: number | undefined;
  /**
   * Retries in a row before the client gives up with `retries-exhausted`, whose `cause` is the last error. They count
   * from the last healthy connection. Default `Infinity`.
   */
  maxRetries?: number | undefined;
  /**
   * Time since the first failure in a row after which no retry begins (ms): `retries-exhausted`. Time offline does
   * not count. Default `Infinity`.
   */
  maxElapsedTime?: number | undefined;
  /**
   * A connection is healthy, and earlier failures are forgiven, once it delivered an event or was open this long
   * (ms). Headers alone prove nothing. Default 5000.
   */
  resetAfter?: number | undefined;
  /**
   * Overrides the default rules both ways, but for 204; `undefined` leaves the verdict to them. For a status that
   * means something else here, such as a 404 while a service starts.
   */
  shouldRetry?: ((context: RetryContext) => boolean | undefined) | undefined;
}

/** {@link RetryOptions} with the defaults filled in. */
export type RetryPolicy = { [Name in Exclude<keyof RetryOptions, "shouldRetry">]-?: number } & Pick<
  RetryOptions,
  "shouldRetry"
>;

export const defaultRetry: RetryPolicy = {
  initialDelay: 1000,
  factor: 2,
  maxDelay: 30_000,
  jitter: 0.5,
  maxRetries: Infinity,
  maxElapsedTime: Infinity,
  resetAfter: 5000,
};

/**
 * Fills in the defaults.
 *
 * @throws EventSourceError `invalid-option` for a number out of range.
 */
export function toPolicy(retry: boolean | RetryOptions): RetryPolicy | false {
  if (!retry) return false;
  const policy = { ...defaultRetry };
  for (const [name, value] of Object.entries(retry)) {
    if (value === undefined) continue;
    if (name !== "shouldRetry")
      checkNumber(`retry.${name}`, value, name === "factor" ? 1 : 0, name === "jitter" ? 1 : Infinity);
    Object.assign(policy, { [name]: value });
  }
  return policy;
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
  for (const value of headers?.get("retry-after")?.match(/([a-z]+, (?=\d+[ -][a-z]))?[^,]+/gi) ?? []) {
    const delay = /^\s*\d+\s*$/.test(value) ? Number(value) * 1000 : Date.parse(value) - date;
    if (!Number.isNaN(delay)) return Math.max(delay, 0);
  }
  return 0;
}

/** The delay before the next attempt in ms: an integer that `setTimeout` can keep. */
export function retryDelay(
  { initialDelay, factor, maxDelay, jitter }: RetryPolicy,
  /** Failures in a row, at least 1. */
  failures: number,
  /** The reconnection time that the server's `retry` field set. */
  reconnectionTime: number | undefined,
  /** What the last response's `Retry-After` asks for. */
  after: number,
  /** From 0 to 1. */
  random: number,
): number {
  // At least 1: growth from 0 would be no growth, and `retry: 0` with an instant end would hammer the server.
  const base = Math.max(1, reconnectionTime ?? initialDelay);
  const grown = Math.min(base * factor ** (failures - 1), maxDelay / (1 + jitter));
  const floor = Math.max(reconnectionTime ?? 0, Math.min(after, maxDelay));
  return Math.min(Math.round(Math.max(grown, floor) * (1 + jitter * random)), LONGEST_DELAY);
}
