/** What cannot be had in a runtime. The suite fails for an entry that is no longer true. */
export interface Difference {
  /** The name of the test. */
  readonly test: string;
  /** The names of the environments. */
  readonly where: readonly string[];
  readonly reason: string;
}

export const differences: readonly Difference[] = [];
