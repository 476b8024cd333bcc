import { setTimeout as sleep } from "node:timers/promises";
import { probeRounds, probeTable, valuesOf } from "../lib/probes.mjs";
import { median, ratio, showRatio } from "../lib/stats.mjs";
import { workloads } from "../workloads.mjs";

const MB = (bytes) => `${(bytes / 1e6).toFixed(1)} MB`;
const KiB = (bytes, digits) => `${(bytes / 1024).toFixed(digits)} KiB`;
/** These take their own size; a smaller scale is for trying them out. */
const shrink = (size, scale) => Math.max(100, Math.round(size * Math.min(1, scale)));

/** Where a workload of so many events is. */
async function streamOf(server, name, events) {
  const scale = events / workloads[name].count;
  await server.ask({ prepare: name, scale });
  return `http://127.0.0.1:${server.port}/stream/${name}?scale=${scale}`;
}

/** What stays alive when the data of one event in a hundred is kept, of 50 MB. */
export async function kept({ server, rounds, choose, scale }) {
  const clients = choose(
    [
      "listeners",
      "iterator",
      "fetchEvents",
      "class",
      "eventsource-client",
      "eventsource",
      "fetch-event-source",
      "event-source-plus",
      "fetch-event-stream",
      "undici",
      "anthropic",
    ],
    [],
  );
  const url = await streamOf(server, "tokens", shrink(250_000, scale));
  const results = await probeRounds(clients, rounds, (one) => one.ask({ kind: "kept", url }));
  const summary = probeTable(results, ["kept text", "memory it holds", "ratio"], (client) => {
    const bytes = valuesOf(results, client, "bytes");
    const chars = valuesOf(results, client, "chars");
    return [MB(median(chars)), MB(median(bytes)), showRatio(ratio(bytes, chars))];
  });
  return { summary, results };
}

/** The live heap after 200,000 events and after a million, of one connection. */
export async function heap({ server, rounds, choose, scale }) {
  const clients = choose(
    ["listeners", "iterator", "fetchEvents", "class", "eventsource-client", "eventsource"],
    [],
  );
  const marks = [200_000, 600_000, 1_000_000].map((mark) => shrink(mark, scale));
  const url = await streamOf(server, "ticks", marks[2]);
  const results = await probeRounds(clients, rounds, (one) => one.ask({ kind: "heap", url, marks }));
  const head = [...marks.map((mark) => mark.toLocaleString("en")), "growth"];
  const summary = probeTable(results, head, (client) => {
    const live = marks.map((_, i) => median(valuesOf(results, client, "live").map((values) => values[i])));
    return [...live.map(MB), KiB(live[2] - live[0], 0)];
  });
  return { summary, results };
}

/** What the server can write in three seconds to a consumer that takes one event in 2 ms. */
export async function backpressure({ server, rounds, choose, scale }) {
  const clients = choose(
    [
      "byHand",
      "iterator",
      "fetchEvents",
      "eventsource-client-iterator",
      "fetch-event-stream",
      "openai",
      "anthropic",
    ],
    ["byHand"],
  );
  const url = `http://127.0.0.1:${server.port}/flood`;
  const results = await probeRounds(clients, rounds, async (one) => {
    const answer = await one.ask({ kind: "slow", url, duration: shrink(3000, scale) });
    const { flooded } = await server.ask({});
    return { ...answer, flooded };
  });
  const head = ["events taken", "the server could write", "growth of the process"];
  const summary = probeTable(results, head, (client) => {
    const of = (key) => median(valuesOf(results, client, key));
    return [of("seen").toFixed(0), MB(of("flooded")), MB(of("rss"))];
  });
  return { summary, results };
}

/** What a connection costs that is open and silent. */
export async function idle({ server, rounds, choose, scale }) {
  const clients = choose(
    ["drain", "listeners", "iterator", "class", "eventsource-client", "eventsource", "fetch-event-source"],
    ["drain"],
  );
  const url = `http://127.0.0.1:${server.port}/idle`;
  const parts = [];
  const results = {};
  for (const full of [1000, 10_000]) {
    const count = shrink(full, scale);
    const each = (results[full] = await probeRounds(clients, full > 1000 ? 1 : rounds, async (one) => {
      // Those of the one before.
      await until(async () => (await server.ask({})).open === 0);
      const { before } = await one.ask({ kind: "idle", url, count });
      await until(async () => (await server.ask({})).open >= count);
      await sleep(300);
      const after = await one.ask({ kind: "memory" });
      return { live: (after.live - before.live) / count, rss: (after.rss - before.rss) / count };
    }));
    const cells = (client) => {
      const live = valuesOf(each, client, "live");
      return [
        KiB(median(live), 2),
        showRatio(ratio(live, valuesOf(each, "drain", "live"))),
        KiB(median(valuesOf(each, client, "rss")), 1),
      ];
    };
    const head = ["live bytes each", "÷ bare", "resident each"];
    const text = probeTable(each, head, cells, { drain: "limit: a bare fetch, read" });
    parts.push(`${count} connections\n\n${text}`);
  }
  return { summary: parts.join("\n\n"), results };
}

async function until(condition) {
  for (let tries = 0; !(await condition()); tries++) {
    if (tries === 600) throw new Error("connections missing");
    await sleep(100);
  }
}
