// A log file with a line per request, for the scene that follows it. It holds query strings, as access logs do.
import { createWriteStream, mkdirSync, renameSync, statSync } from "node:fs";
import { dirname } from "node:path";
import type { NextFunction, Request, Response } from "express";

const LARGEST = 4 * 1024 * 1024;

export function createAccessLog(path: string) {
  mkdirSync(dirname(path), { recursive: true });
  // Rotated at the start only. Whoever follows the file notices by its inode.
  if ((statSync(path, { throwIfNoEntry: false })?.size ?? 0) > LARGEST) renameSync(path, `${path}.1`);
  const file = createWriteStream(path, { flags: "a" });

  return {
    write: (req: Request, res: Response, next: NextFunction): void => {
      const began = performance.now();
      const { method, originalUrl } = req;
      res.once("close", () => {
        const status = res.headersSent ? res.statusCode : 499;
        const took = Math.round(performance.now() - began);
        file.write(`${new Date().toISOString()} ${status} ${method} ${originalUrl} ${took}ms\n`);
      });
      next();
    },
    close: (): unknown => file.end(),
  };
}
