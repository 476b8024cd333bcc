import { child } from "../lib/child.mjs";
import { ratio, showRatio, median } from "../lib/stats.mjs";
import { verdict } from "../lib/summary.mjs";
import { table } from "../lib/table.mjs";
import { peers } from "../peers/index.mjs";
import { workloads } from "../workloads.mjs";

/** A client that takes longer than this for one run is not timed further (ms). */
const PATIENCE = 20_000;
/** One that takes longer than this takes part in two rounds only (ms). */
const SLOW = 2000;

/** Runs every client on every workload, one after the other in each round, so that the noise of a moment meets all. */
export async function measureRounds({ server, clients, names, rounds, scale, origin, extra, log }) {
  const results = {};
  for (const name of names) {
    const { expected, bytes } = await server.ask({ prepare: name, scale });
    const message = {
      url: `${origin ?? `http://127.0.0.1:${server.port}`}/stream/${name}?scale=${scale}`,
      ...extra?.(name),
    };
    const result = (results[name] = { bytes, events: expected.count, clients: {} });
    const running = {};
    for (const client of clients) {
      running[client] = child("bench/client.mjs", { args: [client] });
      const entry = (result.clients[client] = { cpu: [], wall: [], wrong: "" });
      try {
        await running[client].next();
        const got = await running[client].ask({ ...message, check: true }, PATIENCE);
        if (!peers[client].limit) entry.wrong = verdict(got, expected, peers[client]);
      } catch (error) {
        entry.wrong = /abort|timeout/i.test(error.name) ? `over ${PATIENCE / 1000} s` : error.message;
      }
    }
    for (let round = -2; round < rounds; round++)
      // Backwards every other time, since a neighbour may help or hinder.
      for (const client of round % 2 ? clients.toReversed() : clients) {
        const entry = result.clients[client];
        if (entry.gone || (entry.wrong && !entry.wrong.startsWith("changed"))) continue;
        if (entry.wall.length > 1 && entry.wall[0] > SLOW) continue;
        try {
          const got = await running[client].ask(message, PATIENCE);
          const wrong = !peers[client].limit && verdict(got, expected, { thorough: false });
          if (wrong) entry.wrong ||= wrong;
          if (round < 0 || got.error) continue;
          entry.cpu.push(got.cpu);
          entry.wall.push(got.wall);
        } catch (error) {
          entry.gone = true;
          entry.wrong = error.name === "AbortError" ? `over ${PATIENCE / 1000} s` : error.message;
        }
      }
    for (const one of Object.values(running)) one.stop();
    log(`\n${workloads[name].title}\n\n${oneTable(result)}\n`);
  }
  return results;
}

const perEvent = (values, { events, bytes }) =>
  events > 1
    ? `${((median(values) * 1000) / events).toPrecision(3)} µs`
    : `${((median(values) * 1000) / (bytes / 1024)).toPrecision(3)} µs/KiB`;

/** The fastest peer that delivers everything as it was sent. */
export function bestPeer({ clients }) {
  const able = Object.entries(clients).filter(
    ([client, { cpu, wrong }]) => !peers[client].ours && !peers[client].limit && cpu.length && !wrong,
  );
  return able.toSorted(([, a], [, b]) => median(a.cpu) - median(b.cpu))[0]?.[0];
}

export function oneTable(result) {
  const { clients } = result;
  const best = bestPeer(result);
  const rows = Object.entries(clients).map(([client, { cpu, wall, wrong }]) => {
    if (!cpu.length)
      return [peers[client].title, wrong.startsWith("over") ? wrong : `wrong: ${wrong}`, "", "", ""];
    const against = (other) => (clients[other]?.cpu.length ? showRatio(ratio(cpu, clients[other].cpu)) : "");
    const title = `${peers[client].title}${wrong ? ` (**wrong: ${wrong}**)` : ""}`;
    return [
      title,
      perEvent(cpu, result),
      perEvent(wall, result),
      against("decode"),
      best ? against(best) : "",
    ];
  });
  return table(["client", "CPU", "wall", "CPU ÷ decode", `CPU ÷ ${best ?? "best peer"}`], rows);
}

export async function measureThroughput(context) {
  const results = await measureRounds(context);
  const ours = Object.keys(peers).filter((client) => peers[client].ours && context.clients.includes(client));
  const summary = table(
    ["CPU ÷ (drain + decode)", ...ours.map((client) => peers[client].title), "best peer"],
    Object.entries(results).map(([name, result]) => {
      const { clients } = result;
      const best = bestPeer(result);
      const show = (client) =>
        clients[client]?.cpu.length && clients.decode?.cpu.length
          ? showRatio(ratio(clients[client].cpu, clients.decode.cpu))
          : "";
      return [workloads[name].title, ...ours.map(show), best ? `${show(best)} ${peers[best].title}` : ""];
    }),
  );
  const parts = Object.entries(results).map(
    ([name, result]) =>
      `#### ${workloads[name].title} (${result.events} events, ${(result.bytes / 1e6).toFixed(1)} MB)\n\n${oneTable(result)}`,
  );
  return { summary, details: parts.join("\n\n"), results };
}

export const throughput = (context) => measureThroughput(context);

/** The same without a network: a body that is there already. */
export function library(context) {
  const hasOwnRequest = /^(drain|undici|launchdarkly-eventsource|event-source-polyfill)$/;
  return measureThroughput({
    ...context,
    clients: context.clients.filter((client) => !hasOwnRequest.test(client)),
    extra: (name) => ({ body: { name, scale: context.scale } }),
  });
}
