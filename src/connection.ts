import type { Clock } from "./clock.ts";
import { EventSourceError, toEventSourceError } from "./errors.ts";
import { report } from "./emitter.ts";
import { isRetryable, retryAfter, retryDelay, type RetryPolicy } from "./retry.ts";
import type { Sink, StreamItem, Transport } from "./types.ts";

/** The life of a connection, discriminated by `state`. Each change makes a new object; between changes it is the same one. */
export type ConnectionStatus =
  /** Never opened. */
  | { readonly state: "idle" }
  /** An attempt is being made: `attempt` 1 is the first, or the first since a healthy connection plus those that failed. */
  | { readonly state: "connecting"; readonly attempt: number }
  /** The server answered with an event stream. `url` is the final one, after redirects. */
  | { readonly state: "open"; readonly url: string; readonly headers: Headers }
  /** `attempt` attempts have failed in a row; the next one begins in `delay` ms. */
  | {
      readonly state: "waiting";
      readonly attempt: number;
      readonly delay: number;
      readonly error: EventSourceError;
    }
  /** Retries are on hold, and cost no attempt: the page is offline. */
  | { readonly state: "paused"; readonly reason: "offline"; readonly error: EventSourceError }
  | ClosedStatus;

/** Over, until `open()` is called. */
export type ClosedStatus = {
  readonly state: "closed";
  /**
   * `"client"`: closed from here. `"server"`: the server asked to stop (204), or ended a stream that is not retried.
   * `"complete"`: the event of `endOn` came. `"error"`: `error` is fatal.
   */
  readonly reason: "client" | "server" | "complete" | "error";
  readonly error?: EventSourceError;
};

/** The world around a connection. */
export interface Environment {
  clock: Clock;
  /** From 0 to 1. */
  random: () => number;
  /** Calls back when the page comes online; `undefined` while it is online, or where nobody can tell. */
  whenOnline: (callback: () => void) => (() => void) | undefined;
}

export interface ConnectionOptions {
  transport: Transport;
  retry: RetryPolicy | false;
  lastEventId: string;
  /** Whether an end of the stream is always too early (`endOn` is set). */
  endless: boolean;
  signal?: AbortSignal | undefined;
}

/** Who watches a connection. */
export interface Observer {
  readonly onStatus: (status: ConnectionStatus) => void;
  readonly onError: (error: EventSourceError) => void;
  /** See `Sink.deliver`. The observer moves `lastEventId` as it hands the items on. */
  readonly deliver: (items: StreamItem[]) => PromiseLike<void> | undefined;
  /** The current attempt is over: nothing of it may be handed on any more. */
  readonly drop: () => void;
}

export interface Connection {
  readonly status: ConnectionStatus;
  lastEventId: string;
  open(): void;
  close(reason: ClosedStatus["reason"], cause?: unknown): void;
  reconnect(): void;
}

/**
 * Repeats attempts. It owns the only state machine and the last event ID.
 *
 *     idle ─open→ connecting ─answered→ open ─lost→ waiting ─timer→ connecting …
 *                      └──────failed──────────────────┘ └ or paused while offline
 *     any ─close, abort, fatal error, 204→ closed ─open→ connecting
 */
export function createConnection(
  { transport, retry, lastEventId, endless, signal }: ConnectionOptions,
  observer: Observer,
  { clock, random, whenOnline }: Environment,
): Connection {
  let status: ConnectionStatus = { state: "idle" };
  /** The running attempt. Whoever belongs to another one is stale and may write nothing. */
  let current: AbortController | undefined;
  let cancelWait: (() => void) | undefined;
  let failures = 0;
  let failingSince = 0;
  let openedAt: number | undefined;
  let isHealthy = false;
  /** What the server's `retry` field set (ms). */
  let reconnectionTime: number | undefined;

  const abort = () => connection.close("client", signal!.reason);

  function setStatus(next: ConnectionStatus): void {
    status = Object.freeze(next);
    observer.onStatus(status);
  }

  /** Ends the running attempt, or the wait for the next one. */
  function stop(cause?: unknown): void {
    cancelWait?.();
    cancelWait = undefined;
    const stopped = current;
    current = undefined;
    observer.drop();
    stopped?.abort(cause);
  }

  function connect(): void {
    stop();
    const attempt = new AbortController();
    current = attempt;
    openedAt = undefined;
    isHealthy = false;
    const context = { attempt: failures + 1, lastEventId: connection.lastEventId, signal: attempt.signal };
    const isCurrent = () => current === attempt;
    const sink: Sink = {
      open({ url, headers }) {
        if (!isCurrent()) return;
        openedAt = clock.now();
        setStatus({ state: "open", url, headers });
      },
      deliver(items) {
        if (!isCurrent()) return undefined;
        isHealthy ||= items.some((item) => item.data !== undefined);
        return observer.deliver(items);
      },
      retry(time) {
        if (isCurrent()) reconnectionTime = time;
      },
    };
    const lose = (error?: unknown) => {
      if (isCurrent()) lost(context.attempt, error);
    };
    setStatus({ state: "connecting", attempt: context.attempt });
    if (isCurrent()) void (async () => transport(context, sink))().then(lose, lose);
  }

  function lost(attempt: number, cause: unknown): void {
    stop();
    if (isHealthy || (openedAt !== undefined && retry && clock.now() - openedAt >= retry.stableAfter))
      failures = 0;
    if (!retry && !endless && cause === undefined) return connection.close("server");
    const error =
      cause === undefined
        ? new EventSourceError(endless ? "premature-end" : "network", "The server ended the stream")
        : toEventSourceError(cause, "network", "The transport failed");
    if (error.code === "no-content") return fatal("server", error, attempt);

    const now = clock.now();
    if (failures === 0) failingSince = now;
    failures++;
    const elapsed = now - failingSince;
    if (!retry || !verdict(retry, error, elapsed)) return fatal("error", error, attempt);
    const delay = retryDelay(retry, failures, reconnectionTime, retryAfter(error.headers, now), random());
    if (failures > retry.attempts || elapsed + delay > retry.elapsed)
      return fatal("error", exhausted(error, failures), attempt);

    const resume = () => connect();
    const cancelOnline = whenOnline(resume);
    if (cancelOnline) {
      failures--;
      // The browser's word is a hint: it has been known to say offline for good. So look ourselves now and then.
      const cancelTimer = clock.after(retry.max, resume);
      cancelWait = () => (cancelOnline(), cancelTimer());
      setStatus({ state: "paused", reason: "offline", error: annotate(error, attempt, true, retry.max) });
    } else {
      cancelWait = clock.after(delay, resume);
      setStatus({ state: "waiting", attempt: failures, delay, error: annotate(error, attempt, true, delay) });
    }
    observer.onError(error);
  }

  function verdict({ shouldRetry }: RetryPolicy, error: EventSourceError, elapsed: number): boolean {
    const willRetry = isRetryable(error);
    try {
      return shouldRetry?.({ error, attempt: failures, elapsed, willRetry }) ?? willRetry;
    } catch (thrown) {
      report(thrown);
      return willRetry;
    }
  }

  function fatal(reason: "server" | "error", error: EventSourceError, attempt: number): void {
    annotate(error, attempt, false);
    signal?.removeEventListener("abort", abort);
    setStatus({ state: "closed", reason, error });
    observer.onError(error);
  }

  const connection: Connection = {
    get status() {
      return status;
    },
    lastEventId,
    open() {
      if (current) return;
      if (signal?.aborted) return connection.close("client");
      if (!cancelWait) {
        failures = 0;
        signal?.addEventListener("abort", abort);
      }
      connect();
    },
    close(reason, cause) {
      if (status.state === "closed") return;
      stop(cause);
      signal?.removeEventListener("abort", abort);
      setStatus({ state: "closed", reason });
    },
    reconnect() {
      if (!current && !cancelWait) return connection.open();
      failures = 0;
      connect();
    },
  };
  return connection;
}

function exhausted(cause: EventSourceError, failures: number): EventSourceError {
  return new EventSourceError("retries-exhausted", `Gave up after ${failures} failed attempts in a row`, {
    cause,
  });
}

function annotate(
  error: EventSourceError,
  attempt: number,
  willRetry: boolean,
  delay?: number,
): EventSourceError {
  return Object.assign(error, { attempt, willRetry }, delay !== undefined && { delay });
}
