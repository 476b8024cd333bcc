// Sessions behind a cookie. They are in the database, so they outlive the server.
import { createHash, randomBytes } from "node:crypto";
import { DatabaseSync } from "node:sqlite";
import type { NextFunction, Request, Response } from "express";

const COOKIE = "everspring_session";
const LIFETIME = 60 * 60_000;

/** The database holds no id that would open a session. */
const hash = (id: string): string => createHash("sha256").update(id).digest("hex");

export function openSessions(path: string) {
  const db = new DatabaseSync(path, { timeout: 5_000 });
  db.exec(
    `CREATE TABLE IF NOT EXISTS sessions (id TEXT PRIMARY KEY, user TEXT NOT NULL, end INTEGER NOT NULL)`,
  );
  const insert = db.prepare("INSERT INTO sessions (id, user, end) VALUES (?, ?, ?)");
  const select = db.prepare("SELECT user FROM sessions WHERE id = ? AND end > ?");
  const sweep = db.prepare("DELETE FROM sessions WHERE end <= ?");

  return {
    /** Logs somebody in, for what is below a path. Scripts cannot read the cookie, and no other site can have it sent. */
    begin(user: string, req: Request, res: Response, path = "/"): void {
      const id = randomBytes(24).toString("base64url");
      sweep.run(Date.now());
      insert.run(hash(id), user, Date.now() + LIFETIME);
      res.cookie(COOKIE, id, {
        path,
        httpOnly: true,
        sameSite: "strict",
        secure: req.secure,
        maxAge: LIFETIME,
      });
    },

    /** Middleware: 401 unless the request carries the cookie of a session that lives. Leaves `res.locals.user`. */
    require: (req: Request, res: Response, next: NextFunction): void => {
      const id = new RegExp(`(?:^|; )${COOKIE}=([^;]+)`).exec(req.get("cookie") ?? "")?.[1] ?? "";
      const found = select.get(hash(id), Date.now());
      if (!found) return void res.status(401).json({ error: "log in first" });
      res.locals["user"] = String(found["user"]);
      next();
    },

    endAll: (): unknown => sweep.run(Number.MAX_SAFE_INTEGER),
    close: (): void => db.close(),
  };
}
