import { firefox } from "playwright";
import { firefoxOptions } from "../setup/browsers.ts";
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

const browser = useBrowser(() => firefox.launch(firefoxOptions));

describeTenPages(browser, ways);
// Firefox keeps no page in its back/forward cache that has asked for a lock: coming back loads it anew.
describeAbsences(browser, { "being frozen": absences["being frozen"] });
describeBusyPage(browser);
describeLimit(browser);
describeRefusal(browser);
