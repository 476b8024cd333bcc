/// <reference lib="esnext.disposable" preserve="true" />
import type { ClosedStatus, ConnectionStatus } from "../connection/status.ts";
import type { ListenerOptions } from "../core/listeners.ts";
import type { EventSourceError } from "../core/errors.ts";
import type { AnyEvent, PerAttempt, ServerSentEvent, TextEvents } from "../core/types.ts";

/** The URL of a stream, or a function called before each attempt. A relative URL needs a page. */
export type EventSourceUrl = PerAttempt<string | URL>;

/** A subscription to an event stream. */
export interface EventSourceClient<Events extends object = TextEvents> {
  /**
   * Adds a listener for the server events of one name. Events without a name are `"message"`.
   *
   * A returned promise applies backpressure and holds the checkpoint: the next event waits until it settles. If it rejects, the
   * error is reported as an uncaught error, and the stream continues. To process events without waiting, return nothing:
   * `(event) => { void handle(event) }`. A listener must not wait for a later event of its own stream, which would never arrive;
   * `reconnect()` and `close()` release it.
   *
   * @returns An unsubscribe function.
   */
  on<Type extends keyof Events & string>(
    type: Type,
    listener: (event: ServerSentEvent<Type, Events[Type]>) => unknown,
    options?: ListenerOptions,
  ): () => void;
  /**
   * Adds a listener for every server event. A returned promise applies backpressure and holds the checkpoint, as for {@link EventSourceClient.on}.
   *
   * @returns An unsubscribe function.
   */
  onEvent(listener: (event: AnyEvent<Events>) => unknown, options?: ListenerOptions): () => void;
  /**
   * Adds a listener for changes of `status`.
   *
   * @returns An unsubscribe function.
   */
  onStatus(listener: (status: ConnectionStatus) => unknown, options?: ListenerOptions): () => void;
  /**
   * Adds a listener for errors: of the connection, with `willRetry` and `delay` (ms), and of single events (`decode-failed`).
   *
   * @returns An unsubscribe function.
   */
  onError(listener: (error: EventSourceError) => unknown, options?: ListenerOptions): () => void;
  /**
   * Adds a listener for comments, which servers send as heartbeats.
   *
   * @returns An unsubscribe function.
   */
  onComment(listener: (comment: string) => unknown, options?: ListenerOptions): () => void;
  /**
   * Adds a listener for the ID of each fully processed event: the promises of its listeners have settled, and loops have asked for the
   * next event. It is safe to store: a client that resumes after it misses no event.
   *
   * @returns An unsubscribe function.
   */
  onCheckpoint(listener: (lastEventId: string) => unknown, options?: ListenerOptions): () => void;

  /** The status of the connection. The same object until it changes. */
  readonly status: ConnectionStatus;
  /**
   * The ID to resume after: that of the last delivered event. It is kept when the client closes. Assignable: the next connection
   * resumes after the assigned ID, unless the current one delivers an event first.
   */
  lastEventId: string;
  /** The URL of the stream. If the option is a function, the URL of the last response, or `""` before the first. */
  readonly url: string;
  /** The state as a number, like that of the native class: 0 is connecting, waiting or paused, 1 is open, 2 is idle or closed. */
  readonly readyState: 0 | 1 | 2;
  /** Resolves with the terminal status, and never rejects. `open()` on a closed client makes a new promise. */
  readonly closed: Promise<ClosedStatus>;

  /**
   * Connects. A waiting client connects immediately. A closed or paused client connects again and resumes after `lastEventId`. Does nothing
   * while the client is connecting or open.
   *
   * @throws EventSourceError `invalid-option` if the URL is relative and there is no page.
   */
  open(): void;
  /**
   * Closes the client. No event is delivered afterwards, except that the event in delivery still reaches all its listeners and loops.
   * `open()` connects again.
   *
   * @param reason - The reason of the attempt's `signal`.
   */
  close(reason?: unknown): void;
  /**
   * Drops the current connection or attempt and connects immediately, without backoff. Use `fail` if the server is the problem.
   *
   * @throws EventSourceError `invalid-option` if the URL is relative and there is no page.
   */
  reconnect(): void;
  /**
   * Ends the current attempt as a failure, which is retried with backoff like a lost connection: for a server that reports
   * "overloaded" in an event. Does nothing unless the client is connecting or open.
   *
   * @param cause - The `cause` of the `network` error. An `EventSourceError` is used as it is.
   */
  fail(cause?: unknown): void;
  /**
   * Drops the connection, and does not connect until `open()`. Unlike `close()`, it ends no loop and leaves `closed` pending. An
   * idle or closed client stays as it is.
   *
   * @param reason - The `reason` of the status. Default `"client"`.
   */
  pause(reason?: string): void;
  /**
   * Requires data (a comment counts) within the timeout if the connection is open. On expiry the attempt fails with
   * `idle-timeout` and is retried. Use it if the connection may be half-open, for example after sleep.
   *
   * @param timeout - In ms.
   * @throws EventSourceError `invalid-option` if the timeout is not a number, or negative.
   */
  checkLiveness(timeout: number): void;
  /** The same as `close()`. */
  [Symbol.dispose](): void;
  /**
   * Iterates over the events, and opens an idle client. The loop applies backpressure to the server. `break` closes the client; a fatal error throws.
   */
  [Symbol.asyncIterator](): AsyncIterableIterator<AnyEvent<Events>>;
}

/** A client of any events, for functions that take every {@link EventSourceClient}. */
export interface AnyEventSourceClient extends Omit<
  EventSourceClient,
  "on" | "onEvent" | typeof Symbol.asyncIterator
> {
  /** Adds a listener for the server events of one name; see {@link EventSourceClient.on}. */
  on(
    type: string,
    listener: (event: ServerSentEvent<string, unknown>) => unknown,
    options?: ListenerOptions,
  ): () => void;
  /** Adds a listener for every server event; see {@link EventSourceClient.onEvent}. */
  onEvent(
    listener: (event: ServerSentEvent<string, unknown>) => unknown,
    options?: ListenerOptions,
  ): () => void;
  /** Iterates over the events; `break` closes the client. */
  [Symbol.asyncIterator](): AsyncIterableIterator<ServerSentEvent<string, unknown>>;
}
