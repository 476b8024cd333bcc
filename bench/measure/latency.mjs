import { probeRounds } from "../lib/probes.mjs";
import { median, ratio, showRatio } from "../lib/stats.mjs";
import { table } from "../lib/table.mjs";
import { peers } from "../peers/index.mjs";

const CLIENTS = [
  "byHand",
  "listeners",
  "iterator",
  "fetchEvents",
  "class",
  "eventsource-client",
  "eventsource",
  "fetch-event-source",
];

/** From the server's write to the client's listener, at one event per ms. */
export async function latency({ server, rounds }) {
  const url = `http://127.0.0.1:${server.port}/pace?count=2000`;
  const results = await probeRounds(CLIENTS, rounds, { kind: "latency", url });
  const of = (client, key) => results[client].answers.map((answer) => answer[key]);
  const rows = CLIENTS.map((client) => {
    if (results[client].error) return [peers[client].title, results[client].error, "", "", ""];
    const cells = ["p50", "p99"].flatMap((key) => [
      `${median(of(client, key)).toFixed(0)} µs`,
      showRatio(ratio(of(client, key), of("byHand", key))),
    ]);
    return [peers[client].title, ...cells];
  });
  return { summary: table(["client", "p50", "÷ by hand", "p99", "÷ by hand"], rows) };
}

/** From the call to the first event, connection included. */
export async function first({ server, rounds }) {
  const url = `http://127.0.0.1:${server.port}/first`;
  const results = await probeRounds(CLIENTS, rounds, { kind: "first", url, times: 300 });
  const of = (client) => results[client].answers.map(({ delay }) => delay);
  const rows = CLIENTS.map((client) =>
    results[client].error
      ? [peers[client].title, results[client].error, ""]
      : [
          peers[client].title,
          `${(median(of(client)) * 1000).toFixed(0)} µs`,
          showRatio(ratio(of(client), of("byHand"))),
        ],
  );
  return { summary: table(["client", "median of 300", "÷ by hand"], rows) };
}
