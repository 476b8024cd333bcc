import { report } from "../core/listeners.ts";
import type { ConnectionStatus } from "../index.ts";

/** The part of a client that {@link rememberLastEventId} uses. Every `EventSourceClient` has it. */
export interface Resumable {
  /** The status of the connection. */
  readonly status: ConnectionStatus;
  /** The ID to resume after. It is set to the stored ID unless the client has one. */
  lastEventId: string;
  /** Called when the storage has answered, if the client is idle. */
  open(): void;
  /** Called when the storage has answered with an ID, if the client connected without one before. */
  reconnect(): void;
  /** Listens to the ID of each fully processed event. Returns an unsubscribe function. */
  onCheckpoint(listener: (lastEventId: string) => unknown): () => void;
}

/** Where IDs are stored: `localStorage`, `sessionStorage`, or an object with the same two methods, which may be async. */
export interface IdStorage {
  /** Returns the stored ID, if there is one. */
  getItem(key: string): string | null | undefined | PromiseLike<string | null | undefined>;
  /** Stores an ID. If it returns a promise, the next ID is stored after that promise has settled. */
  setItem(key: string, value: string): unknown;
}

/** Options of {@link rememberLastEventId}. */
export interface RememberOptions {
  /** The storage key. Use one per stream, and one per user if users have streams of their own. */
  key: string;
  /**
   * Where the ID is stored, for example `sessionStorage` if each tab reads the stream separately, or a file on a server.
   * Default `localStorage`, looked up at call time.
   */
  storage?: IdStorage | undefined;
  /** Called when the storage fails. The stream continues; events whose ID was not stored are replayed after a restart. */
  onError?: ((error: unknown) => void) | undefined;
}

/**
 * Resumes a subscription across page loads and process restarts. The client starts after the stored ID, and the ID of each
 * event is stored at its checkpoint: when the promises of all listeners have settled and every `for await` loop has asked
 * for the next event. After a crash an event may be delivered twice, but none is lost.
 *
 * Pass a client made with `open: false`. It is opened when the storage has answered. An ID that the client already has takes
 * precedence over the stored one. Tabs that share a key overwrite each other's ID: if each tab must see all events, use
 * `sessionStorage` or a key per tab.
 *
 * @returns A function that stops storing IDs. It leaves the client as it is.
 *
 * @example
 * const source = createEventSource("/prices", { open: false });
 * rememberLastEventId(source, { key: "prices" });
 */
export function rememberLastEventId(
  source: Resumable,
  { key, storage, onError = () => {} }: RememberOptions,
): () => void {
  let ids = storage;
  let isStopped = false;
  /** The ID that has yet to be written. */
  let unwritten: string | undefined;
  let isWriting = false;
  /** Nothing is written before the stored ID was read: the storage might answer with the written one. */
  let isLoaded = false;
  const unsubscribe = source.onCheckpoint((id) => {
    unwritten = id;
    if (isLoaded) void write();
  });

  function fail(error: unknown): void {
    try {
      onError(error);
    } catch (thrown) {
      report(thrown);
    }
  }

  async function write(): Promise<void> {
    if (isWriting) return;
    isWriting = true;
    // Events that arrive together cause a single write.
    await Promise.resolve();
    while (unwritten !== undefined)
      try {
        const id = unwritten;
        unwritten = undefined;
        await ids!.setItem(key, id);
      } catch (error) {
        fail(error);
      }
    isWriting = false;
  }

  function start(id?: string | null): void {
    if (isStopped) return;
    isLoaded = true;
    if (unwritten !== undefined) void write();
    const { state } = source.status;
    const isNew = !!id && !source.lastEventId;
    if (isNew) source.lastEventId = id;
    if (state === "idle") source.open();
    else if (isNew && state !== "closed" && state !== "paused") source.reconnect();
  }

  let stored: ReturnType<IdStorage["getItem"]>;
  try {
    ids ??= globalThis.localStorage;
    stored = ids.getItem(key);
  } catch (error) {
    // Browsers that block storage for a site throw as soon as `localStorage` is read.
    fail(error);
  }
  if (typeof stored === "object" && stored)
    void (async () => stored)()
      .catch(fail)
      .then((id) => start(id ?? null))
      .catch(report);
  else start(stored);
  return () => {
    isStopped = true;
    unsubscribe();
  };
}
