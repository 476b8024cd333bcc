// The event log as a Redis stream, for several servers: each one hears of what any of them appends.
import { setTimeout as delay } from "node:timers/promises";
import { createClient } from "redis";
import { KEEP, type EventStore, type StoredEvent } from "./store.ts";

/** How long one XREAD waits (ms): so that a line to Redis which has died quietly is noticed. */
const BLOCK = 5_000;
const BATCH = 1_000;

/** Redis' own ids are times. Ours are `0-1`, `0-2` …, which Redis counts for us: "lost" and "repeated" can be told from them. */
const toRedis = (id: number): string => `0-${id}`;
const fromRedis = (id: string): number => Number(id.slice(2));

export async function openRedisStore(url: string, keep = KEEP, name = "events"): Promise<EventStore> {
  const key = `everspring:${name}`;
  const client = createClient({ url });
  // A waiting XREAD holds up everything behind it, so it has a connection of its own.
  const reader = client.duplicate();
  // Both connect again by themselves, and keep commands until then.
  client.on("error", (error: Error) => console.error(`redis: ${error.message || error.name}`));
  reader.on("error", () => {}); // the same again
  await Promise.all([client.connect(), reader.connect()]);
  let isClosed = false;

  return {
    async append(type, data) {
      const TRIM = { strategy: "MAXLEN", strategyModifier: "~", threshold: keep } as const;
      await client.xAdd(key, "0-*", { type, data: JSON.stringify(data) }, { TRIM });
    },

    async newest() {
      const found = await client.xRevRange(key, "+", "-", { COUNT: 1 });
      return found?.[0] ? fromRedis(found[0].id) : 0;
    },

    async between(after, upTo) {
      const end = upTo === undefined ? "+" : toRedis(upTo);
      return (await client.xRange(key, toRedis(after + 1), end))?.map(toEvent) ?? [];
    },

    async next(after) {
      while (!isClosed) {
        try {
          const found = await reader.xRead({ key, id: toRedis(after) }, { BLOCK, COUNT: BATCH });
          const messages = found?.[0]?.messages;
          if (messages?.length) return messages.map(toEvent);
        } catch {
          // Redis went away in the middle. What comes next waits for it.
          if (!isClosed) await delay(100);
        }
      }
      return [];
    },

    async close() {
      isClosed = true;
      reader.destroy();
      await client.close();
    },
  };
}

function toEvent({ id, message }: { id: string; message: Record<string, string> }): StoredEvent {
  return { id: fromRedis(id), type: message["type"] ?? "", data: message["data"] ?? "" };
}
