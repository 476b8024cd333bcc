import { peers } from "../peers/index.mjs";
import { workloads } from "../workloads.mjs";
import { ratio, showRatio } from "./stats.mjs";
import { verdict } from "./summary.mjs";

/** A client that takes longer than this for one run is not timed further (ms). */
export const PATIENCE = 5000;
/** One that takes longer than this takes part in two rounds only (ms). */
const SLOW = 1000;

/**
 * Checks all that every client delivers, then times them one after the other in each round, so that the noise of a moment meets
 * all. `start(client)` resolves with `run(check)`, which resolves with `{ cpu, wall, count, chars, sum, ids }`.
 * Of each client: the times in ms, how many events it delivered, what of them was wrong, and why it does not run.
 */
export async function interleave({ clients, rounds, expected, start }) {
  const entries = {};
  const runs = {};
  for (const client of clients) {
    const entry = (entries[client] = { cpu: [], wall: [], count: 0, wrong: "", failed: "" });
    const { limit, ids } = peers[client];
    try {
      runs[client] = await start(client);
      const got = await runs[client](true);
      entry.count = got.count;
      if (!limit) entry.wrong = verdict(got, expected, { ids });
    } catch (error) {
      entry.failed = firstLine(error);
    }
  }
  const takesPart = ({ failed, wrong, wall }) =>
    !failed && (!wrong || wrong.startsWith("changed")) && !(wall.length > 1 && wall[0] > SLOW);
  for (let round = -2; round < rounds; round++)
    // Backwards every other time, since a neighbour may help or hinder.
    for (const client of round % 2 ? clients.toReversed() : clients) {
      const entry = entries[client];
      if (!takesPart(entry)) continue;
      try {
        const got = await runs[client](false);
        if (!peers[client].limit) entry.wrong ||= verdict(got, expected, { thorough: false });
        if (round < 0) continue;
        entry.cpu.push(got.cpu);
        entry.wall.push(got.wall);
      } catch (error) {
        entry.failed = firstLine(error);
      }
    }
  return entries;
}

/** What a table says about a client; "" when all is well. */
export const complaint = ({ failed, wrong }) =>
  wrong ? `wrong: ${wrong}` : failed.startsWith("over") ? failed : failed && `does not run: ${failed}`;

/** A client's name, with what is to be said about its figures. */
export const titleOf = (client, entry) =>
  entry.cpu.length && complaint(entry)
    ? `${peers[client].title} (**${complaint(entry)}**)`
    : peers[client].title;

export const heading = (name, { events, bytes }) =>
  `#### ${workloads[name].title} (${events} events, ${(bytes / 1e6).toFixed(1)} MB)`;

/** The CPU time of one ÷ that of another; "" where one of them has none. */
export const against = ({ clients }, client, other) =>
  clients[client]?.cpu.length && clients[other]?.cpu.length
    ? showRatio(ratio(clients[client].cpu, clients[other].cpu))
    : "";

export const firstLine = (error) => error.message.split("\n")[0].replaceAll("|", "\\|");
