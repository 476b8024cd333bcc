import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { picture, runCases, table } from "../../bench/herd/cases.ts";

const docs = (name: string): string =>
  readFileSync(new URL(`../../docs/${name}`, import.meta.url), "utf8").replaceAll(/ +/g, " ");

describe("100,000 clients after a restart of their server", () => {
  const cases = runCases();
  const outcome = (scenario: string, strategy: string) =>
    cases.find((one) => one.scenario.startsWith(scenario) && one.strategy === strategy)!.outcome;

  it("come back with our defaults as they come, where a fixed delay or a backoff without jitter brings them all at once", () => {
    for (const together of ["fixed delay of 3 s", "exponential, no jitter"])
      expect(outcome("down", together).peakAfterRestart).toBe(100_000);
    const { peakAfterRestart, recovered, total } = outcome("down", "**our defaults**");
    expect(peakAfterRestart).toBeLessThan(20_000);
    expect(recovered).toBeLessThan(outcome("down", "fixed delay of 3 s").recovered / 2);
    expect(total).toBeLessThan(outcome("down", "fixed delay of 3 s").total / 4);
  });

  it("are not called back together by a Retry-After that all of them got", () => {
    expect(outcome("503", "obeyed to the second").peakAfterRestart).toBe(100_000);
    // 20 s, and up to 10 s of jitter on top.
    expect(outcome("503", "**our defaults**").peakAfterRestart).toBeLessThan(11_000);
  });

  it("are what docs/herd.md and docs/herd.svg show (npm run bench:herd)", () => {
    expect(docs("herd.md")).toContain(table(cases));
    expect(docs("herd.svg")).toBe(picture(cases).replaceAll(/ +/g, " "));
  });
});
