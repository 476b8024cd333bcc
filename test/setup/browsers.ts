import type { LaunchOptions } from "playwright";
import { chromiumPath, firefoxPath } from "./system.ts";

/** Longer than anything takes that a browser or a page is asked for, also on a machine that has much else to do (ms). */
export const PATIENCE = 90_000;

/** How Playwright starts the system's Chromium. The path is looked up when it is started. */
export const chromiumOptions: LaunchOptions = {
  get executablePath() {
    return chromiumPath();
  },
  timeout: PATIENCE,
  chromiumSandbox: false, // so that it also runs as root
  args: ["--disable-dev-shm-usage", "--disable-background-networking", "--no-first-run"],
};

/** How Playwright starts the system's Firefox. Without the channel it expects its own, which is patched. */
export const firefoxOptions: LaunchOptions = {
  channel: "moz-firefox",
  timeout: PATIENCE,
  get executablePath() {
    return firefoxPath();
  },
};
