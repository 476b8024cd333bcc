import { chromium, type Page } from "playwright";
import { chromiumOptions } from "../setup/browsers.ts";
import { useBrowser } from "./browser.ts";
import {
  absences,
  describeAbsences,
  describeBusyPage,
  describeLimit,
  describeRefusal,
  describeTenPages,
  ways,
} from "./suite.ts";

const browser = useBrowser(() =>
  chromium.launch({ ...chromiumOptions, ignoreDefaultArgs: ["--disable-back-forward-cache"] }),
);

async function crashes(page: Page): Promise<void> {
  const session = await page.context().newCDPSession(page);
  const crashed = page.waitForEvent("crash");
  void session.send("Page.crash").catch(() => {});
  await crashed;
  await page.close();
}

describeTenPages(browser, { ...ways, crashes });
describeAbsences(browser, absences);
describeBusyPage(browser);
describeLimit(browser);
describeRefusal(browser);
