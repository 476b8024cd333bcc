import type { ConnectionStatus, EventSourceClient, EventSourceError } from "../../src/index.ts";

type State = ConnectionStatus["state"];
type StatusOf<S extends State> = Extract<ConnectionStatus, { state: S }>;

/** Resolves when the client is in a state, at once when it is there already. */
export function reach<S extends State>(
  source: Pick<EventSourceClient, "status" | "onStatus">,
  state: S,
): Promise<StatusOf<S>> {
  return new Promise((resolve) => {
    const look = (status: ConnectionStatus) => {
      if (status.state !== state) return;
      undo();
      resolve(status as StatusOf<S>);
    };
    const undo = source.onStatus(look);
    look(source.status);
  });
}

/** Resolves with the first `count` events of a client. */
export function take<Event>(
  source: { onEvent(listener: (event: Event) => unknown): () => void },
  count: number,
): Promise<Event[]> {
  return new Promise((resolve) => {
    const events: Event[] = [];
    const undo = source.onEvent((event) => {
      if (events.push(event) < count) return;
      undo();
      resolve(events);
    });
  });
}

/** Resolves with the next error of a client. */
export function nextError(source: Pick<EventSourceClient, "onError">): Promise<EventSourceError> {
  return new Promise((resolve) => void source.onError(resolve, { once: true }));
}
