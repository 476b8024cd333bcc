import type { ConnectionStatus, EventSourceError } from "./index.ts";

/** An event as far as it is told. */
export interface TracedEvent {
  readonly type: string;
  readonly raw: string;
  readonly lastEventId: string;
}

/** What of a client is needed to trace it; every `EventSourceClient` has it. */
export interface Traceable {
  readonly status: ConnectionStatus;
  readonly lastEventId: string;
  onStatus(listener: (status: ConnectionStatus) => void): () => void;
  onEvent(listener: (event: TracedEvent) => void): () => void;
  onError(listener: (error: EventSourceError) => void): () => void;
  onComment(listener: (comment: string) => void): () => void;
}
