import type { Browser } from "playwright";
import { afterAll, beforeAll } from "vitest";

/** A browser for the tests of a file: started before the first, ended after the last. */
export function useBrowser(launch: () => Promise<Browser>): () => Browser {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launch();
  }, 120_000);
  afterAll(() => browser.close());
  return () => browser;
}
