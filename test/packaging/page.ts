import type { Browser } from "playwright";
import { chromium } from "playwright";
import { createProgress } from "../helpers/progress.ts";
import { chromiumOptions } from "../setup/browsers.ts";

export const launchChromium = (): Promise<Browser> => chromium.launch(chromiumOptions);

/** A page in a browser, closed with `await using`, and all that it says. */
export interface Visit extends AsyncDisposable {
  /** What it wrote to its console, line by line. */
  readonly lines: readonly string[];
  /** What was thrown in it. */
  readonly thrown: readonly string[];
  /** Resolves when what it wrote so far satisfies the check. */
  printed(check: (lines: readonly string[]) => boolean): Promise<void>;
}

export async function visit(browser: Browser, url: string): Promise<Visit> {
  const page = await browser.newPage();
  const lines: string[] = [];
  const thrown: string[] = [];
  const progress = createProgress();
  page.on("console", (message) => {
    lines.push(message.text());
    progress.made();
  });
  page.on("pageerror", (error) => thrown.push(error.message));
  await page.goto(url);
  return {
    lines,
    thrown,
    printed: (check) => progress.until(() => check(lines)),
    [Symbol.asyncDispose]: () => page.close(),
  };
}
