// Runs the demo as users do, as a process of its own, and follows its streams.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import {
  bearer,
  createEventSource,
  type ConnectionStatus,
  type EventSourceOptions,
} from "../../src/index.ts";
import { atCleanUp } from "../helpers/clean-up.ts";
import { freePort } from "../helpers/free-port.ts";
import { createProgress } from "../helpers/progress.ts";

const file = (name: string): string => fileURLToPath(new URL(`../../demo/${name}`, import.meta.url));

/** A program of the demo, with what it prints line by line. Ended with the test. */
export function run(name: string, args: string[] = [], env: Record<string, string> = {}) {
  const child = spawn(process.execPath, [file(name), ...args], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, PORT: undefined, DEMO_DB: undefined, DEMO_REDIS: undefined, ...env },
  });
  // Not when it exits: what it wrote last is read after that.
  const closed = once(child, "close");
  atCleanUp(async () => {
    child.kill("SIGKILL");
    await closed;
  });

  const progress = createProgress();
  const stdout: string[] = [];
  const stderr: string[] = [];
  createInterface(child.stdout).on("line", (line) => {
    stdout.push(line);
    progress.made();
  });
  createInterface(child.stderr).on("line", (line) => {
    stderr.push(line);
    progress.made();
  });
  let isRunning = true;
  child.once("close", () => {
    isRunning = false;
    progress.made();
  });

  return {
    stdout,
    stderr,
    until: progress.until,
    isRunning: () => isRunning,
    /** Resolves with the exit code, `null` when the signal ended it; all that it printed is there then. */
    async end(signal?: NodeJS.Signals): Promise<number | null> {
      if (signal) child.kill(signal);
      await closed;
      return child.exitCode;
    },
  };
}

/** A port and a database file that outlive the servers started on them. */
export async function createHome() {
  const folder = await mkdtemp(join(tmpdir(), "everspring-demo-"));
  atCleanUp(() => rm(folder, { recursive: true, force: true }));
  const port = await freePort();
  const db = join(folder, "log", "events.db");
  return {
    db,
    url: `http://127.0.0.1:${port}`,
    start: () => startServer({ PORT: String(port), DEMO_DB: db }),
  };
}

/** A server of its own, without anything around it. */
export async function startAlone() {
  const home = await createHome();
  return { ...home, server: await home.start() };
}

export async function startServer(env: Record<string, string>) {
  const server = run("server.ts", [], env);
  await server.until(() => server.stdout.length > 0 || !server.isRunning());
  const url = /http:\/\/[\d.]+:\d+/.exec(server.stdout[0] ?? "")?.[0];
  if (url === undefined) throw new Error(`The server did not start: ${server.stderr.join("\n")}`);
  return { ...server, url };
}

/** Everything as `npm run demo -- --all` has it: the server, which is started again when it ends, PHP, nginx, Redis. */
export async function startAll(env: Record<string, string> = {}) {
  const { db } = await createHome();
  const PORT = String(await freePort());
  const DEMO_SERVICES_PORT = String(await freePort());
  const demo = run("start.ts", ["--all"], { PORT, DEMO_DB: db, DEMO_SERVICES_PORT, ...env });
  // The processes around it are ended by itself only.
  atCleanUp(() => demo.end("SIGTERM"));
  await demo.until(() => demo.stdout.length > 1 || !demo.isRunning());
  const [url, nginx] = demo.stdout.map((line) => /https?:\/\/[\d.]+:\d+/.exec(line)?.[0]);
  if (!url || !nginx) throw new Error(`The demo did not start: ${demo.stderr.join("\n")}`);
  return { ...demo, url, nginx };
}

/** The real client on the protected stream. Closed with the test. */
export function follow(base: string, options: EventSourceOptions = {}) {
  const progress = createProgress();
  const ids: number[] = [];
  const statuses: ConnectionStatus[] = [];
  const refreshes = { count: 0 };
  let token = "none yet";
  const source = createEventSource(`${base}/events`, {
    headers: bearer(() => token),
    async onUnauthorized() {
      refreshes.count++;
      token = await newToken(base);
    },
    ...options,
  });
  atCleanUp(() => source.close());
  source.on("tick", ({ lastEventId }) => {
    ids.push(Number(lastEventId));
    progress.made();
  });
  source.onStatus((status) => {
    statuses.push(status);
    progress.made();
  });
  const until = progress.until;

  return {
    source,
    ids,
    statuses,
    refreshes,
    until,
    /** Until so many more events have come. */
    more(count: number): Promise<void> {
      const goal = ids.length + count;
      return until(() => ids.length >= goal);
    },
  };
}

export async function newToken(base: string): Promise<string> {
  const response = await fetch(`${base}/token`, { method: "POST" });
  const { token }: { token: string } = await response.json();
  return token;
}

/** The ids of the open stream, read with nothing but fetch. */
export async function* readIds(url: string, headers: Record<string, string> = {}): AsyncGenerator<number> {
  const response = await fetch(url, { headers });
  if (!response.ok || !response.body) throw new Error(`HTTP ${response.status}`);
  let text = "";
  for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
    const blocks = (text + chunk).split("\n\n");
    text = blocks.pop() ?? "";
    for (const block of blocks) {
      const id = /^id:(\d+)$/m.exec(block)?.[1];
      if (id !== undefined) yield Number(id);
    }
  }
}

export async function take(count: number, ids: AsyncIterable<number>): Promise<number[]> {
  const taken: number[] = [];
  for await (const id of ids) if (taken.push(id) >= count) break;
  return taken;
}

/** The ids that a perfect stream would have had: none lost, none repeated. */
export function consecutive(ids: readonly number[]): number[] {
  return ids.map((_, index) => (ids[0] ?? 0) + index);
}
