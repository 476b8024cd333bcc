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
describeLimit(browser);
describeRefusal(browser);
