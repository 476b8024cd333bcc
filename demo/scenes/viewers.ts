// Viewer analytics: how many people watch a page now. Coming and leaving is told to all, also leaving
// without a word. The counts are those of this server.
import { Router, type Request, type Response } from "express";
import type { Scene, Stage } from "../stage.ts";

/** A viewer who has not answered a heartbeat for so long is gone, however open the connection looks (ms). */
const LEASE = Number(process.env["DEMO_LEASE"] ?? 8_000);
/** Whoever comes back within this time had not left, but was reconnecting (ms). */
const GRACE = 1_500;
const PAGES = ["springs", "rivers", "tides"];

interface Viewer {
  page: string;
  res: Response;
  heardAt: number;
  leaving?: NodeJS.Timeout;
}

export function createViewers({ feed, guard, tokens, report }: Stage): Scene {
  const viewers = new Map<string, Viewer>();
  let isNew = true;

  function tell(what: string, id: string, page: string): void {
    const counts = Object.fromEntries(PAGES.map((name) => [name, 0]));
    for (const viewer of viewers.values()) counts[viewer.page] = (counts[viewer.page] ?? 0) + 1;
    const news = { what, viewer: id.slice(0, 4), page, counts, at: new Date().toISOString() };
    feed("viewers")
      .then((log) => log.publish("viewers", news))
      .catch(report);
  }

  function leave(id: string, what: string): void {
    const viewer = viewers.get(id);
    if (!viewer) return;
    clearTimeout(viewer.leaving);
    viewers.delete(id);
    viewer.res.destroy();
    tell(what, id, viewer.page);
  }

  const sweeping = setInterval(() => {
    for (const [id, { heardAt }] of viewers) if (Date.now() - heardAt > LEASE) leave(id, "was cleaned up");
  }, 1_000);

  const routes = Router();
  routes.get(
    "/:page",
    guard("viewers", tokens.revoke),
    tokens.require,
    async (req: Request, res: Response) => {
      const { page } = req.params as { page: string };
      const id = req.query["viewer"];
      if (!PAGES.includes(page) || typeof id !== "string" || !/^[\w-]{8,40}$/.test(id))
        return void res.sendStatus(404);
      const log = await feed("viewers");
      if (res.destroyed) return;

      // A server that has just started knows of nobody.
      if (isNew) tell("started", "", "");
      isNew = false;
      const known = viewers.get(id);
      clearTimeout(known?.leaving);
      viewers.set(id, { page, res, heardAt: Date.now() });
      if (known?.page !== page) tell("came", id, page);
      res.once("close", () => {
        const viewer = viewers.get(id);
        if (viewer?.res === res) viewer.leaving = setTimeout(() => leave(id, "left"), GRACE);
      });
      await log.join(req, res);
    },
  );

  /** The answer to a heartbeat. */
  routes.post("/alive", (req, res) => {
    const viewer = viewers.get(req.query["viewer"] as string);
    if (viewer) viewer.heardAt = Date.now();
    res.sendStatus(viewer ? 204 : 404);
  });

  return {
    routes,
    close() {
      clearInterval(sweeping);
      for (const { leaving } of viewers.values()) clearTimeout(leaving);
      viewers.clear();
    },
  };
}
