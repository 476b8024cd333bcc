// What the page's buttons do to the server.
import { Router, type NextFunction, type Request, type Response } from "express";
import type { Feed } from "./feed.ts";
import type { Tokens } from "./tokens.ts";

const OUTAGE = 6_000;
const RETRY_AFTER = 3;

export function createFaults(feed: Feed, tokens: Tokens) {
  let unavailableUntil = 0;

  const actions: Record<string, () => void> = {
    drop: () => feed.drop(),
    unavailable() {
      unavailableUntil = Date.now() + OUTAGE;
      feed.drop();
    },
    /** Drops the streams too: a token is only looked at when a stream begins. */
    expire() {
      tokens.revokeAll();
      feed.drop();
    },
    silence: () => feed.silence(),
  };

  const routes = Router();
  for (const [name, act] of Object.entries(actions)) {
    routes.post(`/${name}`, (_req, res) => {
      act();
      res.sendStatus(204);
    });
  }

  /** Middleware in front of the streams: answers 503 during an outage. */
  const gate = (_req: Request, res: Response, next: NextFunction): void => {
    if (Date.now() >= unavailableUntil) return next();
    res.set("Retry-After", String(RETRY_AFTER)).status(503).json({ error: "down for maintenance" });
  };

  return { routes, gate };
}
