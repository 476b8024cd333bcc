// A visitor of the demo's page: one browser, a context for each page (a browser has six connections per context).
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { chromium, type Browser, type Page, type Response } from "playwright";
import { expect } from "vitest";
import { atCleanUp } from "../helpers/clean-up.ts";
import { chromiumOptions, PATIENCE } from "../setup/browsers.ts";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

export const launchChromium = (): Promise<Browser> => chromium.launch(chromiumOptions);

export type Visitor = Awaited<ReturnType<typeof visit>>;

/** Opens a scene of the page, with everything that it may not do written down. Closed with the test. */
export async function visit(
  browser: Browser,
  url: string,
  scene: string,
  extraHTTPHeaders: Record<string, string> = {},
) {
  // Nothing is to move that need not: there are many pages, and few processors.
  const page = await browser.newPage({ reducedMotion: "reduce", ignoreHTTPSErrors: true, extraHTTPHeaders });
  atCleanUp(() => page.close());
  page.setDefaultTimeout(PATIENCE);
  const complaints: string[] = [];
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("console", (message) => {
    // The browser itself logs every request that fails. Here they do, on purpose.
    const isNetworkNoise =
      /Failed to load resource|Cross-Origin Request Blocked|NetworkError|has been blocked by CORS policy/;
    if (["error", "warning"].includes(message.type()) && !isNetworkNoise.test(message.text()))
      complaints.push(message.text());
  });
  const askers = new Set<string>();
  page.on("request", (request) => {
    const tab = request.headers()["x-tab"];
    if (tab) askers.add(tab);
  });
  await page.goto(`${url}/#/${scene}`);
  await page.waitForFunction(() => document.querySelector("#stage")?.childElementCount);

  const text = async (id: string): Promise<string> => (await page.locator(`#${id}`).textContent()) ?? "";
  const read = async (id: string): Promise<number> => Number((await text(id)).replaceAll(",", ""));

  /** Waits, and tells what the page knew when it was in vain. */
  async function orTell(what: string, wait: Promise<unknown>): Promise<void> {
    try {
      await wait;
    } catch (cause) {
      const [state, log] = await Promise.all([text("state"), page.locator("#log li").allTextContents()]);
      throw new Error(`${scene}: ${what}, but is ${state} after\n${log.join("\n")}`, { cause });
    }
  }

  const inState = (state: string): Promise<void> =>
    orTell(
      `was to be ${state}`,
      page.waitForFunction((wanted) => document.querySelector("#state")?.textContent === wanted, state),
    );

  const clearLog = (): Promise<void> =>
    page.evaluate(() => document.querySelector("#log")?.replaceChildren());

  /** Until the client has lost a connection and has another one, by the log since it was cleared. The newest stands first. */
  const cameBack = (): Promise<void> =>
    orTell(
      "was to lose its connection and have another one",
      page.locator("#log [data-kind=open] ~ [data-kind=waiting]").first().waitFor({ state: "attached" }),
    );

  const logged = (words: string | RegExp): Promise<void> =>
    orTell(
      `was to log "${String(words)}"`,
      page.locator("#log li", { hasText: words }).first().waitFor({ state: "attached" }),
    );

  /** Does something in the page, and resolves with the answer to the `POST` that it leads to. */
  const answered = async (path: string, act: () => Promise<unknown>): Promise<Response> => {
    const isIt = (response: Response) =>
      response.request().method() === "POST" && response.url().endsWith(path);
    const [response] = await Promise.all([page.waitForResponse(isIt), act()]);
    return response;
  };

  /** Presses a button of the faults panel. Resolves when the server has done it, with the streams that it was done to. */
  async function press(fault: string): Promise<number> {
    const response = await answered(`/${fault}`, () => page.click(`[data-fault=${fault}]`));
    // PHP cannot tell.
    return Number(response.headers()["x-open-streams"] ?? 1);
  }

  return {
    page,
    complaints,
    /** In the scene of many tabs: those that have asked for the stream. */
    askers,
    text,
    read,
    inState,
    answered,
    press,
    clearLog,
    cameBack,

    logged,

    /** Until an element says something. */
    says: (selector: string, words: RegExp): Promise<void> =>
      page.locator(selector).filter({ hasText: words }).first().waitFor({ state: "attached" }),

    async moreEvents(count = 3): Promise<void> {
      const goal = (await read("events")) + count;
      await page.waitForFunction(
        (wanted) => Number(document.querySelector("#events")?.textContent?.replaceAll(",", "")) >= wanted,
        goal,
      );
    },

    /**
     * Presses a button of the faults panel and waits until the client has noticed, and has what it missed.
     * One visitor of a scene at a time: faults meet all of them.
     */
    async suffer(fault: string, trace: string | RegExp): Promise<void> {
      let reconnects: number;
      do {
        await inState("open");
        reconnects = await read("reconnects");
        await clearLog();
        // One that was between two connections after all has nothing to notice.
      } while ((await press(fault)) === 0);
      await logged(trace);
      // The log knows at once; the counter is drawn up to 100 ms later, and could be one behind before the fault.
      await cameBack();
      await page.waitForFunction(
        (before) => Number(document.querySelector("#reconnects")?.textContent) > before,
        reconnects,
      );
    },

    async expectIntact(): Promise<void> {
      expect({ lost: await read("lost"), repeated: await read("repeated") }).toEqual({
        lost: 0,
        repeated: 0,
      });
      expect(complaints).toEqual([]);
    },

    /** Asks axe-core, in light and in dark. */
    async expectAccessible(): Promise<void> {
      for (const frame of page.frames())
        if (!(await frame.evaluate(() => "axe" in globalThis))) await frame.evaluate(axe);
      for (const colorScheme of ["light", "dark"] as const) {
        await page.emulateMedia({ colorScheme });
        expect(await findViolations(page), colorScheme).toEqual([]);
      }
    },
  };
}

async function findViolations(page: Page): Promise<string[]> {
  return page.evaluate(async () => {
    const { violations } = await (globalThis as unknown as { axe: typeof import("axe-core") }).axe.run();
    return violations.flatMap(({ id, nodes }) => nodes.map(({ target }) => `${id}: ${target.join(" ")}`));
  });
}
