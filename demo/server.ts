// The demo server: a stock ticker over server-sent events that can be resumed, and broken on demand.
//   GET  /ticker   the stream, open to all        GET  /events   the same stream, bearer token required
//   POST /token    a new token                    POST /faults/… drop, unavailable, expire, silence
import { once } from "node:events";
import { existsSync } from "node:fs";
import { createServer } from "node:http";
import { fileURLToPath } from "node:url";
import express, { type NextFunction, type Request, type Response } from "express";
import { createFaults } from "./faults.ts";
import { createFeed } from "./feed.ts";
import { openRedisStore } from "./redis-store.ts";
import { openStore } from "./store.ts";
import { createTicker } from "./ticker.ts";
import { createTokens } from "./tokens.ts";

const { env } = process;
const HOST = env["HOST"] ?? "127.0.0.1";
const PORT = Number(env["PORT"] ?? 8420);
const TICK_EVERY = Number(env["DEMO_TICK"] ?? 500);
const RETRY = Number(env["DEMO_RETRY"] ?? 1_000);
const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));

const redis = env["DEMO_REDIS"];
const store = redis ? await openRedisStore(redis) : openStore(env["DEMO_DB"] ?? path("data/events.db"));
const feed = await createFeed(store, RETRY);
const tokens = createTokens();
const faults = createFaults(feed, tokens);
const recent = await store.between(Math.max(0, (await store.newest()) - 200));
const ticker = createTicker(recent.map(({ data }) => data));

/** Pages on other origins may read the streams. No cookies are involved, so any origin may ask. */
function cors(req: Request, res: Response, next: NextFunction): void {
  res.set("Access-Control-Allow-Origin", "*");
  res.set("Access-Control-Expose-Headers", "Retry-After"); // else a page cannot honour it
  if (req.method !== "OPTIONS") return next();
  res.set("Access-Control-Allow-Headers", "Authorization, Last-Event-ID");
  res.set("Access-Control-Max-Age", "600"); // both headers cost a preflight: let the browser remember the answer
  res.sendStatus(204);
}

const bundle = path("../dist/everspring.global.min.js");
if (!existsSync(bundle)) console.error("the page needs dist/everspring.global.min.js: npm run build");

const app = express();
app.disable("x-powered-by");
app.use(["/ticker", "/events", "/token"], cors);
app.get("/ticker", faults.gate, feed.join);
app.get("/events", faults.gate, tokens.require, feed.join);
app.post("/token", (_req, res) => {
  res.set("Cache-Control", "no-store").json(tokens.issue());
});
app.use("/faults", faults.routes);
app.get("/everspring.global.min.js", (_req, res) => res.sendFile(bundle));
app.get("/everspring.global.min.js.map", (_req, res) => res.sendFile(`${bundle}.map`));
app.use(express.static(path("public")));

const server = createServer(app);
const listen = (port: number): Promise<unknown> => once(server.listen(port, HOST), "listening");
await listen(PORT).catch((error: NodeJS.ErrnoException) => {
  // Without an order to use this very port, a free one will do.
  if (error.code !== "EADDRINUSE" || env["PORT"] !== undefined) throw error;
  return listen(0);
});
const address = server.address();
const port = typeof address === "object" ? address?.port : PORT;
console.log(`everspring demo: http://${HOST}:${port}/`);

const ticking = setInterval(() => {
  feed
    .publish("tick", ticker.next())
    .catch((error: Error) => console.error(`not published: ${error.message}`));
}, TICK_EVERY);

function stop(): void {
  clearInterval(ticking);
  feed.close();
  server.close(() => void store.close());
  server.closeAllConnections();
}
process.once("SIGINT", stop);
process.once("SIGTERM", stop);
