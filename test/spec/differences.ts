/** What cannot be had in a runtime. The suite fails for an entry that is no longer true. */
export interface Difference {
  /** The name of the test. */
  readonly test: string;
  /** The names of the environments. */
  readonly where: readonly string[];
  readonly reason: string;
}

export const differences: readonly Difference[] = [
  {
    test: '"Set request\'s cache mode to "no-store"."',
    where: ["deno", "bun"],
    reason:
      "Their fetch knows no cache modes, so that it does not add `Cache-Control: no-cache` either. They have no HTTP cache.",
  },
];
