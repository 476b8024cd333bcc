// The event log: one SQLite file that outlives the server, so that a client can ask for what it missed.
import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";

export interface StoredEvent {
  id: number;
  type: string;
  data: string;
}

export type EventStore = ReturnType<typeof openStore>;

/** Opens or creates the log at `path`. Only the newest `keep` events stay, so the file cannot grow without bound. */
export function openStore(path: string, keep = 20_000) {
  mkdirSync(dirname(path), { recursive: true });
  const db = new DatabaseSync(path, { timeout: 5_000 });
  // synchronous=FULL: an id that a client has seen must be in the log even after a power cut,
  // or the next run would give the same id to another event.
  // AUTOINCREMENT: ids go on increasing when old rows are trimmed, and over restarts.
  db.exec(`
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    CREATE TABLE IF NOT EXISTS events (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      type TEXT NOT NULL,
      data TEXT NOT NULL
    )`);

  const insert = db.prepare("INSERT INTO events (type, data) VALUES (?, ?)");
  const select = db.prepare("SELECT id, type, data FROM events WHERE id > ? AND id <= ? ORDER BY id");
  const last = db.prepare("SELECT coalesce(max(id), 0) AS id FROM events");
  const remove = db.prepare("DELETE FROM events WHERE id <= ?");

  const newest = (): number => Number(last.get()?.["id"]);
  const trim = (): unknown => remove.run(newest() - keep);
  trim();

  return {
    append(type: string, data: unknown): void {
      const { lastInsertRowid } = insert.run(type, JSON.stringify(data));
      if (Number(lastInsertRowid) % 256 === 0) trim();
    },

    newest,

    /** The events with `after < id <= upTo`, oldest first. */
    between(after: number, upTo = Number.MAX_SAFE_INTEGER): StoredEvent[] {
      return select
        .all(after, upTo)
        .map((row) => ({ id: Number(row["id"]), type: String(row["type"]), data: String(row["data"]) }));
    },

    close(): void {
      db.close();
    },
  };
}
