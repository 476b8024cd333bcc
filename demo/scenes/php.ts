// Server time in PHP: here is only what the page asks the demo server. The streams are in ../php.
import { renameSync, writeFileSync } from "node:fs";
import { Router, type Request } from "express";
import type { Scene, Stage } from "../stage.ts";

const OUTAGE = 6_000;

export function createPhp({ folder, tokens }: Stage, restart: () => boolean): Scene {
  const faults = { drop: 0, silence: 0, unavailable: 0, unavailableUntil: 0 };
  const actions: Record<string, (req: Request) => unknown> = {
    drop: () => (faults.drop = Date.now()),
    silence: () => (faults.silence = Date.now()),
    unavailable() {
      faults.drop = faults.unavailable = Date.now();
      faults.unavailableUntil = Date.now() + OUTAGE;
    },
    expire(req) {
      tokens.revoke(req);
      faults.drop = Date.now();
    },
    restart,
  };

  const routes = Router();
  routes.post("/:fault", (req, res) => {
    const act = Object.hasOwn(actions, req.params.fault) && actions[req.params.fault];
    if (!act) return void res.sendStatus(404);
    act(req);
    // Renamed, so that no script reads half of it.
    writeFileSync(`${folder}/php-faults.new`, JSON.stringify(faults));
    renameSync(`${folder}/php-faults.new`, `${folder}/php-faults.json`);
    res.sendStatus(204);
  });
  return { routes };
}
