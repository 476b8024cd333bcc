// The live side: every open stream, the replay of what each one missed, heartbeats, and slow readers.
import { createChannel, createEventBuffer, createSession } from "better-sse";
import type { Request, Response } from "express";
import type { EventStore } from "./store.ts";

/** Comments sent while nothing else may be: well below the page's `idleTimeout`, so that silence means a dead line. */
const HEARTBEAT = 2_000;
/** A new reader starts with the last minute instead of an empty screen. */
const BACKLOG = 120;
/** A reader this far behind is dropped instead of buffered for ever; it resumes from its last event id. */
const MAX_UNSENT = 1024 * 1024;

export type Feed = ReturnType<typeof createFeed>;

export function createFeed(store: EventStore) {
  const channel = createChannel();
  const responses = new Set<Response>();
  let published = store.newest();

  const beat = createEventBuffer().comment().dispatch();
  const heartbeat = setInterval(() => {
    for (const session of channel.activeSessions) void session.batch(beat);
    for (const res of responses) if (res.writableLength > MAX_UNSENT) res.destroy();
  }, HEARTBEAT);

  /** Sends what the log holds beyond the last event sent. Reading it back keeps two servers on one file in order. */
  function pump(): void {
    for (const { id, type, data } of store.between(published)) {
      published = id;
      channel.broadcast(data, type, { eventId: String(id) });
    }
  }

  return {
    /** The log first, the readers second: nobody sees an event that could not be replayed. */
    publish(type: string, data: unknown): void {
      store.append(type, data);
      pump();
    },

    join: async (req: Request, res: Response): Promise<void> => {
      // The log holds JSON already, and the heartbeat is ours: the fault "silence" has to stop it.
      const session = await createSession(req, res, { serializer: String, keepAlive: null, retry: 1_000 });
      if (res.destroyed) return; // gone before the headers were out
      responses.add(res);
      res.once("close", () => responses.delete(res));

      // No await from here on: whatever is in the log up to `published` goes out as replay and everything after it
      // goes out live, so no event can fall into the seam and none is sent twice.
      pump();
      const missed = createEventBuffer({ serializer: String });
      for (const { id, type, data } of store.between(startOf(req, published), published))
        missed.push(data, type, String(id));
      missed.comment("live").dispatch(); // tells a curious client where the replay ends
      channel.register(session);
      await session.batch(missed);
    },

    /** Cuts every stream as a broken network would: no last chunk, no goodbye. */
    drop(): void {
      for (const res of responses) res.destroy();
    },

    /** Leaves the open streams open and never sends them anything again. */
    silence(): void {
      for (const session of channel.activeSessions) channel.deregister(session);
    },

    close(): void {
      clearInterval(heartbeat);
      for (const res of responses) res.end();
    },
  };
}

/** The id to replay from. One that we cannot have sent counts as none: never trust it, never fail on it. */
function startOf(req: Request, newest: number): number {
  const sent = req.get("last-event-id") ?? req.query["lastEventId"];
  const id = typeof sent === "string" && /^\d{1,15}$/.test(sent) ? Number(sent) : Infinity;
  return id <= newest ? id : newest - BACKLOG;
}
