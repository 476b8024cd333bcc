/// <reference lib="esnext.disposable" preserve="true" />
import type { ClosedStatus, ConnectionStatus } from "../connection/status.ts";
import type { ListenerOptions } from "../core/listeners.ts";
import type { EventSourceError } from "../core/errors.ts";
import type { AnyEvent, PerAttempt, ServerSentEvent, TextEvents } from "../core/types.ts";

/** Where the stream is: a URL, or a function called at every attempt. Relative to the page where there is one. */
export type EventSourceUrl = PerAttempt<string | URL>;

/** A subscription to an event stream. */
export interface EventSourceClient<Events extends object = TextEvents> {
  /** Listens to the server events of one name (`"message"` for those without). Returns its undo. */
  on<Type extends keyof Events & string>(
    type: Type,
    listener: (event: ServerSentEvent<Type, Events[Type]>) => unknown,
    options?: ListenerOptions,
  ): () => void;
  /** Listens to every server event. A promise that the listener returns holds the reader back until it settles. */
  onEvent(listener: (event: AnyEvent<Events>) => unknown, options?: ListenerOptions): () => void;
  /** Listens to changes of `status`. */
  onStatus(listener: (status: ConnectionStatus) => unknown, options?: ListenerOptions): () => void;
  /** Listens to every error, those that a retry follows (`willRetry`, `delay`) and those of a single event. */
  onError(listener: (error: EventSourceError) => unknown, options?: ListenerOptions): () => void;
  /** Listens to the comments of the stream, which servers send as heartbeats. */
  onComment(listener: (comment: string) => unknown, options?: ListenerOptions): () => void;
  /**
   * Listens to `lastEventId` moving, once its event is dealt with: promises of `onEvent` listeners have settled and
   * iterators have asked for the next event. To store it is safe: a new client that resumes after it misses nothing.
   */
  onCheckpoint(listener: (lastEventId: string) => unknown, options?: ListenerOptions): () => void;

  /** The life of the connection. The same object until it changes. */
  readonly status: ConnectionStatus;
  /**
   * The ID to resume after: that of the last event handed to you. Kept when closed. Assignable: the next connection resumes after
   * what was set, unless this one brings an event before.
   */
  lastEventId: string;
  /** The URL of the request; where `url` is a function, the last one that answered. `""` before. */
  readonly url: string;
  /** As on the native class: 0 connecting (or waiting to), 1 open, 2 not connected. */
  readonly readyState: 0 | 1 | 2;
  /** Resolves with the terminal status, and never rejects. A new promise after each `open()` of a closed client. */
  readonly closed: Promise<ClosedStatus>;

  /** Connects. While waiting: connects now. After `close()`: connects again, resuming after `lastEventId`. */
  open(): void;
  /**
   * Closes for good: no event comes after the one that is being delivered, which its other listeners still hear. `reason`
   * becomes that of the attempt's `signal`.
   */
  close(reason?: unknown): void;
  /** Ends the current attempt as a failure, which is retried with backoff. */
  fail(cause?: unknown): void;
  /** Drops the connection, if any, and makes a new one now. Costs no retry. */
  reconnect(): void;
  /**
   * Drops the connection, or the wait for one, until `open()`. Unlike `close()` it ends no loop and leaves `closed` pending.
   * What was never opened, or is closed, stays so.
   *
   * @param reason - What the status says. Default `"client"`.
   */
  pause(reason?: string): void;
  /**
   * When open: the server must be heard within `timeout` ms (a comment will do), else it is an `idle-timeout`, and a retry
   * follows. For when the connection may have died unnoticed, as after sleep.
   */
  checkLiveness(timeout: number): void;
  /** Same as `close()`. */
  [Symbol.dispose](): void;
  /** Pulls events: it is read a chunk ahead of you at most, so that the server waits for you. Leaving the loop closes; a fatal error throws. */
  [Symbol.asyncIterator](): AsyncIterableIterator<AnyEvent<Events>>;
}
