import type { ConnectionStatus, EventSourceError } from "../index.ts";

/** An event as far as it is told. */
export interface TracedEvent {
  /** The event's name. */
  readonly type: string;
  /** The data as sent. */
  readonly raw: string;
  /** The last event ID at this event. */
  readonly lastEventId: string;
}

/** What of a client is needed to trace it; every `EventSourceClient` has it. */
export interface Traceable {
  /** The life of the connection. */
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
