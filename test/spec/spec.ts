import type { Context, Environment } from "./context.ts";

/** One sentence of the standard, or one promise of ours, and what shows that it holds. */
export interface SpecTest {
  readonly name: string;
  readonly run: (context: Context) => unknown;
  /** Where it applies. */
  readonly applies: (environment: Environment) => boolean;
}

/** A test of the standard, which every implementation should pass. The name begins with the sentence. */
export function spec(
  name: string,
  run: SpecTest["run"],
  applies: SpecTest["applies"] = () => true,
): SpecTest {
  return { name, run, applies };
}

/** A test of what goes beyond the standard. */
export function ours(
  name: string,
  run: SpecTest["run"],
  applies: SpecTest["applies"] = () => true,
): SpecTest {
  return { name, run, applies: (environment) => environment.isOurs && applies(environment) };
}
