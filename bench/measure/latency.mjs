import { probeRounds, probeTable, valuesOf } from "../lib/probes.mjs";
import { median, ratio, showRatio } from "../lib/stats.mjs";

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

const microseconds = (value) => `${value.toFixed(0)} µs`;

/** Asks all of them the same, and compares with reading by hand. */
async function besideByHand({ choose, rounds }, message, head, keys) {
  const results = await probeRounds(choose(CLIENTS, ["byHand"]), rounds, (one) => one.ask(message));
  const cells = (client) =>
    keys.flatMap((key) => {
      const values = valuesOf(results, client, key);
      return [microseconds(median(values)), showRatio(ratio(values, valuesOf(results, "byHand", key)))];
    });
  return { summary: probeTable(results, head, cells), results };
}

/** From the server's write to the client's listener, at one event per ms. */
export function latency(context) {
  const count = Math.max(200, Math.round(2000 * Math.min(1, context.scale)));
  const url = `http://127.0.0.1:${context.server.port}/pace?count=${count}`;
  const head = ["p50", "÷ by hand", "p99", "÷ by hand"];
  return besideByHand(context, { kind: "latency", url }, head, ["p50", "p99"]);
}

/** From the call to the first event, connection included. */
export function first(context) {
  const times = Math.max(10, Math.round(300 * Math.min(1, context.scale)));
  const url = `http://127.0.0.1:${context.server.port}/first`;
  return besideByHand(context, { kind: "first", url, times }, [`median of ${times}`, "÷ by hand"], ["delay"]);
}
