import type { Browser } from "playwright";
import { afterAll, beforeAll } from "vitest";
import {
  absences,
  describeAbsences,
  describeLimit,
  describeRefusal,
  describeTenPages,
  ways,
} from "./suite.ts";
import { launchWebKitGtk } from "./webkitgtk.ts";

let browser: Browser;
beforeAll(async () => {
  browser = await launchWebKitGtk();
}, 120_000);
afterAll(() => browser.close());

describeTenPages(() => browser, ways);
describeAbsences(() => browser, { "being frozen": absences["being frozen"] });
describeLimit(() => browser);
describeRefusal(() => browser);
