import type { ConnectionStatus } from "../index.ts";

/** What of a client is needed to remember where it was; every `EventSourceClient` has it. */
export interface Resumable {
  /** Tells whether it was opened already. */
  readonly status: ConnectionStatus;
  /** The ID of the last event that was handed over; one that is there already wins over the stored one. */
  lastEventId: string;
  /** Called once the storage has answered. */
  open(): void;
  /** Called when the storage answers after it was opened. */
  reconnect(): void;
  /** Hears the ID of every event that is dealt with, and returns its undo. */
  onCheckpoint(listener: (lastEventId: string) => unknown): () => void;
}

/** Where IDs are kept: `localStorage`, `sessionStorage`, or anything alike, which may be asynchronous. */
export interface IdStorage {
  /** The ID that was stored last, if any. */
  getItem(key: string): string | null | undefined | PromiseLike<string | null | undefined>;
  /** Stores an ID. The next one is stored when a promise that this returns has settled. */
  setItem(key: string, value: string): unknown;
}

/** Options of {@link rememberLastEventId}. */
export interface RememberOptions {
  /** The name of the entry: one for each stream, and for each user where users have streams of their own. */
  key: string;
  /**
   * Where the ID is kept: `sessionStorage` for a page that each tab follows by itself, a file or a server elsewhere.
   * It may be asynchronous. Default `localStorage`, looked up at call time.
   */
  storage?: IdStorage | undefined;
  /** Told when the storage fails. The stream goes on; what was not stored is sent again after the next start. */
  onError?: ((error: unknown) => void) | undefined;
}

/**
 * Resumes a subscription across page loads and process restarts: it starts after the ID that the storage holds, and the
 * storage follows. An ID is stored once its event is dealt with: promises of `onEvent` listeners have settled, and a
 * `for await` loop has asked for the next one. So after a crash an event may come twice, and none is lost.
 *
 * Give it a client made with `open: false`: it is opened as soon as the storage has answered. An ID that the client has
 * already wins over the stored one. Tabs that share an entry overwrite each other's: where each tab has to see all
 * events, take `sessionStorage`, or a key for each.
 *
 * @returns What ends it, and leaves the client as it is.
 *
 * @example
 * const source = createEventSource("/prices", { open: false });
 * rememberLastEventId(source, { key: "prices" });
 */
export function rememberLastEventId(
  source: Resumable,
  { key, storage, onError = () => {} }: RememberOptions,
): () => void {
  let place = storage;
  let ended = false;
  /** The ID to be written, while a write of it is planned or another one is running. */
  let unwritten: string | undefined;
  let isWriting = false;
  /** Nothing is written before the storage has answered: it would answer with that. */
  let hasAnswered = false;
  const unfollow = source.onCheckpoint((delivered) => {
    unwritten = delivered;
    if (hasAnswered) void write();
  });

  function tell(error: unknown): void {
    try {
      onError(error);
    } catch (thrown) {
      report(thrown);
    }
  }

  async function write(): Promise<void> {
    if (isWriting) return;
    isWriting = true;
    // Events that come together are written once.
    await Promise.resolve();
    while (unwritten !== undefined)
      try {
        const id = unwritten;
        unwritten = undefined;
        await place!.setItem(key, id);
      } catch (error) {
        tell(error);
      }
    isWriting = false;
  }

  function start(id?: string | null): void {
    if (ended) return;
    hasAnswered = true;
    if (unwritten !== undefined) void write();
    const { state } = source.status;
    const isNew = !!id && !source.lastEventId;
    if (isNew) source.lastEventId = id;
    if (state === "idle") source.open();
    else if (isNew && state !== "closed" && state !== "paused") source.reconnect();
  }

  let stored: ReturnType<IdStorage["getItem"]>;
  try {
    place ??= globalThis.localStorage;
    stored = place.getItem(key);
  } catch (error) {
    // A browser that keeps no data for this site throws already when the storage is looked at.
    tell(error);
  }
  if (typeof stored === "object" && stored)
    void (async () => stored)()
      .catch(tell)
      .then((id) => start(id ?? null))
      .catch(report);
  else start(stored);
  return () => {
    ended = true;
    unfollow();
  };
}

/** Hands an error to the runtime, as one of a listener is. */
function report(error: unknown): void {
  queueMicrotask(() => {
    throw error;
  });
}
