// Short-lived bearer tokens, in memory: a restart of the server invalidates them all, as a real one might.
import { randomBytes } from "node:crypto";
import type { NextFunction, Request, Response } from "express";

export type Tokens = ReturnType<typeof createTokens>;

export function createTokens(lifetime = 5 * 60_000) {
  const expiry = new Map<string, number>();

  return {
    issue(now = Date.now()): { token: string; expiresIn: number } {
      for (const [token, end] of expiry) if (end <= now) expiry.delete(token);
      const token = randomBytes(24).toString("base64url");
      expiry.set(token, now + lifetime);
      return { token, expiresIn: lifetime / 1000 };
    },

    revokeAll(): void {
      expiry.clear();
    },

    /** Middleware: 401 unless the request carries a live token. */
    require: (req: Request, res: Response, next: NextFunction): void => {
      const token = /^Bearer (\S+)$/i.exec(req.get("authorization") ?? "")?.[1];
      if (token !== undefined && (expiry.get(token) ?? 0) > Date.now()) return next();
      res.set("WWW-Authenticate", 'Bearer error="invalid_token"').status(401);
      res.json({ error: token === undefined ? "a bearer token is required" : "the token has expired" });
    },
  };
}
