import { peers } from "../peers/index.mjs";
import { child } from "./child.mjs";
import { firstLine } from "./interleave.mjs";
import { table } from "./table.mjs";

/** Asks one client in a fresh process. */
export async function probe(client, ask) {
  const one = child("bench/probe.mjs", { args: [client], execArgv: ["--expose-gc"] });
  try {
    await one.next();
    return await ask(one);
  } finally {
    one.stop();
  }
}

/** Asks each client in each round: all answers, by client. One that fails is left out from then on, with its error. */
export async function probeRounds(clients, rounds, ask) {
  const results = Object.fromEntries(clients.map((client) => [client, { answers: [], error: "" }]));
  for (let round = 0; round < rounds; round++)
    for (const client of round % 2 ? clients.toReversed() : clients) {
      const result = results[client];
      if (result.error) continue;
      try {
        result.answers.push(await probe(client, ask));
      } catch (error) {
        result.error = firstLine(error);
      }
    }
  return results;
}

/** One value of all answers of a client. */
export const valuesOf = (results, client, key) => results[client].answers.map((answer) => answer[key]);

/** A row per client: `cells(client)`, or why there are none. */
export function probeTable(results, head, cells, titles = {}) {
  const rows = Object.entries(results).map(([client, { answers, error }]) => {
    const title = titles[client] ?? peers[client].title;
    const shown = answers.length ? cells(client) : [error, ...head.slice(1).map(() => "")];
    return [answers.length && error ? `${title} (**${error}**)` : title, ...shown];
  });
  return table(["client", ...head], rows);
}
