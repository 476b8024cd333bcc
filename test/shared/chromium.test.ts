import { chromium, type Browser, type Page } from "playwright";
import { afterAll, beforeAll } from "vitest";
import { chromiumOptions } from "../setup/browsers.ts";
import {
  absences,
  describeAbsences,
  describeBusyPage,
  describeLimit,
  describeRefusal,
  describeTenPages,
  ways,
} from "./suite.ts";

let browser: Browser;
beforeAll(async () => {
  browser = await chromium.launch({
    ...chromiumOptions,
    ignoreDefaultArgs: ["--disable-back-forward-cache"],
  });
}, 120_000);
afterAll(() => browser.close());

async function crashes(page: Page): Promise<void> {
  const session = await page.context().newCDPSession(page);
  const crashed = page.waitForEvent("crash");
  void session.send("Page.crash").catch(() => {});
  await crashed;
  await page.close();
}

describeTenPages(() => browser, { ...ways, crashes });

describeAbsences(() => browser, absences);
describeBusyPage(() => browser);
describeLimit(() => browser);
describeRefusal(() => browser);
