// What a server meets when all its clients lose it in the same moment, in virtual time.
import { retryAfter, retryDelay, type RetryOptions } from "../../src/connection/retry.ts";
import { retryDefaults } from "../../test/helpers/retry-defaults.ts";

/** The delay (ms) before the next attempt, after so many failures in a row and with what `Retry-After` asks for (ms). */
export type Strategy = (failures: number, after: number, random: number) => number;

const by =
  (policy: RetryOptions, reconnectionTime?: number): Strategy =>
  (failures, after, random) =>
    retryDelay(policy, failures, reconnectionTime, after, random);

/** The client's own functions, with its defaults. */
export const ours: Strategy = by(retryDefaults);
/** As after the server sent a `retry` field. */
export const oursAfter = (reconnectionTime: number): Strategy => by(retryDefaults, reconnectionTime);
/** What the native classes do: Chromium after 3 s, Firefox after 5 s. */
export const fixed =
  (delay: number): Strategy =>
  () =>
    delay;
/** The same exponential growth for all. */
export const withoutJitter: Strategy = by({ ...retryDefaults, jitter: 0 });
/** `Retry-After` taken at its word, jitter on nothing but one's own backoff. */
export const exact: Strategy = (failures, after, random) => Math.max(after, ours(failures, 0, random));

export interface Scenario {
  clients: number;
  /** Seconds without the server. All clients lose it at 0. */
  down: number;
  /** Connections that it can take on per second, once it is up. It answers 503 to all others. */
  capacity: number;
  /** Who answers during the outage: nobody (the connection is refused), or a gateway by 503. */
  outage: "refused" | "gateway";
  /** The `Retry-After` of every 503. */
  retryAfter?: string | undefined;
}

export interface Outcome {
  /** Attempts per tenth of a second since the loss. */
  attempts: number[];
  /** Those of them that were taken on. */
  accepted: number[];
  total: number;
  /** The most attempts within any second of the whole time, and of the time after the restart. */
  peak: number;
  peakAfterRestart: number;
  /** The most within any tenth of a second after the restart. */
  burst: number;
  /** When the last client was back (s). */
  recovered: number;
}

const TENTH = 100;
const LONGEST = 3_600_000;
/** What an attempt takes until its outcome is known (ms), different for each. */
const ROUND_TRIP = [5, 100] as const;

export function simulate(strategy: Strategy, scenario: Scenario): Outcome {
  const { clients, down, capacity, outage } = scenario;
  const headers = new Headers(
    scenario.retryAfter === undefined ? {} : { "retry-after": scenario.retryAfter },
  );
  const random = createRandom(42);
  const roundTrip = () => Math.round(ROUND_TRIP[0] + random() * (ROUND_TRIP[1] - ROUND_TRIP[0]));
  const failures = new Uint16Array(clients);
  // A client waits for one thing at a time, so a list of clients per millisecond is all the calendar that we need.
  const first = new Int32Array(LONGEST).fill(-1);
  const next = new Int32Array(clients).fill(-1);
  const at = (time: number, client: number) => {
    next[client] = first[time] ?? -1;
    first[time] = client;
  };
  const fail = (time: number, client: number, after: number) => {
    failures[client]!++;
    at(time + Math.round(strategy(failures[client]!, after, random())), client);
  };
  for (let client = 0; client < clients; client++) fail(roundTrip(), client, 0);

  const attempts: number[] = [];
  const accepted: number[] = [];
  let missing = clients;
  let time = 0;
  for (; missing > 0 && time < LONGEST; time++) {
    const tenth = Math.floor(time / TENTH);
    attempts[tenth] ??= 0;
    accepted[tenth] ??= 0;
    const isUp = time >= down * 1000;
    for (let client = first[time]!, following; client >= 0; client = following) {
      following = next[client]!;
      attempts[tenth]++;
      if (isUp && accepted[tenth]! < capacity / 10) {
        accepted[tenth]!++;
        missing--;
      } else fail(time + roundTrip(), client, isUp || outage === "gateway" ? retryAfter(headers, time) : 0);
    }
  }

  const restart = down * 10;
  const mostIn = (tenths: number[], width: number) =>
    Math.max(...tenths.map((_, i) => tenths.slice(i, i + width).reduce((sum, count) => sum + count, 0)));
  return {
    attempts,
    accepted,
    total: attempts.reduce((sum, count) => sum + count, 0),
    peak: mostIn(attempts, 10),
    peakAfterRestart: mostIn(attempts.slice(restart), 10),
    burst: mostIn(attempts.slice(restart), 1),
    recovered: time / 1000,
  };
}

/** mulberry32: the same numbers in each run, so that the figures in the docs can be checked. */
function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
