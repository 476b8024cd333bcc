import { child } from "./child.mjs";

/** Asks one client in a fresh process. */
export async function probe(client, message) {
  const one = child("bench/probe.mjs", { args: [client], execArgv: ["--expose-gc"] });
  try {
    await one.next();
    const answer = await one.ask(message, 120_000);
    if (answer.error) throw new Error(answer.error);
    return answer;
  } finally {
    one.stop();
  }
}

/** Asks each client in each round; one that fails is left out from then on, with its error. */
export async function probeRounds(clients, rounds, message, pick = probe) {
  const results = Object.fromEntries(clients.map((client) => [client, { answers: [], error: "" }]));
  for (let round = 0; round < rounds; round++)
    for (const client of round % 2 ? clients.toReversed() : clients) {
      const result = results[client];
      if (result.error) continue;
      try {
        result.answers.push(await pick(client, message));
      } catch (error) {
        result.error = error.message.split("\n")[0];
      }
    }
  return results;
}
