import type { Clock } from "../core/clock.ts";
import { EventSourceError, toEventSourceError } from "../core/errors.ts";
import type { OpenStream, Sink, StreamItem, Transport } from "../core/types.ts";
import type { Delivery } from "../stream/delivery.ts";
import { afterLoss } from "./after-loss.ts";
import type { RetryOptions } from "./retry.ts";
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
  /** `false` for never. */
  readonly retry: RetryOptions | false;
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

/** What comes with leaving an attempt. */
interface Leave {
  readonly error?: EventSourceError | undefined;
  /** The next attempt, if it begins now. */
  readonly running?: AbortController;
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
  let status: ConnectionStatus = { state: "idle" };
  const { resetAfter = 5000 } = retry || {};
  /** The running attempt. What belongs to another one is stale and changes nothing. */
  let current: AbortController | undefined;
  /** When the response of the running attempt began; `Infinity` before. */
  let openedAt: number;
  let checkLiveness: OpenStream["checkLiveness"];
  /** Cancels the wait for the next attempt. */
  let cancelWait: (() => void) | undefined;
  /** Failures in a row since the last healthy connection, and when the first of them was. */
  let failures = 0;
  let failingSince: number;
  /** What the server's `retry` field set, in ms. */
  let reconnectionTime: number | undefined;
  /** Changes that are to be emitted, each with its error. */
  const changes: [status: ConnectionStatus, error: EventSourceError | undefined][] = [];
  let isEmitting = false;

  /** Statuses are emitted in order, also when a listener changes the status. */
  function setStatus(
    next: ConnectionStatus,
    error?: EventSourceError,
    left?: AbortController,
    reason?: unknown,
  ) {
    status = next;
    changes.push([next, error]);
    if (next.state === "closed") onClosed?.(next);
    // Before the listeners are called, one of which may start another attempt.
    left?.abort(reason);
    if (isEmitting) return;
    isEmitting = true;
    for (let change; (change = changes.shift());) {
      onStatus(change[0]);
      if (change[1]) onError(change[1]);
    }
    isEmitting = false;
  }

  /** Leaves the running attempt, or the wait for one. */
  function leave(next: ConnectionStatus, { error, running, wait, abortReason }: Leave = {}): void {
    const left = current;
    cancelWait?.();
    cancelWait = wait;
    current = running;
    checkLiveness = undefined;
    openedAt = Infinity;
    connection.hasEvent = false;
    delivery.end();
    setStatus(next, error, left, abortReason);
  }

  function connect(): void {
    const attempt = failures + 1;
    const running = new AbortController();
    const { signal } = running;
    const isCurrent = () => running === current;
    const lose = (cause: unknown) => {
      if (isCurrent()) lost(toEventSourceError(cause, "network", "The transport failed"), attempt);
    };
    leave({ state: "connecting", attempt }, { running });
    // A status listener may have left it already.
    if (!isCurrent()) return;
    const sink: Sink = {
      open(stream) {
        if (!isCurrent()) return;
        ({ checkLiveness } = stream);
        openedAt = clock.now();
        setStatus({ state: "open", url: stream.url, headers: stream.headers });
      },
      deliver: delivery.begin(),
      retry(time) {
        if (isCurrent()) reconnectionTime = time;
      },
      fail: lose,
      reconnecting(error) {
        if (isCurrent())
          setStatus({ state: "connecting", attempt }, Object.assign(error, { attempt, willRetry: true }));
      },
    };
    const { lastEventId } = connection;
    (async () => transport({ attempt, lastEventId, signal }, sink))().then(
      () =>
        lose(
          expectsEnd
            ? new EventSourceError("premature-end", "The stream ended before the endOn event")
            : new EventSourceError("stream-ended", "The server ended the stream"),
        ),
      lose,
    );
  }

  /** The running attempt failed, or the server ended its stream. */
  function lost(error: EventSourceError, attempt: number): void {
    const running = current;
    const now = clock.now();
    if (connection.hasEvent || now - openedAt >= resetAfter) failures = 0;
    if (!failures++) failingSince = now;
    Object.assign(error, { attempt, willRetry: false });
    const cancelOnline = whenOnline(connect);
    const verdict = afterLoss(
      {
        error,
        failures,
        elapsed: now - failingSince,
        reconnectionTime,
        isOffline: !!cancelOnline,
        date: clock.date(),
        random: random(),
      },
      retry,
    );
    // `shouldRetry` may have left the attempt.
    const isCurrent = running === current;
    if (!isCurrent || typeof verdict !== "number") {
      cancelOnline?.();
      if (isCurrent) end(verdict as ClosedStatus);
      return;
    }
    const cancelTimer = clock.after(verdict, connect);
    const wait = () => {
      cancelTimer();
      if (!cancelOnline) return;
      cancelOnline();
      // Time offline does not count against `maxElapsedTime`.
      failingSince += clock.now() - now;
    };
    Object.assign(error, { willRetry: true, delay: verdict });
    if (cancelOnline) failures--;
    leave(
      cancelOnline
        ? { state: "paused", reason: "offline" }
        : { state: "waiting", attempt: failures, delay: verdict, error },
      { error, wait },
    );
  }

  function end(next: ClosedStatus, abortReason?: unknown): void {
    signal?.removeEventListener("abort", abort);
    delivery.release();
    leave(next, { error: next.error, abortReason });
  }

  function start(): void {
    if (signal?.aborted) return connection.close("client");
    signal?.addEventListener("abort", abort);
    connect();
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
      if (!current) return;
      // Its events do not make a connection healthy that the application rejects.
      connection.hasEvent = false;
      lost(new EventSourceError("network", "fail() was called", { cause }), failures + 1);
    },
    checkLiveness(timeout) {
      checkLiveness?.(timeout);
    },
  };
  return connection;
}
