import { expect, it } from "vitest";
import { EventSource } from "../../src/eventsource.ts";
import { createEventSource, type ConnectionStatus } from "../../src/index.ts";
import { atCleanUp } from "../helpers/clean-up.ts";
import { freePort } from "../helpers/free-port.ts";
import { createProgress } from "../helpers/progress.ts";
import { consecutive, startServer } from "./harness.ts";
import { startNginx, startRedis } from "./services.ts";
import { isSoak } from "../helpers/soak.ts";

const KILLS = isSoak ? 50 : 6;
/** Each server appends this often (ms). */
const TICK = "5";
/** Servers that start slowly on a busy machine must not make the client wait for half a minute. */
const retry = { maxDelay: 500 };

/** Two instances of the demo on one log in Redis, behind nginx. */
async function startPair() {
  const redis = await startRedis();
  const env = { DEMO_REDIS: redis.url, DEMO_TICK: TICK, DEMO_RETRY: "10" };
  const ports = [await freePort(), await freePort()].map(String);
  const start = (PORT: string) => startServer({ ...env, PORT });
  const servers = new Map(await Promise.all(ports.map(async (port) => [port, await start(port)] as const)));
  const nginx = await startNginx(ports.map((port) => `127.0.0.1:${port}`));
  return {
    redis,
    ports,
    url: `${nginx.url}/ticker`,
    kill: (port: string) => servers.get(port)!.end("SIGKILL"),
    /** Exit codes after a polite end, and what was complained about. */
    async end() {
      const all = [...servers.values()];
      return Promise.all(all.map(async (server) => [await server.end("SIGTERM"), ...server.stderr]));
    },
    async startAgain(port: string): Promise<void> {
      servers.set(port, await start(port));
    },
  };
}

/** A client, with everything that it was given. */
function subscribe(url: string) {
  const progress = createProgress();
  const received: (readonly [id: number, data: string])[] = [];
  const source = createEventSource(url, { retry });
  atCleanUp(() => source.close());
  const statuses: ConnectionStatus[] = [];
  source.onEvent(({ lastEventId, data }) => {
    received.push([Number(lastEventId), data] as const);
    progress.made();
  });
  source.onStatus((status) => {
    statuses.push(status);
    progress.made();
  });
  return { source, received, statuses, until: progress.until };
}

it(`the server that serves the client is killed ${KILLS} times: nothing is lost or repeated`, async () => {
  const pair = await startPair();
  const { redis, url } = pair;
  const client = subscribe(url);
  // Two more look on: the standard's class, and a loop. They lose their server now and then, too.
  const byClass: number[] = [];
  const standard = new EventSource(url);
  atCleanUp(() => standard.close());
  standard.addEventListener("tick", ({ lastEventId }) => byClass.push(Number(lastEventId)));
  const byLoop: number[] = [];
  const loop = createEventSource(url, { retry });
  atCleanUp(() => loop.close());
  const looping = (async () => {
    for await (const { lastEventId } of loop) byLoop.push(Number(lastEventId));
  })();

  const killed: string[] = [];
  for (let kills = 0; kills < KILLS; kills++) {
    const goal = client.received.length + 50;
    await client.until(() => client.source.status.state === "open" && client.received.length >= goal);
    const status = client.source.status as Extract<ConnectionStatus, { state: "open" }>;
    const port = /(\d+)$/.exec(status.headers.get("x-served-by") ?? "")![1]!;
    const lost = client.until(() => client.source.status !== status);
    await pair.kill(port);
    await lost;
    killed.push(port);
    await client.until(() => client.source.status.state === "open");
    await pair.startAgain(port);
  }
  const reach = (...received: number[][]) => {
    const last = client.received.at(-1)![0] + 50;
    return client.until(() =>
      [client.received.map(([id]) => id), ...received].every((ids) => ids.at(-1)! >= last),
    );
  };
  await reach(byClass, byLoop);
  standard.close(); // to which a 502 is final, as the standard says

  // Both at once: nginx answers 502 until one of them is back.
  for (const port of pair.ports) await pair.kill(port);
  await client.until(() => {
    const { status } = client.source;
    return status.state === "waiting" && status.error.status === 502;
  });
  for (const port of pair.ports) await pair.startAgain(port);
  await reach(byLoop);
  expect(await pair.end()).toEqual([[0], [0]]);
  client.source.close();
  loop.close();
  await looping;

  const ids = client.received.map(([id]) => id);
  expect(ids).toEqual(consecutive(ids));
  expect(byClass).toEqual(consecutive(byClass));
  expect(byLoop).toEqual(consecutive(byLoop));
  // What was delivered is what is in the log, as far as that reaches back.
  const log = await redis.log();
  const compared = client.received.filter(([id]) => log.has(id));
  expect(compared.length).toBeGreaterThan(100);
  expect(compared).toEqual(compared.map(([id]) => [id, log.get(id)]));
  expect(client.statuses.filter(({ state }) => state === "open").length).toBeGreaterThan(KILLS);
  expect(new Set(killed).size).toBe(2);
  if (KILLS > 10) process.stdout.write(`two servers: ${KILLS} kills, ${ids.length} events\n`);
}, 600_000);

it("Redis itself is killed and started again: the streams stay open, and nothing is lost or repeated", async () => {
  const { redis, url } = await startPair();
  const client = subscribe(url);
  await client.until(() => client.received.length > 200);
  await redis.kill();
  await redis.startAgain();
  const goal = client.received.length + 200;
  await client.until(() => client.received.length > goal);
  client.source.close();

  const ids = client.received.map(([id]) => id);
  expect(ids).toEqual(consecutive(ids));
  const log = await redis.log();
  expect(client.received).toEqual(ids.map((id) => [id, log.get(id)]));
  expect(client.statuses.filter(({ state }) => state === "open")).toHaveLength(1);
});
