// Log tail: a file followed as it grows. Plain text, written by hand: there is no more to the format than this.
// The id of an event is the file and the byte at which the next line begins, so resuming is reading on from there.
import { once } from "node:events";
import { watch } from "node:fs";
import { open } from "node:fs/promises";
import { Router, type Request, type Response } from "express";
import type { Scene, Stage } from "../stage.ts";

/** Without an id a reader gets the end of the file. */
const BACKLOG = 4 * 1024;
const HEARTBEAT = 2_000;

export function createLog(path: string, { guard, tokens, retry }: Stage): Scene {
  const routes = Router();
  const open = new Set<Response>();
  routes.get("/", guard("log", tokens.revoke), tokens.require, async (req: Request, res: Response) => {
    open.add(res);
    res.once("close", () => open.delete(res));
    await follow(path, retry, req, res);
  });
  return { routes, close: () => open.forEach((res) => res.end()) };
}

async function follow(path: string, retry: number, req: Request, res: Response): Promise<void> {
  res.set({ "Content-Type": "text/event-stream", "Cache-Control": "no-cache", "X-Accel-Buffering": "no" });
  res.write(`retry:${retry}\n\n`);
  const file = await open(path, "r");
  const { ino, size } = await file.stat();
  let { offset, isAligned } = startOf(req.get("last-event-id"), ino, size);
  let rest = Buffer.alloc(0);

  const growth = watch(path);
  let hasGrown = false;
  growth.on("change", () => (hasGrown = true));
  const heartbeat = setInterval(() => {
    res.write(":\n\n");
    growth.emit("change"); // should the file system tell nothing
  }, HEARTBEAT);
  // Wakes the loop, which looks for itself whether the reader is still there.
  res.once("close", () => growth.emit("change"));

  try {
    for (let isLive = false; !res.destroyed && !res.writableEnded;) {
      hasGrown = false;
      const { bytesRead, buffer } = await file.read(Buffer.alloc(16_384), 0, 16_384, offset + rest.length);
      if (bytesRead === 0) {
        if (!isLive) res.write(":live\n\n");
        isLive = true;
        if (!hasGrown) await once(growth, "change");
        continue;
      }
      rest = Buffer.concat([rest, buffer.subarray(0, bytesRead)]);
      for (let end; (end = rest.indexOf(10)) >= 0; rest = rest.subarray(end + 1)) {
        offset += end + 1;
        // Bytes in the middle of the file begin in the middle of a line.
        if (isAligned) res.write(`id:${ino}-${offset}\ndata:${rest.toString("utf8", 0, end)}\n\n`);
        isAligned = true;
      }
      // A reader who is slow holds the reading back.
      if (res.writableNeedDrain) await Promise.race([once(res, "drain"), once(res, "close")]);
    }
  } finally {
    clearInterval(heartbeat);
    growth.close();
    await file.close();
  }
}

/** An id of another file, or of none, is as good as none. */
function startOf(id = "", ino: number, size: number): { offset: number; isAligned: boolean } {
  const [, file, offset] = /^(\d+)-(\d{1,15})$/.exec(id) ?? [];
  if (Number(file) === ino && Number(offset) <= size) return { offset: Number(offset), isAligned: true };
  if (file !== undefined) return { offset: 0, isAligned: true }; // rotated since
  return { offset: Math.max(0, size - BACKLOG), isAligned: size <= BACKLOG };
}
