// The event log that outlives the server, so that a client can ask for what it missed; here as one SQLite file.
import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";

/** Most events that a log keeps. */
export const KEEP = 20_000;

export interface StoredEvent {
  /** Consecutive, and never given twice, whoever appends. */
  id: number;
  type: string;
  /** JSON. */
  data: string;
}

export interface EventStore {
  append(type: string, data: unknown): Promise<void>;
  /** The newest id, 0 when there is none. */
  newest(): Promise<number>;
  /** The events with `after < id <= upTo`, oldest first. */
  between(after: number, upTo?: number): Promise<StoredEvent[]>;
  /** The next events after an id: waits until there are some. None means that the store was closed. */
  next(after: number): Promise<StoredEvent[]>;
  close(): Promise<void>;
}

/**
 * Opens or creates the log `name` in the file at `path`. Only the newest `keep` events stay, so the file cannot grow
 * without bound.
 */
export function openStore(path: string, keep = KEEP, name = "events"): EventStore {
  if (!/^\w+$/.test(name)) throw new Error(`No name for a log: ${name}`);
  mkdirSync(dirname(path), { recursive: true });
  const db = new DatabaseSync(path, { timeout: 5_000 });
  // synchronous=FULL: an id that a client has seen must be in the log even after a power cut,
  // or the next run would give the same id to another event.
  // AUTOINCREMENT: ids go on increasing when old rows are trimmed, and over restarts.
  db.exec(`
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    CREATE TABLE IF NOT EXISTS ${name} (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      type TEXT NOT NULL,
      data TEXT NOT NULL
    )`);

  const insert = db.prepare(`INSERT INTO ${name} (type, data) VALUES (?, ?)`);
  const select = db.prepare(`SELECT id, type, data FROM ${name} WHERE id > ? AND id <= ? ORDER BY id`);
  const last = db.prepare(`SELECT coalesce(max(id), 0) AS id FROM ${name}`);
  const remove = db.prepare(`DELETE FROM ${name} WHERE id <= ?`);

  const newest = (): number => Number(last.get()?.["id"]);
  const trim = (): unknown => remove.run(newest() - keep);
  const between = (after: number, upTo = Number.MAX_SAFE_INTEGER): StoredEvent[] =>
    select
      .all(after, upTo)
      .map((row) => ({ id: Number(row["id"]), type: String(row["type"]), data: String(row["data"]) }));

  let wake = (): void => {};
  let isClosed = false;
  trim();

  return {
    async append(type, data) {
      const { lastInsertRowid } = insert.run(type, JSON.stringify(data));
      if (Number(lastInsertRowid) % 256 === 0) trim();
      wake();
    },

    newest: async () => newest(),
    between: async (after, upTo) => between(after, upTo),

    /** Another server on the same file wakes nobody here: its events come along with the next one of ours. */
    async next(after) {
      for (;;) {
        if (isClosed) return [];
        const events = between(after);
        if (events.length > 0) return events;
        await new Promise<void>((resolve) => (wake = resolve));
      }
    },

    async close() {
      isClosed = true;
      wake();
      db.close();
    },
  };
}
