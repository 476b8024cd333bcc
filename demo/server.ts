// The demo server: streams that can be resumed, and broken on demand. Each scene is a file in scenes/.
//   GET  /events, /ticker, /dashboard, /notifications/…, /posts, /viewers/…, /log, /tabs, /jobs/…   POST /assistant   the streams
//   POST /token   a bearer token, which all but /ticker want          POST /faults/SCENE/…   drop, silence, unavailable, expire, restart
import { createHash } from "node:crypto";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { createServer, STATUS_CODES } from "node:http";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import express, { type NextFunction, type Request, type Response } from "express";
import { createAccessLog } from "./access-log.ts";
import { createFaults } from "./faults.ts";
import { createFeed, type Feed } from "./feed.ts";
import { limitOpen, limitRate } from "./limits.ts";
import { openRedisStore } from "./redis-store.ts";
import { createAssistant } from "./scenes/assistant.ts";
import { createDashboard } from "./scenes/dashboard.ts";
import { createJobs } from "./scenes/jobs.ts";
import { createLog } from "./scenes/log.ts";
import { createNotifications } from "./scenes/notifications.ts";
import { createPhp } from "./scenes/php.ts";
import { createPosts } from "./scenes/posts.ts";
import { createTabs } from "./scenes/tabs.ts";
import { createTicker } from "./scenes/ticker.ts";
import { createViewers } from "./scenes/viewers.ts";
import type { Scene, Stage } from "./stage.ts";
import { KEEP, openStore, type EventStore } from "./store.ts";
import { createTokens } from "./tokens.ts";

const { env } = process;
const HOST = env["HOST"] ?? "127.0.0.1";
const PORT = Number(env["PORT"] ?? 8420);
const RETRY = Number(env["DEMO_RETRY"] ?? 1_000);
const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));
const database = env["DEMO_DB"] ?? path("data/events.db");
const folder = dirname(database);
const report = (error: Error): void => console.error(error.message);

const redis = env["DEMO_REDIS"];
const stores: EventStore[] = [];
const feeds = new Map<string, Promise<Feed>>();
let isStopping = false;

async function openFeed(name: string, backlog?: number): Promise<Feed> {
  const store = redis ? await openRedisStore(redis, KEEP, name) : openStore(database, KEEP, name);
  stores.push(store);
  return createFeed(store, RETRY, backlog);
}

/** Ends this process with the code that start.ts takes for "once more". Alone nobody would start it again. */
function restart(): boolean {
  if (process.connected) setTimeout(stop, 100, 75);
  return process.connected;
}

/** Pages on other origins may read the streams. No cookies are involved, so any origin may ask. */
function cors(req: Request, res: Response, next: NextFunction): void {
  res.set("Access-Control-Allow-Origin", "*");
  res.set("Access-Control-Expose-Headers", "Retry-After"); // else a page cannot honour it
  if (req.method !== "OPTIONS") return next();
  res.set("Access-Control-Allow-Headers", "Authorization, Content-Type, Last-Event-ID");
  res.set("Access-Control-Max-Age", "600"); // the headers cost a preflight: let the browser remember the answer
  res.sendStatus(204);
}

/** HEAD asks for no body, so there is nothing to stay open for: the first thing that a stream would write ends it. */
function endHead(req: Request, res: Response, next: NextFunction): void {
  if (req.method === "HEAD") res.write = () => Boolean(res.end());
  next();
}

/** What went wrong, in JSON, and without a stack or the paths of files for strangers. */
function answerError(
  error: Error & { status?: number; code?: string },
  _req: Request,
  res: Response,
  _next: NextFunction,
): void {
  const { status = 500, code, message } = error;
  if (status >= 500) report(error);
  if (res.headersSent) res.destroy();
  // An error of the system has a code, and quotes a path.
  else
    res
      .status(status)
      .type("json")
      .json({ error: code || status >= 500 ? STATUS_CODES[status] : message });
}

const tokens = createTokens();
const faults = createFaults(restart);
const rate = limitRate();
const open = limitOpen();
const stage: Stage = {
  folder,
  retry: RETRY,
  tokens,
  report,
  feed(name, backlog) {
    let found = feeds.get(name);
    if (!found) {
      feeds.set(name, (found = openFeed(name, backlog)));
      // Whoever asks next tries again.
      found.catch(() => feeds.delete(name));
    }
    return found;
  },
  join: (name, backlog) => async (req, res) => (await stage.feed(name, backlog)).join(req, res),
  guard: (scene, expire = () => {}) => [rate, endHead, open, faults.gate(scene, expire)],
};

const accessLog = createAccessLog(`${folder}/access.log`);
const scenes: Record<string, Scene> = {
  "/": await createTicker(stage, await stage.feed("events")),
  "/dashboard": createDashboard(stage),
  "/notifications": createNotifications(stage),
  "/posts": createPosts(stage),
  "/viewers": createViewers(stage),
  "/tabs": createTabs(stage),
  "/log": createLog(`${folder}/access.log`, stage),
  "/jobs": createJobs(path(".."), stage),
  "/assistant": createAssistant(stage),
  "/faults/php": createPhp(stage, () => process.send?.("restart php") ?? false),
};

const bundle = path("../dist/everspring.global.min.js");
if (!existsSync(bundle)) console.error("the page needs dist/everspring.global.min.js: npm run build");

/** The one script that stands in a page: an import map cannot be a file. */
const tabPage = readFileSync(path("public/tab.html"), "utf8");
const [, importMap = ""] = /<script type="importmap">(.*?)<\/script>/s.exec(tabPage) ?? [];
const importMapHash = createHash("sha256").update(importMap).digest("base64");

const app = express();
app.disable("x-powered-by");
app.set("trust proxy", "loopback"); // nginx, where there is one: else all its clients would share one limit
app.use(accessLog.write);
app.use((_req, res, next) => {
  const php = env["DEMO_PHP"] ? ` ${env["DEMO_PHP"]}` : "";
  res.set(
    "Content-Security-Policy",
    `default-src 'self'; script-src 'self' 'sha256-${importMapHash}'; connect-src 'self'${php}`,
  );
  res.set("X-Content-Type-Options", "nosniff");
  next();
});
app.use(
  ["/ticker", "/events", "/token", "/dashboard", "/posts", "/viewers", "/log", "/jobs", "/assistant"],
  cors,
);
app.post("/token", limitRate(120, 60_000), (_req, res) => {
  res.set("Cache-Control", "no-store").json(tokens.issue());
});
/** Whether a token is good. PHP asks. */
app.get("/token", tokens.require, (_req, res) => void res.sendStatus(204));
app.get("/health", (_req, res) => void res.json({ up: Math.round(process.uptime()) }));
app.get("/services", (req, res) => {
  const isProxied = req.get("x-forwarded-for") !== undefined;
  // nginx has PHP under its own roof.
  res.json({
    php: env["DEMO_PHP"] && (isProxied ? "/php" : env["DEMO_PHP"]),
    nginx: env["DEMO_NGINX"],
    redis: redis !== undefined,
    isAll: env["DEMO_ALL"] !== undefined,
    canRestart: process.connected,
  });
});
app.use(express.json({ limit: "10kb" }));
for (const [place, { routes }] of Object.entries(scenes)) app.use(place, routes);
app.use("/faults", faults.routes);
app.get("/everspring.global.min.js", (_req, res) => res.sendFile(bundle));
app.get("/everspring.global.min.js.map", (_req, res) => res.sendFile(`${bundle}.map`));
app.use("/everspring", express.static(path("../dist"), { extensions: ["js"] }));
app.use("/eventsource-parser", express.static(path("../node_modules/eventsource-parser/dist")));
app.use("/uplot", express.static(path("../node_modules/uplot/dist")));
app.get(/^\/source\/((?:scenes\/|public\/|public\/scenes\/|php\/)?[\w-]+\.(?:ts|js|html|php))$/, (req, res) =>
  res.type("text/plain").sendFile(path(String(req.params[0]))),
);
app.use(express.static(path("public")));
app.use(answerError);

const server = createServer(app);
const listen = (port: number): Promise<unknown> => once(server.listen(port, HOST), "listening");
await listen(PORT).catch((error: NodeJS.ErrnoException) => {
  // Without an order to use this very port, a free one will do.
  if (error.code !== "EADDRINUSE" || env["PORT"] !== undefined) throw error;
  return listen(0);
});
const address = server.address();
const port = typeof address === "object" ? address?.port : PORT;
const url = `http://${HOST}:${port}/`;
if (process.send) process.send({ url });
else console.log(`everspring demo: ${url}`);

/** No new connections; every stream ends with a word about when to come back; then the rest. */
function stop(code = 0): void {
  if (isStopping) return;
  isStopping = true;
  server.close(() => void Promise.all(stores.map((store) => store.close())).then(() => accessLog.close()));
  for (const { close } of Object.values(scenes)) close?.();
  void Promise.allSettled(feeds.values()).then((all) => {
    for (const opened of all) if (opened.status === "fulfilled") opened.value.close();
    // Time for the last words to be read.
    setTimeout(() => server.closeAllConnections(), 50);
  });
  process.exitCode = code;
  if (process.connected) process.disconnect();
}
process.once("SIGINT", () => stop());
process.once("SIGTERM", () => stop());
process.once("disconnect", () => stop());
