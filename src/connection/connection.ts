import type { Clock } from "../core/clock.ts";
import { EventSourceError, toEventSourceError } from "../core/errors.ts";
import type { OpenStream, Sink, StreamItem, Transport } from "../core/types.ts";
import type { Delivery } from "../stream/delivery.ts";
import { afterLoss } from "./after-loss.ts";
import type { RetryPolicy } from "./retry.ts";
import type { ClosedStatus, ConnectionStatus } from "./status.ts";

/** The environment of a connection. */
export interface Environment {
  readonly clock: Clock;
  /** A number from 0 to 1. */
  readonly random: () => number;
  /** Calls back when the page comes online; `undefined` while it is online. See core/page.ts. */
  readonly whenOnline: (callback: () => void) => (() => void) | undefined;
}

export interface ConnectionOptions {
  readonly transport: Transport;
  readonly retry: RetryPolicy | false;
  readonly lastEventId: string;
  /** Whether `endOn` is set: the stream may then not end before that event. */
  readonly expectsEnd: boolean;
  readonly signal: AbortSignal | undefined;
  readonly delivery: Delivery<StreamItem>;
  /** Called at once, before the status is emitted. */
  readonly onClosed?: (status: ClosedStatus) => void;
  readonly onStatus: (status: ConnectionStatus) => void;
  readonly onError: (error: EventSourceError) => void;
}

export interface Connection {
  readonly status: ConnectionStatus;
  /** The running attempt: an object of its own for each. */
  readonly attempt: object | undefined;
  /** The last event ID, which the next attempt resumes after. Written by the owner of the connection only. */
  lastEventId: string;
  /** Whether the attempt has delivered an event, which makes it a healthy one. Set by the owner, reset by the next attempt. */
  hasEvent: boolean;
  open(): void;
  close(reason: ClosedStatus["reason"], abortReason?: unknown): void;
  reconnect(): void;
  pause(reason: string): void;
  fail(cause: unknown): void;
  checkLiveness(timeout: number): void;
}

interface Attempt {
  readonly number: number;
  readonly controller: AbortController;
  /** When the response began; `undefined` before. */
  openedAt?: number;
  checkLiveness?: OpenStream["checkLiveness"];
}

/** What comes with a change of status. */
interface Leave {
  readonly error?: EventSourceError | undefined;
  /** The next attempt. */
  readonly attempt?: Attempt;
  /** Cancels the wait for the next attempt. */
  readonly wait?: () => void;
  readonly abortReason?: unknown;
}

/**
 * Repeats attempts. It is the only state machine of a client:
 *
 *     idle ─open→ connecting ─response→ open ─lost→ waiting ─timer→ connecting …
 *                      └───────failed─────────────────┘ └→ paused while offline
 *     any but idle and closed ─pause→ paused ─open→ connecting
 *     any ─close, abort, fatal error, 204→ closed ─open→ connecting
 */
export function createConnection(
  {
    transport,
    retry,
    lastEventId,
    expectsEnd,
    signal,
    delivery,
    onClosed,
    onStatus,
    onError,
  }: ConnectionOptions,
  { clock, random, whenOnline }: Environment,
): Connection {
  let current: Attempt | undefined;
  let status: ConnectionStatus = { state: "idle" };
  /** Ends the wait for the next attempt. */
  let cancelWait: (() => void) | undefined;
  /** Failures in a row since the last healthy connection, and when the first of them was. */
  let failures = 0;
  let failingSince = 0;
  /** What the server's `retry` field set, in ms. */
  let reconnectionTime: number | undefined;

  /** Changes of status that are to be emitted, each with its error. */
  let isEmitting = false;
  const changes: [status: ConnectionStatus, error: EventSourceError | undefined][] = [];

  /** Changes are emitted in order, also when a listener makes another one. */
  function setStatus(
    next: ConnectionStatus,
    error?: EventSourceError,
    left?: Attempt,
    abortReason?: unknown,
  ): void {
    status = next;
    changes.push([next, error]);
    if (next.state === "closed") onClosed?.(next);
    // Before the listeners are called, one of which may start another attempt.
    left?.controller.abort(abortReason);
    if (isEmitting) return;
    isEmitting = true;
    for (let change; (change = changes.shift());) {
      onStatus(change[0]);
      if (change[1]) onError(change[1]);
    }
    isEmitting = false;
  }

  /** Leaves the running attempt, or the wait for one, for the next status. */
  function leave(next: ConnectionStatus, { error, attempt, wait, abortReason }: Leave = {}): void {
    const left = current;
    cancelWait?.();
    cancelWait = wait;
    current = attempt;
    delivery.end();
    setStatus(next, error, left, abortReason);
  }

  function start(): void {
    if (signal?.aborted) return connection.close("client");
    signal?.addEventListener("abort", abort);
    connect();
  }

  function connect(): void {
    const attempt: Attempt = { number: failures + 1, controller: new AbortController() };
    connection.hasEvent = false;
    leave({ state: "connecting", attempt: attempt.number }, { attempt });
    // A status listener may have left it already.
    if (attempt !== current) return;
    void (async () => run(attempt))().then(
      () =>
        lose(
          attempt,
          expectsEnd
            ? new EventSourceError("premature-end", "The stream ended before the endOn event")
            : new EventSourceError("stream-ended", "The server ended the stream"),
        ),
      (cause: unknown) => lose(attempt, cause),
    );
  }

  function run(attempt: Attempt): PromiseLike<void> {
    const { number, controller } = attempt;
    const sink: Sink = {
      open({ url, headers, checkLiveness }) {
        if (attempt !== current) return;
        attempt.checkLiveness = checkLiveness;
        attempt.openedAt = clock.now();
        setStatus({ state: "open", url, headers });
      },
      deliver: delivery.begin(),
      retry(time) {
        if (attempt === current) reconnectionTime = time;
      },
      fail: (cause) => lose(attempt, cause),
      reconnecting(error) {
        if (attempt !== current) return;
        Object.assign(error, { attempt: number, willRetry: true });
        setStatus({ state: "connecting", attempt: number }, error);
      },
    };
    return transport(
      { attempt: number, lastEventId: connection.lastEventId, signal: controller.signal },
      sink,
    );
  }

  /** The attempt failed, or the server ended its stream. */
  function lose(attempt: Attempt, cause: unknown): void {
    if (attempt !== current) return;
    const before = status;
    current = undefined;
    delivery.end();
    attempt.controller.abort();
    // A listener on its signal changed the state.
    if (status !== before) return;
    const now = clock.now();
    const { number, openedAt = Infinity } = attempt;
    if (retry && (connection.hasEvent || now - openedAt >= retry.resetAfter)) failures = 0;
    if (!failures++) failingSince = now;
    const elapsed = now - failingSince;
    const error = toEventSourceError(cause, "network", "The transport failed");
    Object.assign(error, { attempt: number, willRetry: false });
    const cancelOnline = whenOnline(connect);
    const isOffline = !!cancelOnline;
    const loss = {
      error,
      failures,
      elapsed,
      reconnectionTime,
      isOffline,
      date: clock.date(),
      random: random(),
    };
    const verdict = afterLoss(loss, retry);
    // `shouldRetry` may have changed the state.
    const isOvertaken = status !== before;
    if (isOvertaken || verdict.state === "closed") {
      cancelOnline?.();
      if (!isOvertaken) end(verdict as ClosedStatus);
      return;
    }
    const { delay } = verdict;
    Object.assign(error, { willRetry: true, delay });
    if (isOffline) failures--;
    const cancelTimer = clock.after(delay, connect);
    const wait = () => {
      cancelTimer();
      cancelOnline?.();
      // Time offline does not count against `maxElapsedTime`.
      if (isOffline) failingSince += clock.now() - now;
    };
    const next: ConnectionStatus = isOffline
      ? { state: "paused", reason: "offline" }
      : { state: "waiting", attempt: failures, delay, error };
    leave(next, { error, wait });
  }

  function end(status: ClosedStatus, abortReason?: unknown): void {
    signal?.removeEventListener("abort", abort);
    delivery.release();
    leave(status, { error: status.error, abortReason });
  }

  const abort = () => connection.close("client", signal!.reason);

  const connection: Connection = {
    get status() {
      return status;
    },
    get attempt() {
      return current;
    },
    lastEventId,
    hasEvent: false,
    open() {
      if (current) return;
      if (!cancelWait) failures = 0;
      start();
    },
    close(reason, abortReason) {
      if (status.state !== "closed") end({ state: "closed", reason }, abortReason);
    },
    reconnect() {
      delivery.release();
      failures = 0;
      start();
    },
    pause(reason) {
      if (!/idle|closed/.test(status.state)) leave({ state: "paused", reason });
    },
    fail(cause) {
      // Its events do not make a connection healthy that the application rejects.
      connection.hasEvent = false;
      if (current) lose(current, new EventSourceError("network", "fail() was called", { cause }));
    },
    checkLiveness(timeout) {
      current?.checkLiveness?.(timeout);
    },
  };
  return connection;
}
