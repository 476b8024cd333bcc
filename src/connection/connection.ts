import type { Clock } from "../core/clock.ts";
import { EventSourceError, toEventSourceError } from "../core/errors.ts";
import { report } from "../core/listeners.ts";
import { isRetryable, retryAfter, retryDelay, type RetryPolicy } from "./retry.ts";
import type { ClosedStatus, ConnectionStatus } from "./status.ts";
import type { OpenStream, StreamItem, Transport } from "../core/types.ts";

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
  /** Whether any end of the stream comes too early (`endOn` is set). */
  endless: boolean;
  signal: AbortSignal | undefined;
  onStatus: (status: ConnectionStatus) => void;
  onError: (error: EventSourceError) => void;
  /** See `Sink.deliver`. Whoever hands an item on moves `lastEventId`. */
  deliver: (item: StreamItem) => PromiseLike<void> | undefined;
  /**
   * The current attempt is over: nothing of it may be handed on any more. `letGo`: what is still busy with what was handed
   * on holds nothing back any more.
   */
  drop: (letGo?: boolean) => void;
}

export interface Connection {
  status: ConnectionStatus;
  lastEventId: string;
  open(): void;
  close(reason: ClosedStatus["reason"], cause?: unknown): void;
  reconnect(): void;
  pause(reason: string): void;
  checkLiveness(timeout: number): void;
}

/**
 * Repeats attempts. It owns the only state machine and the last event ID.
 *
 *     idle ─open→ connecting ─answered→ open ─lost→ waiting ─timer→ connecting …
 *                      └──────failed──────────────────┘ └ or paused while offline
 *     any but idle and closed ─pause→ paused ─open→ connecting
 *     any ─close, abort, fatal error, 204→ closed ─open→ connecting
 */
export function createConnection(
  { transport, retry, lastEventId, endless, signal, onStatus, onError, deliver, drop }: ConnectionOptions,
  { clock, random, whenOnline }: Environment,
): Connection {
  /** The running attempt. Whoever belongs to another one is stale and may write nothing. */
  let current: AbortController | undefined;
  let cancelWait: (() => void) | undefined;
  let checkLiveness: OpenStream["checkLiveness"];
  let failures = 0;
  let failingSince = 0;
  /** When the running attempt is healthy, so that earlier failures are forgiven: 0 once it has brought an event. */
  let healthyAt: number;
  /** What the server's `retry` field set (ms). */
  let reconnectionTime: number | undefined;

  const setStatus = (next: ConnectionStatus) => onStatus((connection.status = next));
  const abort = () => connection.close("client", signal!.reason);

  /** Ends the running attempt, or the wait for the next one. False when a listener on its signal took over. */
  function stop(cause?: unknown, letGo?: boolean): boolean {
    const before = connection.status;
    cancelWait?.();
    cancelWait = checkLiveness = undefined;
    const stopped = current;
    current = undefined;
    drop(letGo);
    stopped?.abort(cause);
    return connection.status === before;
  }

  function connect(): void {
    stop();
    const running = (current = new AbortController());
    const attempt = failures + 1;
    const isCurrent = () => current === running;
    const lose = (cause: unknown) => {
      if (isCurrent()) lost(attempt, cause);
    };
    healthyAt = Infinity;
    setStatus({ state: "connecting", attempt });
    if (isCurrent())
      void (async () =>
        transport(
          { attempt, lastEventId: connection.lastEventId, signal: running.signal },
          {
            open({ url, headers, checkLiveness: checkStream }) {
              if (!isCurrent()) return;
              checkLiveness = checkStream;
              if (retry) healthyAt = clock.now() + retry.resetAfter;
              setStatus({ state: "open", url, headers });
            },
            deliver(item) {
              if (current !== running) return undefined;
              if (item.data !== undefined) healthyAt = 0;
              return deliver(item);
            },
            fail: lose,
            retry(time) {
              if (!isCurrent()) return;
              reconnectionTime = time;
            },
          },
        ))().then(lose, lose);
  }

  /** The running attempt failed, or the server ended its stream. */
  function lost(attempt: number, cause: unknown): void {
    const before = connection.status;
    if (!stop()) return;
    const now = clock.now();
    if (now >= healthyAt) failures = 0;
    if (!failures++) failingSince = now;
    if (cause === undefined && !retry && !endless) return end("server");
    const error = toEventSourceError(
      cause ??
        new EventSourceError(endless ? "premature-end" : "stream-ended", "The server ended the stream"),
      "network",
      "The transport failed",
    );
    Object.assign(error, { attempt, willRetry: false });
    if (error.code === "no-content") return end("server", error);

    const elapsed = now - failingSince;
    const again = retry && willRetry(retry, error, elapsed);
    if (connection.status !== before) return; // `shouldRetry` took over
    if (!retry || !again) return end("error", error);
    // The browser's word is a hint, known to say offline for good: look ourselves now and then.
    const cancelOnline = whenOnline(connect);
    const delay = cancelOnline
      ? retry.maxDelay
      : retryDelay(retry, failures, reconnectionTime, retryAfter(error.headers, now), random());
    if (!cancelOnline && (failures > retry.maxRetries || elapsed + delay > retry.maxElapsedTime))
      return end(
        "error",
        new EventSourceError("retries-exhausted", `Gave up after ${failures} failures in a row`, {
          cause: error,
          attempt,
          willRetry: false,
        }),
      );
    const cancelTimer = clock.after(delay, connect);
    cancelWait = () => {
      cancelTimer();
      if (!cancelOnline) return;
      cancelOnline();
      failingSince += clock.now() - now; // being offline spends nothing
    };
    Object.assign(error, { willRetry: true, delay });
    if (cancelOnline) failures--;
    const next: ConnectionStatus = cancelOnline
      ? { state: "paused", reason: "offline" }
      : { state: "waiting", attempt: failures, delay, error };
    setStatus(next);
    // A listener closed, or paused.
    if (connection.status !== next && /closed|paused/.test(connection.status.state))
      Object.assign(error, { willRetry: false, delay: undefined });
    onError(error);
  }

  function willRetry({ shouldRetry }: RetryPolicy, error: EventSourceError, elapsed: number): boolean {
    const verdict = isRetryable(error);
    try {
      const own = shouldRetry?.({ error, attempt: failures, elapsed, willRetry: verdict });
      return typeof own === "boolean" ? own : verdict;
    } catch (thrown) {
      report(thrown);
      return verdict;
    }
  }

  function end(reason: ClosedStatus["reason"], error?: EventSourceError): void {
    signal?.removeEventListener("abort", abort);
    setStatus({ state: "closed", reason, ...(error && { error }) });
    if (error) onError(error);
  }

  const connection: Connection = {
    status: { state: "idle" },
    lastEventId,
    open() {
      if (current) return;
      if (signal?.aborted) return connection.close("client");
      if (!cancelWait) failures = 0;
      signal?.addEventListener("abort", abort);
      connect();
    },
    close(reason, cause) {
      if (connection.status.state !== "closed" && stop(cause, true)) end(reason);
    },
    reconnect() {
      if (signal?.aborted || stop(undefined, true)) connection.open();
    },
    pause(reason) {
      if (!/idle|closed/.test(connection.status.state) && stop()) setStatus({ state: "paused", reason });
    },
    checkLiveness(timeout) {
      checkLiveness?.(timeout);
    },
  };
  signal?.addEventListener("abort", abort);
  return connection;
}
