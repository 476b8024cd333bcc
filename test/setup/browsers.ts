import type { LaunchOptions } from "playwright";
import { chromiumPath, firefoxPath } from "./system.ts";

/** How Playwright starts the system's Chromium. The path is looked up when it is started. */
export const chromiumOptions: LaunchOptions = {
  get executablePath() {
    return chromiumPath();
  },
  chromiumSandbox: false, // so that it also runs as root
  args: ["--disable-dev-shm-usage", "--disable-background-networking", "--no-first-run"],
};

/** How Playwright starts the system's Firefox. Without the channel it expects its own, which is patched. */
export const firefoxOptions: LaunchOptions = {
  channel: "moz-firefox",
  get executablePath() {
    return firefoxPath();
  },
};
