import type { ConnectionStatus, EventSourceError } from "../index.ts";

/** The part of an event that a trace reads. */
export interface TracedEvent {
  /** The event's name. */
  readonly type: string;
  /** The data as sent. */
  readonly raw: string;
  /** The last event ID at this event. */
  readonly lastEventId: string;
}

/** The part of a client that `trace` uses. Every `EventSourceClient` has it. */
export interface Traceable {
  /** The status of the connection. */
  readonly status: ConnectionStatus;
  /** The ID to resume after. */
  readonly lastEventId: string;
  /** Listens to changes of `status`. */
  onStatus(listener: (status: ConnectionStatus) => void): () => void;
  /** Listens to every server event. */
  onEvent(listener: (event: TracedEvent) => void): () => void;
  /** Listens to every error. */
  onError(listener: (error: EventSourceError) => void): () => void;
  /** Listens to comments. */
  onComment(listener: (comment: string) => void): () => void;
}
