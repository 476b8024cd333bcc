// The live side: every open stream, the replay of what each one missed, heartbeats, and slow readers.
import { createChannel, createEventBuffer, createSession, type DefaultChannelState } from "better-sse";
import type { Request, Response } from "express";
import type { EventStore } from "./store.ts";

/** Comments sent while nothing else may be: well below the page's `idleTimeout`, so that silence means a dead line. */
const HEARTBEAT = 2_000;
/** A new reader starts with the last minute (of the ticker) instead of an empty screen. */
const BACKLOG = 120;
/** A reader this far behind is dropped instead of buffered for ever; it resumes from its last event id. */
const MAX_UNSENT = 1024 * 1024;

/** How long after the last reader has left it still counts as watched: they may be on their way back (ms). */
const LINGER = 30_000;

/** A type and no interface: better-sse wants a state with an index signature. */
type Reader = {
  /** The last event that the reader got as replay, or had before. */
  sent: number;
};

export type Feed = Awaited<ReturnType<typeof createFeed>>;

/**
 * @param retry - The reconnection time that each stream begins with (ms).
 * @param backlog - How many events a reader without an id begins with.
 */
export async function createFeed(store: EventStore, retry = 1_000, backlog = BACKLOG) {
  const channel = createChannel<DefaultChannelState, Reader>();
  const responses = new Set<Response>();
  let watchedAt = -Infinity;
  /** The last event that went out live. */
  let published = await store.newest();

  const beat = createEventBuffer().comment().dispatch();
  const heartbeat = setInterval(() => {
    for (const session of channel.activeSessions) void session.batch(beat);
    for (const res of responses) if (res.writableLength > MAX_UNSENT) res.destroy();
  }, HEARTBEAT);

  /** Sends what the log gets, whichever server appended it: reading it back keeps several servers on one log in order. */
  async function pump(): Promise<void> {
    for (;;) {
      const events = await store.next(published);
      if (events.length === 0) return;
      for (const { id, type, data } of events) {
        published = id;
        const filter = ({ state }: { state: Reader }) => id > state.sent;
        channel.broadcast(data, type, { eventId: String(id), filter });
      }
    }
  }

  void pump();

  return {
    /** The log first, the readers second: nobody sees an event that could not be replayed. */
    publish: (type: string, data: unknown): Promise<void> => store.append(type, data),

    /** The data of the last events. */
    recent: async (count: number): Promise<string[]> =>
      (await store.between(Math.max(0, (await store.newest()) - count))).map(({ data }) => data),

    join: async (req: Request, res: Response): Promise<void> => {
      // The log holds JSON already, and the heartbeat is ours: the fault "silence" has to stop it.
      const state: Reader = { sent: 0 };
      const session = await createSession(req, res, { serializer: String, keepAlive: null, retry, state });
      if (res.destroyed) return; // gone before the headers were out
      responses.add(res);
      res.once("close", () => {
        responses.delete(res);
        watchedAt = Date.now();
      });

      // Another server may have sent events that have not got round to this one: ask the log, not `published`.
      state.sent = startOf(req, await store.newest(), backlog);
      // What was published while the log was being read is read from the log as well …
      for (let upTo; (upTo = published) > state.sent; state.sent = upTo) {
        const missed = createEventBuffer({ serializer: String });
        for (const { id, type, data } of await store.between(state.sent, upTo))
          missed.push(data, type, String(id));
        if (!session.isConnected) return;
        await session.batch(missed);
      }
      if (!session.isConnected) return;
      // … until there is none. No await since then: whatever is in the log up to `sent` has gone out as replay and everything
      // after it goes out live, so no event can fall into the seam and none is sent twice.
      channel.register(session);
      await session.batch(createEventBuffer().comment("live").dispatch()); // tells a curious client where the replay ends
    },

    /** Whether somebody reads, or did a moment ago. What nobody watches need not be made up. */
    isWatched: (): boolean => responses.size > 0 || Date.now() - watchedAt < LINGER,

    /** Ends every stream, and has the clients come back spread over a second or two, to whichever server is there then. */
    close(): void {
      clearInterval(heartbeat);
      for (const res of responses) res.end(`retry:${Math.round(retry * (1 + Math.random()))}\n\n`);
    },
  };
}

/** The id to replay from. One that we cannot have sent counts as none: never trust it, never fail on it. */
function startOf(req: Request, newest: number, backlog: number): number {
  const sent = req.get("last-event-id") ?? req.query["lastEventId"];
  const id = typeof sent === "string" && /^\d{1,15}$/.test(sent) ? Number(sent) : Infinity;
  return id <= newest ? id : Math.max(0, newest - backlog);
}
