import { connectionTests } from "./connection.ts";
import { createContext, type Environment, type EventSourceClass } from "./context.ts";
import { differences } from "./differences.ts";
import { extensionTests } from "./extensions.ts";
import { interfaceTests } from "./interface.ts";
import { parsingTests } from "./parsing.ts";
import type { SpecTest } from "./spec.ts";

export interface Suite {
  readonly EventSource: EventSourceClass;
  readonly baseUrl: string;
  readonly environment: Environment;
}

export const specTests: readonly SpecTest[] = [
  ...interfaceTests,
  ...connectionTests,
  ...parsingTests,
  ...extensionTests,
];

/** Time limit of a test, in ms. */
const LIMIT = 45_000;
/** The same for other classes, which may fail by waiting for ever. */
const SHORT_LIMIT = 4000;
/** The same for known differences. */
const KNOWN_LIMIT = 2500;

/** All tests that apply. `run` rejects if the test fails. */
export function prepare(suite: Suite): readonly Prepared[] {
  return specTests
    .filter(({ applies }) => applies(suite.environment))
    .map(({ name, run }) => ({
      name,
      async run() {
        const { EventSource, baseUrl, environment } = suite;
        const { context, cleanUp } = createContext(EventSource, baseUrl, environment);
        try {
          const limit = !environment.isOurs ? SHORT_LIMIT : isKnown(name, environment) ? KNOWN_LIMIT : LIMIT;
          await within(limit, (async () => void (await run(context)))());
        } finally {
          cleanUp();
        }
      },
    }));
}

function isKnown(name: string, environment: Environment): boolean {
  return (
    environment.isOurs &&
    differences.some(({ test, where }) => test === name && where.includes(environment.name))
  );
}

async function within(limit: number, work: Promise<void>): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<void>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`timeout after ${limit} ms`)), limit);
  });
  try {
    await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** A test that runs here or in another process. */
export interface Prepared {
  readonly name: string;
  readonly run: () => Promise<void>;
}

/** The tests that apply, run by name in another process. */
export function prepareRemote(
  environment: Environment,
  run: (name: string) => Promise<void>,
): readonly Prepared[] {
  return specTests
    .filter(({ applies }) => applies(environment))
    .map(({ name }) => ({ name, run: () => run(name) }));
}

/** Registers tests. A test that `differences.ts` lists must fail, otherwise the entry is outdated. */
export function register(
  tests: readonly Prepared[],
  environment: Environment,
  test: (name: string, run: () => Promise<void>) => void,
): void {
  for (const { name, run } of tests)
    if (isKnown(name, environment))
      test(`${name} (a known difference)`, async () => {
        const failed = await run().then(
          () => false,
          () => true,
        );
        if (!failed) throw new Error(`passes in ${environment.name}: remove the entry from differences.ts`);
      });
    else test(name, run);
}

/** Registers the suite, to run in this process. */
export function registerSpec(suite: Suite, test: (name: string, run: () => Promise<void>) => void): void {
  register(prepare(suite), suite.environment, test);
}
