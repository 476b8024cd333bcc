// Progress of a long job: checksums over the files of node_modules. Each step is in the database before it is told, so
// a stream can be resumed, and so can the job when the server was restarted in the middle.
import { createHash } from "node:crypto";
import { EventEmitter } from "node:events";
import { glob, readFile } from "node:fs/promises";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as delay } from "node:timers/promises";
import { Router, type Request, type Response } from "express";
import { limitRate } from "../limits.ts";
import type { Scene, Stage } from "../stage.ts";

const STEPS = 100;
/** A step takes at least so long (ms), or there would be nothing to watch. */
const PACE = Number(process.env["DEMO_JOB_STEP"] ?? 90);
const FILES = 3_000;
const KEEP = 20;
const HEARTBEAT = 2_000;

export function createJobs(root: string, { folder, guard, tokens, retry, report }: Stage): Scene {
  const db = new DatabaseSync(`${folder}/jobs.db`, { timeout: 5_000 });
  db.exec(`
    CREATE TABLE IF NOT EXISTS jobs (id INTEGER PRIMARY KEY AUTOINCREMENT, finished INTEGER NOT NULL DEFAULT 0);
    CREATE TABLE IF NOT EXISTS steps (job INTEGER, step INTEGER, type TEXT, data TEXT, PRIMARY KEY (job, step))`);
  const create = db.prepare("INSERT INTO jobs DEFAULT VALUES");
  const find = db.prepare("SELECT id, finished FROM jobs WHERE id = ?");
  const unfinished = db.prepare("SELECT id FROM jobs WHERE finished = 0");
  const finish = db.prepare("UPDATE jobs SET finished = 1 WHERE id = ?");
  const insert = db.prepare("INSERT INTO steps (job, step, type, data) VALUES (?, ?, ?, ?)");
  const after = db.prepare("SELECT step, type, data FROM steps WHERE job = ? AND step > ? ORDER BY step");
  const news = new EventEmitter().setMaxListeners(0);
  const open = new Set<Response>();
  let isClosed = false;

  async function work(job: number): Promise<void> {
    const files = await filesOf(root);
    if (isClosed) return;
    const done = after.all(job, 0).map(({ data }) => JSON.parse(String(data)) as { digest: string });
    for (let step = done.length + 1; step <= STEPS; step++) {
      const part = files.slice(((step - 1) * files.length) / STEPS, (step * files.length) / STEPS);
      const hash = createHash("sha256");
      const pace = delay(PACE);
      for (const file of part) hash.update(await readFile(`${root}/${file}`));
      await pace;
      if (isClosed) return;
      const progress = { digest: hash.digest("hex"), done: Math.round((step * files.length) / STEPS) };
      done.push(progress);
      const told = { ...progress, of: files.length, file: part.at(-1), at: new Date().toISOString() };
      insert.run(job, step, "progress", JSON.stringify(told));
      news.emit(`${job}`);
    }
    const digest = createHash("sha256")
      .update(done.map((step) => step.digest).join(""))
      .digest("hex");
    const result = { digest, files: files.length, at: new Date().toISOString() };
    insert.run(job, STEPS + 1, "result", JSON.stringify(result));
    finish.run(job);
    news.emit(`${job}`);
  }

  function stream(req: Request, res: Response): void {
    const job = Number(req.params["job"]);
    const id = req.get("last-event-id") ?? "";
    let sent = /^\d{1,4}$/.test(id) ? Number(id) : 0;
    if (!find.get(job)) return void res.status(404).json({ error: "no such job" });
    res.set({ "Content-Type": "text/event-stream", "Cache-Control": "no-cache", "X-Accel-Buffering": "no" });
    res.write(`retry:${retry}\n\n`);
    open.add(res);

    // Whatever wakes us, the table knows what is new.
    const send = (): void => {
      for (const { step, type, data } of after.all(job, sent)) {
        sent = Number(step);
        res.write(`id:${sent}\nevent:${String(type)}\ndata:${String(data)}\n\n`);
      }
      if (find.get(job)?.["finished"]) res.end("event:done\ndata:[DONE]\n\n");
    };
    const heartbeat = setInterval(() => res.write(":\n\n"), HEARTBEAT);
    news.on(`${job}`, send);
    res.once("close", () => {
      open.delete(res);
      clearInterval(heartbeat);
      news.off(`${job}`, send);
    });
    send();
    if (!res.writableEnded) res.write(":live\n\n");
  }

  const begin = (job: number): unknown => work(job).catch(report);
  for (const { id } of unfinished.all()) begin(Number(id));

  const routes = Router();
  routes.post("/", tokens.require, limitRate(10, 60_000), (_req, res) => {
    const job = Number(create.run().lastInsertRowid);
    db.prepare("DELETE FROM steps WHERE job <= ?").run(job - KEEP);
    db.prepare("DELETE FROM jobs WHERE id <= ?").run(job - KEEP);
    begin(job);
    res.status(201).json({ job });
  });
  routes.get("/:job", guard("progress", tokens.revoke), tokens.require, stream);

  return {
    routes,
    close() {
      isClosed = true;
      for (const res of open) res.end();
      db.close();
    },
  };
}

/** Always the same files in the same order. */
async function filesOf(root: string): Promise<string[]> {
  const files: string[] = [];
  for await (const file of glob(
    "node_modules/{express,better-sse,uplot,typescript,playwright-core}/**/*.{js,ts,mjs}",
    { cwd: root },
  ))
    files.push(file);
  return files.toSorted().slice(0, FILES);
}
