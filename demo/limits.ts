// How much one client may ask for. Both refusals say when to come back, and the client obeys.
import type { NextFunction, Request, Response } from "express";
import { rateLimit } from "express-rate-limit";

/** Streams begun by one client within 10 s. A client that reconnects as it should stays far below. */
const BEGUN = 60;
/** Streams that one client has open. */
const OPEN = 24;

/** Middleware: 429 with `Retry-After` for what comes too often. */
export const limitRate = (limit = BEGUN, windowMs = 10_000) =>
  rateLimit({
    limit,
    windowMs,
    standardHeaders: "draft-8",
    legacyHeaders: false,
    message: { error: "too many requests" },
  });

/** Middleware: 429 for a client that has too many streams open already. */
export function limitOpen() {
  const open = new Map<string, number>();
  return (req: Request, res: Response, next: NextFunction): void => {
    const client = req.ip ?? "";
    const count = open.get(client) ?? 0;
    if (count >= OPEN) {
      res.set("Retry-After", "5").status(429).json({ error: "too many open streams" });
      return;
    }
    open.set(client, count + 1);
    res.once("close", () => {
      const left = (open.get(client) ?? 1) - 1;
      if (left > 0) open.set(client, left);
      else open.delete(client);
    });
    next();
  };
}
