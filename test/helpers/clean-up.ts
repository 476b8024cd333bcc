// What a test has started is ended with it, however it ends: a second try begins with nothing of the first one.
import { AsyncLocalStorage } from "node:async_hooks";

interface Scope {
  readonly endings: (() => unknown)[];
  isOver: boolean;
}

const createScope = (): Scope => ({ endings: [], isOver: false });
/** That of the test that is run. Several run side by side, so it goes along with what they wait for. */
const scopes = new AsyncLocalStorage<Scope>();
const ofTheFile = createScope();

/** Has something ended after the test; what hooks have started, after the last test of the file. */
export function atCleanUp(end: () => unknown): void {
  const { endings, isOver } = scopes.getStore() ?? ofTheFile;
  if (!isOver) endings.push(end);
  // A test that took too long goes on, and nobody looks any more.
  else void (async () => end())().catch(() => {});
}

/** What is started within is ended after the last test of the file. */
export const beyondTheTest = <Result>(run: () => Result): Result => scopes.run(ofTheFile, run);

/** Runs a test, and ends what it has started. */
export async function cleanUpAfter(run: () => Promise<void>): Promise<void> {
  const scope = createScope();
  try {
    await scopes.run(scope, run);
  } finally {
    await cleanUp(scope);
  }
}

export const cleanUpFile = (): Promise<void> => cleanUp(ofTheFile);

/** The last one first, and every one. */
async function cleanUp(scope: Scope): Promise<void> {
  scope.isOver = true;
  const errors: unknown[] = [];
  for (const end of scope.endings.splice(0).toReversed())
    try {
      await end();
    } catch (error) {
      errors.push(error);
    }
  if (errors.length > 0) throw new AggregateError(errors, errors.map(String).join("\n"));
}
