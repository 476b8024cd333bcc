import type { Ending, ResponseStream } from "./response-stream.ts";

/** One thing that a server sends. `id` marks an event, `""` one without an ID. */
export type Sent =
  | { readonly chunk: string | Uint8Array; readonly id?: string | undefined }
  | { readonly ending: Ending };

/** What a server sends, in order. Without a connection it waits for the next one. */
export interface Outbox {
  readonly send: (sent: Sent, streams: readonly ResponseStream[]) => void;
  /** Sends a new connection the kept events that it has missed, and then what waits. */
  readonly begin: (stream: ResponseStream, lastEventId: string) => void;
  /** Whether something waits for a connection. */
  readonly isWaiting: () => boolean;
}

/** `keepsEvents`: connections that resume get the events that they have missed. */
export function createOutbox(keepsEvents: boolean): Outbox {
  /** The events that were sent, if they are kept. */
  const events: Sent[] = [];
  let waiting: Sent[] = [];

  const keep = (sent: Sent) => {
    if (keepsEvents && "id" in sent && sent.id !== undefined) events.push(sent);
  };
  const lastOf = (list: readonly Sent[], id: string) =>
    list.findLastIndex((sent) => "id" in sent && sent.id === id);

  return {
    send(sent, streams) {
      if (!streams.length) return void waiting.push(sent);
      keep(sent);
      for (const stream of streams) deliver(sent, stream);
    },
    begin(stream, lastEventId) {
      if (keepsEvents && lastEventId) {
        // A client that resumes after a waiting event has received that event, and all before it, from another server.
        const received = lastOf(waiting, lastEventId) + 1;
        waiting.slice(0, received).forEach(keep);
        waiting = waiting.slice(received);
      }
      const missed = events.slice(lastEventId ? lastOf(events, lastEventId) + 1 : 0);
      for (const sent of missed) deliver(sent, stream);
      while (waiting.length && stream.isOpen()) {
        const sent = waiting.shift()!;
        keep(sent);
        deliver(sent, stream);
      }
    },
    isWaiting: () => waiting.length > 0,
  };
}

/** Sends it to one connection. */
export function deliver(sent: Sent, stream: ResponseStream): void {
  if ("ending" in sent) stream.finish(sent.ending);
  else stream.send(sent.chunk);
}
