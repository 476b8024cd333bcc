// What the buttons of the page do to a scene's streams. Nothing of this is meant to be copied.
import { Router, type NextFunction, type Request, type Response } from "express";

const OUTAGE = 6_000;
const RETRY_AFTER = 3;
/** An outage is to be noticed, also by somebody who asks when it is over, but not by whoever comes much later. */
const NOTICED_WITHIN = 60_000;

interface Scene {
  open: Set<Response>;
  unavailableUntil: number;
  /** The next request up to then is refused, even if the outage is over. */
  refuseUntil: number;
  expire: (req: Request) => void;
}

export function createFaults(restart: () => boolean) {
  const scenes = new Map<string, Scene>();
  const drop = ({ open }: Scene): void => open.forEach((res) => res.destroy());
  /** One whose headers are not out is none yet: a browser that loses it may just ask again, without a word to the page. */
  const streams = ({ open }: Scene): Response[] => [...open].filter((res) => res.headersSent);

  const actions: Record<string, (scene: Scene, req: Request) => void> = {
    /** Cuts every stream as a broken network would: no last chunk, no goodbye. */
    drop,
    unavailable(scene) {
      scene.unavailableUntil = Date.now() + OUTAGE;
      scene.refuseUntil = scene.unavailableUntil + NOTICED_WITHIN;
      drop(scene);
    },
    /** Ends an outage. Has no button: it ends by itself. */
    mend(scene) {
      scene.unavailableUntil = scene.refuseUntil = 0;
    },
    /** Drops the streams too: credentials are only looked at when a stream begins. */
    expire(scene, req) {
      scene.expire(req);
      drop(scene);
    },
    /** Leaves the open streams open, and nothing ever arrives on them again. */
    silence(scene) {
      for (const res of streams(scene)) {
        res.write = () => true;
        res.end = () => res;
      }
    },
  };

  const routes = Router();
  routes.post("/:scene/restart", (_req, res) => {
    res.once("finish", () => restart()).sendStatus(204);
  });
  routes.post("/:scene/:fault", (req, res) => {
    const scene = scenes.get(req.params.scene);
    const act = Object.hasOwn(actions, req.params.fault) && actions[req.params.fault];
    if (!scene || !act) return void res.sendStatus(404);
    // A stream that is between two connections misses what is done to those that are open.
    res.set("X-Open-Streams", String(streams(scene).length));
    act(scene, req);
    res.sendStatus(204);
  });

  /** Middleware in front of a scene's streams. `expire` is what becomes invalid by "Expire". */
  function gate(name: string, expire: (req: Request) => void) {
    const scene: Scene = { open: new Set(), unavailableUntil: 0, refuseUntil: 0, expire };
    scenes.set(name, scene);
    return (_req: Request, res: Response, next: NextFunction): void => {
      if (Date.now() < Math.max(scene.unavailableUntil, scene.refuseUntil)) {
        scene.refuseUntil = 0;
        res.set("Retry-After", String(RETRY_AFTER)).status(503).json({ error: "down for maintenance" });
        return;
      }
      scene.open.add(res);
      res.once("close", () => scene.open.delete(res));
      next();
    };
  }

  return { routes, gate };
}
