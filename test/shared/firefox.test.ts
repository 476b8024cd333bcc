import { firefox, type Browser } from "playwright";
import { afterAll, beforeAll } from "vitest";
import { firefoxOptions } from "../setup/browsers.ts";
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
  // The system's own, by WebDriver BiDi.
  browser = await firefox.launch(firefoxOptions);
}, 120_000);
afterAll(() => browser.close());

describeTenPages(() => browser, ways);
// Firefox keeps no page in its back/forward cache that has asked for a lock: coming back loads it anew.
describeAbsences(() => browser, { "being frozen": absences["being frozen"] });
describeBusyPage(() => browser);
describeLimit(() => browser);
describeRefusal(() => browser);
