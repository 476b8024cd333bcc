import { useBrowser } from "./browser.ts";
import {
  absences,
  describeAbsences,
  describeLimit,
  describeRefusal,
  describeTenPages,
  ways,
} from "./suite.ts";
import { launchWebKitGtk } from "./webkitgtk.ts";

const browser = useBrowser(launchWebKitGtk);

describeTenPages(browser, ways);
describeAbsences(browser, { "being frozen": absences["being frozen"] });
// No busy page: here one that waits for a synchronous request gets its lock meanwhile, and leads.
describeLimit(browser);
describeRefusal(browser);
