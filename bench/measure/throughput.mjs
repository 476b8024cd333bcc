import { child } from "../lib/child.mjs";
import { against, complaint, heading, interleave, PATIENCE, titleOf } from "../lib/interleave.mjs";
import { median } from "../lib/stats.mjs";
import { table } from "../lib/table.mjs";
import { peers, visible } from "../peers/index.mjs";
import { workloads } from "../workloads.mjs";

/** Every client on every workload, each in a process of its own; `runtime` are the options that start it. */
async function measureRounds({ server, clients, names, rounds, scale, origin, extra, runtime, log }) {
  const results = {};
  for (const name of names) {
    const { expected, bytes } = await server.ask({ prepare: name, scale });
    const message = {
      url: `${origin ?? `http://127.0.0.1:${server.port}`}/stream/${name}?scale=${scale}`,
      ...extra?.(name),
    };
    const running = [];
    const start = async (client) => {
      const one = child("bench/client.mjs", { args: [client], ...runtime });
      running.push(one);
      await one.next();
      return (check) =>
        one.ask({ ...message, check }, PATIENCE).catch((error) => {
          // It may still be busy, which would disturb the others.
          one.stop();
          throw error;
        });
    };
    const result = { bytes, events: expected.count, clients: {} };
    try {
      result.clients = await interleave({ clients, rounds, expected, start });
    } finally {
      for (const one of running) one.stop();
    }
    results[name] = result;
    log(`\n${heading(name, result)}\n\n${oneTable(result)}`);
  }
  return results;
}

const perEvent = (values, { events, bytes }) =>
  events > 1
    ? `${((median(values) * 1000) / events).toPrecision(3)} µs`
    : `${((median(values) * 1000) / (bytes / 1024)).toPrecision(3)} µs/KiB`;

/** The fastest peer that delivers everything as it was sent. */
function bestPeer({ clients }) {
  const able = Object.entries(clients).filter(
    ([client, { cpu, wrong }]) => !peers[client].ours && !peers[client].limit && cpu.length && !wrong,
  );
  return able.toSorted(([, a], [, b]) => median(a.cpu) - median(b.cpu))[0]?.[0];
}

function oneTable(result) {
  const best = bestPeer(result);
  const rows = Object.entries(result.clients).map(([client, entry]) => [
    titleOf(client, entry),
    ...(entry.cpu.length
      ? [
          perEvent(entry.cpu, result),
          perEvent(entry.wall, result),
          against(result, client, "decode"),
          against(result, client, best),
        ]
      : [complaint(entry), "", "", ""]),
  ]);
  return table(["client", "CPU", "wall", "CPU ÷ decode", `CPU ÷ ${best ?? "best peer"}`], rows);
}

export async function measureThroughput(context) {
  const results = await measureRounds(context);
  const ours = context.clients.filter((client) => peers[client].ours);
  const summary = table(
    ["CPU ÷ (drain + decode)", ...ours.map((client) => peers[client].title), "best peer"],
    Object.entries(results).map(([name, result]) => {
      const best = bestPeer(result);
      return [
        workloads[name].title,
        ...ours.map((client) => against(result, client, "decode")),
        best ? `${against(result, best, "decode")} ${peers[best].title}` : "",
      ];
    }),
  );
  const parts = Object.entries(results).map(
    ([name, result]) => `${heading(name, result)}\n\n${oneTable(result)}`,
  );
  return { summary, details: parts.join("\n\n"), results };
}

export const throughput = (context) => measureThroughput({ ...context, clients: context.choose(visible) });

/** The same without a network: a body that is there already. */
export function library(context) {
  const hasOwnRequest = /^(drain|undici|launchdarkly-eventsource|event-source-polyfill)$/;
  return measureThroughput({
    ...context,
    clients: context.choose(visible).filter((client) => !hasOwnRequest.test(client)),
    names: context.names.filter((name) => /^(tokens|single|foreign|ticks)$/.test(name)),
    extra: (name) => ({ body: { name, scale: context.scale } }),
  });
}
