// The herds that docs/herd.md shows.
import { plot } from "./plot.ts";
import {
  exact,
  fixed,
  ours,
  oursAfter,
  simulate,
  withoutJitter,
  type Outcome,
  type Scenario,
  type Strategy,
} from "./simulate.ts";

const CAPACITY = 5_000;
const DOWN = 20;

export interface Case {
  scenario: string;
  strategy: string;
  outcome: Outcome;
}

export function runCases(clients = 100_000): Case[] {
  const crash: Scenario = {
    clients,
    down: DOWN,
    capacity: (CAPACITY * clients) / 100_000,
    outage: "refused",
  };
  const announced: Scenario = { ...crash, outage: "gateway", retryAfter: "20" };
  const instant: Scenario = { ...crash, down: 0 };
  const cases: [string, Scenario, [string, Strategy][]][] = [
    [
      "down for 20 s",
      crash,
      [
        ["fixed delay of 3 s", fixed(3_000)],
        ["exponential, no jitter", withoutJitter],
        ["**our defaults**", ours],
        ["**our defaults**, server sent `retry: 10000`", oursAfter(10_000)],
      ],
    ],
    [
      "503 with `Retry-After: 20` for 20 s",
      announced,
      [
        ["exponential, no jitter", withoutJitter],
        ["obeyed to the second", exact],
        ["**our defaults**", ours],
      ],
    ],
    [
      "back at once",
      instant,
      [
        ["fixed delay of 3 s", fixed(3_000)],
        ["**our defaults**", ours],
        ["**our defaults**, server sent `retry: 10000`", oursAfter(10_000)],
      ],
    ],
  ];
  return cases.flatMap(([scenario, conditions, strategies]) =>
    strategies.map(([strategy, delay]) => ({ scenario, strategy, outcome: simulate(delay, conditions) })),
  );
}

const figure = (value: number) => Math.round(value).toLocaleString("en");

export function table(cases: readonly Case[]): string {
  const rows = cases.map(({ scenario, strategy, outcome: { peakAfterRestart, burst, total, recovered } }) =>
    [
      scenario,
      strategy,
      figure(peakAfterRestart),
      figure(burst),
      figure(total),
      `${figure(recovered)} s`,
    ].join(" | "),
  );
  return [
    "| server | clients wait | peak per second after the restart | peak in 0.1 s | requests in all | all back after |",
    "| --- | --- | --- | --- | --- | --- |",
    ...rows.map((row) => `| ${row} |`),
  ].join("\n");
}

export function picture(cases: readonly Case[], clients = 100_000): string {
  const strip = (scenario: string, strategy: string, title: string) => {
    const found = cases.find((one) => one.scenario === scenario && one.strategy === strategy);
    if (!found) throw new Error(`No case "${scenario}" with "${strategy}"`);
    const { outcome } = found;
    const note = `peak after the restart ${figure(outcome.peakAfterRestart)} per second · all back after ${figure(outcome.recovered)} s`;
    return { title, note, outcome };
  };
  const [crash, announced] = ["down for 20 s", "503 with `Retry-After: 20` for 20 s"];
  const frame = {
    title: `${figure(clients)} clients lose their server for ${DOWN} s: requests per second`,
    span: 120,
    top: clients,
    down: DOWN,
    capacity: CAPACITY,
  };
  return plot(frame, [
    strip(crash, "fixed delay of 3 s", "Fixed delay of 3 s"),
    strip(crash, "exponential, no jitter", "Exponential backoff without jitter"),
    strip(crash, "**our defaults**", "everspring, defaults"),
    strip(announced, "obeyed to the second", "503 with Retry-After: 20, obeyed to the second"),
    strip(announced, "**our defaults**", "503 with Retry-After: 20, everspring"),
  ]);
}
