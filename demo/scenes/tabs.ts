// Many tabs: a stream that tells which tabs have a connection to this server. There ought to be one for each browser.
import { Router, type Request, type Response } from "express";
import type { Scene, Stage } from "../stage.ts";

const EVERY = 500;
const BACKLOG = 10;

export interface Pulse {
  at: string;
  /** The tabs whose connections these are, by the names that they give themselves. */
  holders: string[];
}

export function createTabs({ feed, join, guard, tokens, report }: Stage): Scene {
  const open = new Set<Request>();
  const beating = setInterval(() => void beat().catch(report), EVERY);

  async function beat(): Promise<void> {
    const pulses = await feed("tabs", BACKLOG);
    const holders = [...open].map((req) => String(req.get("x-tab")).slice(0, 40));
    const pulse: Pulse = { at: new Date().toISOString(), holders };
    if (pulses.isWatched()) await pulses.publish("pulse", pulse);
  }

  /** Each tab has a token of its own. */
  const expire = (): void => open.forEach(tokens.revoke);

  function note(req: Request, res: Response, next: () => void): void {
    open.add(req);
    res.once("close", () => open.delete(req));
    next();
  }

  const routes = Router();
  routes.get("/", guard("tabs", expire), tokens.require, note, join("tabs", BACKLOG));
  return { routes, close: () => clearInterval(beating) };
}
