import type { Context, Environment } from "./context.ts";

/** The test of one sentence of the standard, or of one extension. */
export interface SpecTest {
  readonly name: string;
  readonly run: (context: Context) => unknown;
  /** Whether the test applies in a runtime. */
  readonly applies: (environment: Environment) => boolean;
}

/** A test of the standard, for any implementation. The name begins with the sentence. */
export function spec(
  name: string,
  run: SpecTest["run"],
  applies: SpecTest["applies"] = () => true,
): SpecTest {
  return { name, run, applies };
}

/** A test of an extension. */
export function ours(
  name: string,
  run: SpecTest["run"],
  applies: SpecTest["applies"] = () => true,
): SpecTest {
  return { name, run, applies: (environment) => environment.isOurs && applies(environment) };
}
