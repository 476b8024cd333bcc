// Notifications: a stream per user, known by a cookie, by a token that soon expires, or in the URL.
import { Router, type NextFunction, type Request, type Response } from "express";
import { limitRate } from "../limits.ts";
import { openSessions } from "../sessions.ts";
import type { Scene, Stage } from "../stage.ts";
import { createTokens } from "../tokens.ts";

const LIFETIME = Number(process.env["DEMO_TOKEN_LIFE"] ?? 20_000);
const EVERY = 4_000;
const USERS = ["ada", "grace", "linus"];
const TYPES = ["message", "mention", "alert"];
const isOne = (list: readonly string[], value: unknown): value is string => list.includes(value as string);

export function createNotifications({ folder, feed, guard, report }: Stage): Scene {
  const sessions = openSessions(`${folder}/sessions.db`);
  const tokens = createTokens(LIFETIME);
  const inbox = (user: string) => feed(`inbox_${user}`);

  const chatter = setInterval(() => void chat().catch(report), EVERY);
  async function chat(): Promise<void> {
    for (const to of USERS) {
      const news = await inbox(to);
      if (news.isWatched()) await news.publish(...invent(to));
    }
  }

  async function join(req: Request, res: Response): Promise<void> {
    const { user, end } = res.locals as { user: string; end?: number };
    // What begins with a token ends with it, else a stolen one would be good for ever.
    if (end !== undefined) {
      const ending = setTimeout(() => res.end(), end - Date.now());
      res.once("close", () => clearTimeout(ending));
    }
    await (await inbox(user)).join(req, res);
  }

  /** Middleware: whose inbox it is is in the path, and has to be who the cookie or the token says it is. */
  function isOwn(req: Request, res: Response, next: NextFunction): void {
    if (req.params["user"] === res.locals["user"]) return next();
    res.status(401).json({ error: "log in first" });
  }

  /** Middleware that looks for the token in the URL. Do not copy it: the page says why. */
  function fromUrl(req: Request, _res: Response, next: NextFunction): void {
    req.headers.authorization = `Bearer ${req.query["token"] as string}`;
    next();
  }

  const routes = Router();
  const streams = guard("notifications", () => {
    tokens.revokeAll();
    sessions.endAll();
  });
  routes.get("/:user/by-cookie", streams, sessions.require, isOwn, join);
  routes.get("/:user/by-header", streams, tokens.require, isOwn, join);
  routes.get("/:user/by-url", streams, fromUrl, tokens.require, isOwn, join);

  const rate = limitRate(120, 60_000);
  /** A demo asks for no password. The cookie is for this user's paths, so that each tab may be somebody else. */
  routes.post("/:user/session", rate, (req, res) => {
    const { user } = req.params;
    if (!isOne(USERS, user)) return void res.sendStatus(404);
    sessions.begin(user, req, res, `${req.baseUrl}/${user}`);
    res.sendStatus(204);
  });
  routes.post("/:user/token", rate, sessions.require, isOwn, (_req, res) => {
    res.set("Cache-Control", "no-store").json(tokens.issue(res.locals["user"] as string));
  });
  routes.post("/:user/send", limitRate(30, 60_000), sessions.require, isOwn, async (req, res) => {
    const { to, type, text } = Object(req.body) as Record<string, unknown>;
    if (!isOne(USERS, to) || !isOne(TYPES, type) || typeof text !== "string" || text.length > 280)
      return void res.status(400).json({ error: "to, type or text" });
    const at = new Date().toISOString();
    await (await inbox(to)).publish(type, { from: res.locals["user"], text, at });
    res.sendStatus(204);
  });

  return {
    routes,
    close() {
      clearInterval(chatter);
      sessions.close();
    },
  };
}

const LINES: [type: string, text: string][] = [
  ["message", "Lunch at one?"],
  ["message", "The build is green again."],
  ["mention", "mentioned you in “Retries, and when to stop”"],
  ["mention", "asked you to review #482"],
  ["alert", "Disk of db-2 is 91 % full"],
  ["alert", "p95 of /checkout above 800 ms"],
];

function invent(to: string): [type: string, data: object] {
  const pick = <T>(list: readonly T[]): T => list[Math.floor(Math.random() * list.length)]!;
  const [type, text] = pick(LINES);
  const from = type === "alert" ? "monitoring" : pick(USERS.filter((user) => user !== to));
  return [type, { from, text, at: new Date().toISOString() }];
}
