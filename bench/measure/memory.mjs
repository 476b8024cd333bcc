import { child } from "../lib/child.mjs";
import { probeRounds } from "../lib/probes.mjs";
import { median, ratio, showRatio } from "../lib/stats.mjs";
import { table } from "../lib/table.mjs";
import { peers } from "../peers/index.mjs";

const title = (client) => peers[client].title;
const MB = (bytes) => `${(bytes / 1e6).toFixed(1)} MB`;
const few = (rounds) => Math.min(3, rounds);

/** What stays alive when the data of one event in a hundred is kept, of 50 MB. */
export async function kept({ server, rounds }) {
  const clients = [
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
  ];
  const scale = 250_000 / 150_000;
  await server.ask({ prepare: "tokens", scale });
  const url = `http://127.0.0.1:${server.port}/stream/tokens?scale=${scale}`;
  const results = await probeRounds(clients, few(rounds), { kind: "kept", url });
  const rows = clients.map((client) => {
    const { answers, error } = results[client];
    if (error) return [title(client), error, "", ""];
    const bytes = answers.map((answer) => answer.bytes);
    const chars = answers.map((answer) => answer.chars);
    return [title(client), MB(median(chars)), MB(median(bytes)), showRatio(ratio(bytes, chars))];
  });
  return { summary: table(["client", "kept text", "memory it holds", "ratio"], rows) };
}

/** The live heap after 200,000 events and after a million, of one connection. */
export async function heap({ server, rounds }) {
  const clients = ["listeners", "iterator", "fetchEvents", "class", "eventsource-client", "eventsource"];
  const scale = 1_000_000 / 150_000;
  await server.ask({ prepare: "ticks", scale });
  const url = `http://127.0.0.1:${server.port}/stream/ticks?scale=${scale}`;
  const marks = [200_000, 600_000, 1_000_000];
  const results = await probeRounds(clients, few(rounds), { kind: "heap", url, marks });
  const rows = clients.map((client) => {
    const { answers, error } = results[client];
    if (error) return [title(client), error, "", "", ""];
    const live = marks.map((_, i) => median(answers.map((answer) => answer.live[i])));
    return [title(client), ...live.map(MB), `${((live[2] - live[0]) / 1024).toFixed(0)} KiB`];
  });
  return { summary: table(["client", "200,000", "600,000", "1,000,000", "growth"], rows) };
}

/** What the server can write in three seconds to a consumer that takes one event in 2 ms. */
export async function backpressure({ server }) {
  const clients = [
    "byHand",
    "iterator",
    "fetchEvents",
    "eventsource-client-iterator",
    "fetch-event-stream",
    "openai",
    "anthropic",
  ];
  const url = `http://127.0.0.1:${server.port}/flood`;
  const rows = [];
  for (const client of clients) {
    const one = child("bench/probe.mjs", { args: [client], execArgv: ["--expose-gc"] });
    try {
      await one.next();
      const answer = await one.ask({ kind: "slow", url, duration: 3000 }, 60_000);
      const { flooded } = await server.ask({});
      rows.push([title(client), answer.seen, MB(flooded), MB(answer.rss)]);
    } catch (error) {
      rows.push([title(client), error.message, "", ""]);
    } finally {
      one.stop();
    }
  }
  return {
    summary: table(["client", "events taken", "the server could write", "growth of the process"], rows),
  };
}

/** What a connection costs that is open and silent. */
export async function idle({ server, rounds }) {
  const clients = [
    "drain",
    "listeners",
    "iterator",
    "class",
    "eventsource-client",
    "eventsource",
    "fetch-event-source",
  ];
  const parts = [];
  for (const count of [1000, 10_000]) {
    const pick = async (client) => {
      const one = child("bench/probe.mjs", { args: [client], execArgv: ["--expose-gc"] });
      try {
        await one.next();
        const url = `http://127.0.0.1:${server.port}/idle`;
        const { before, error } = await one.ask({ kind: "idle", url, count });
        if (error) throw new Error(error);
        for (let tries = 0; (await server.ask({})).open < count; tries++) {
          if (tries > 600) throw new Error(`only ${(await server.ask({})).open} connections`);
          await new Promise((resolve) => setTimeout(resolve, 100));
        }
        await new Promise((resolve) => setTimeout(resolve, 300));
        const after = await one.ask({ kind: "memory" });
        return { live: (after.live - before.live) / count, rss: (after.rss - before.rss) / count };
      } finally {
        one.stop();
        while ((await server.ask({})).open) await new Promise((resolve) => setTimeout(resolve, 50));
      }
    };
    const results = await probeRounds(clients, count > 1000 ? 1 : few(rounds), {}, pick);
    const of = (client, key) => results[client].answers.map((answer) => answer[key]);
    const rows = clients.map((client) => {
      const name = client === "drain" ? "limit: a bare fetch, read" : title(client);
      if (results[client].error) return [name, results[client].error, "", ""];
      return [
        name,
        `${(median(of(client, "live")) / 1024).toFixed(2)} KiB`,
        showRatio(ratio(of(client, "live"), of("drain", "live"))),
        `${(median(of(client, "rss")) / 1024).toFixed(1)} KiB`,
      ];
    });
    parts.push(
      `${count} connections\n\n${table(["client", "live bytes each", "÷ bare", "resident each"], rows)}`,
    );
  }
  return { summary: parts.join("\n\n") };
}
