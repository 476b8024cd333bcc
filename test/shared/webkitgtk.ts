// As much of Playwright's interface as the suite uses, over WebKitGTK's own driver.
import type { Browser, BrowserContext, Page } from "playwright";
import { startWebKitGtk, type WebKitTab } from "../setup/webkitgtk.ts";

/** Its "contexts" are one and the same. */
export async function launchWebKitGtk(): Promise<Browser> {
  const webKit = await startWebKitGtk();
  const newContext = (): Promise<BrowserContext> => {
    const tabs: WebKitTab[] = [];
    const context = {
      setDefaultTimeout() {},
      async newPage() {
        const tab = await webKit.newTab();
        tabs.push(tab);
        return toPage(tab);
      },
      // Those that the test has closed are gone.
      close: async () => void (await Promise.all(tabs.map((tab) => tab.close().catch(() => {})))),
    };
    return Promise.resolve(context as unknown as BrowserContext);
  };
  return { newContext, close: webKit.close } as unknown as Browser;
}

function toPage(tab: WebKitTab): Page {
  const evaluate = (code: unknown, given?: unknown) => tab.run(`return (${String(code)})(given);`, given);
  return {
    goto: tab.open,
    evaluate,
    async waitForFunction(code: unknown, given?: unknown) {
      while (!(await evaluate(code, given))) await new Promise((resolve) => setTimeout(resolve, 50));
    },
    close: tab.close,
  } as unknown as Page;
}
