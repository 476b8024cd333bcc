// Short-lived bearer tokens, in memory: a restart of the server invalidates them all, as a real one might.
import { randomBytes } from "node:crypto";
import type { NextFunction, Request, Response } from "express";

export type Tokens = ReturnType<typeof createTokens>;

export function createTokens(lifetime = 5 * 60_000) {
  const issued = new Map<string, { user: string; end: number }>();

  return {
    issue(user = ""): { token: string; expiresIn: number } {
      const now = Date.now();
      for (const [token, { end }] of issued) if (end <= now) issued.delete(token);
      const token = randomBytes(24).toString("base64url");
      issued.set(token, { user, end: now + lifetime });
      return { token, expiresIn: lifetime / 1000 };
    },

    revokeAll: (): void => issued.clear(),

    /** Revokes the token that a request carries; all, when it carries none. */
    revoke: (req: Request): void => {
      const token = tokenOf(req);
      if (token === undefined) issued.clear();
      else issued.delete(token);
    },

    /** Middleware: 401 unless the request carries a live token. Leaves in `res.locals` whose it is and when it ends. */
    require: (req: Request, res: Response, next: NextFunction): void => {
      const token = tokenOf(req);
      const found = issued.get(token ?? "");
      if (found && found.end > Date.now()) {
        Object.assign(res.locals, found);
        return next();
      }
      res.set("WWW-Authenticate", 'Bearer error="invalid_token"').status(401);
      res.json({ error: token === undefined ? "a bearer token is required" : "the token has expired" });
    },
  };
}

const tokenOf = (req: Request): string | undefined =>
  /^Bearer (\S+)$/i.exec(req.get("authorization") ?? "")?.[1];
