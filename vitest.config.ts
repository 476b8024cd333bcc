import { playwright } from "@vitest/browser-playwright";
import { msw } from "msw/vite";
import { defineConfig, type TestProjectConfiguration } from "vitest/config";
import type { BrowserProviderOption } from "vitest/node";
import { current, olderMajors, onServer } from "./test/setup/frameworks.ts";
import ClosingLine from "./test/setup/closing-line.ts";
import { chromiumOptions, firefoxOptions } from "./test/setup/browsers.ts";
import { webkitgtk } from "./test/setup/webkitgtk-provider.ts";

export default defineConfig({
  test: {
    reporters: ["default", new ClosingLine()],
    testTimeout: 20_000,
    projects: [
      {
        plugins: [onServer],
        test: {
          name: "node",
          include: [
            "test/{unit,machine,client,contract,faults,msw,testing,adapters,house}/**/*.test.ts",
            "test/spec/{node,polyfill,drop-in}.test.ts",
          ],
          setupFiles: ["test/setup/node.ts"],
          execArgv: ["--expose-gc"],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          // They wait for servers most of the time.
          maxConcurrency: 10,
        },
      },
      {
        test: {
          name: "pages",
          include: ["test/{demo,pages,shared,peers}/**/*.test.ts"],
          setupFiles: ["test/setup/node.ts", "test/setup/pages.ts"],
          testTimeout: 180_000,
          hookTimeout: 180_000,
          // A page can starve for reasons that are not ours. What needed it is named at the end, and has a cause to be found.
          retry: 1,
          // Each drives several real pages at once: after all others, and a file at a time, so that no page starves.
          maxConcurrency: 4,
          maxWorkers: 1,
          sequence: { groupOrder: 1 },
        },
      },
      { test: { name: "happy-dom", environment: "happy-dom", include: ["test/dom/**/*.test.ts"] } },
      {
        test: {
          name: "types",
          include: [],
          typecheck: {
            enabled: true,
            only: true,
            include: ["test/types/**/*.test-d.ts"],
            // Its own, so that it tells of these files only; the rest is checked by `npm run types`.
            tsconfig: "test/types/tsconfig.json",
          },
        },
      },
      {
        test: {
          name: "packaging",
          include: ["test/packaging/**/*.test.ts", "test/spec/runtimes.test.ts"],
          testTimeout: 180_000,
          hookTimeout: 900_000,
        },
      },
      page("chromium", "chromium", playwright({ launchOptions: chromiumOptions })),
      page("firefox", "firefox", playwright({ launchOptions: firefoxOptions })),
      page("webkitgtk", "webkit", webkitgtk()),
      {
        ...olderMajors.vite,
        test: {
          name: "older-project",
          provide: olderMajors.provide,
          include: ["test/browser/adapters/{react,svelte}.test.ts"],
          testTimeout: 60_000,
          browser: {
            enabled: true,
            headless: true,
            screenshotFailures: false,
            provider: playwright({ launchOptions: chromiumOptions }),
            instances: [{ browser: "chromium", name: "older" }],
          },
        },
      },
    ],
  },
});

/** What runs in a real page. Each browser is a project of its own: the instances of one share a provider. */
function page(
  name: string,
  browser: "chromium" | "firefox" | "webkit",
  provider: BrowserProviderOption,
): TestProjectConfiguration {
  return {
    ...current.vite,
    plugins: [msw({ mode: "worker-only" }), ...current.vite.plugins],
    test: {
      name: `${name}-project`,
      provide: current.provide,
      include: ["test/browser/**/*.test.ts", "test/spec/page.test.ts"],
      globalSetup: ["test/browser/event-stream-server.ts", "test/spec/global-setup.ts"],
      testTimeout: 60_000,
      hookTimeout: 60_000,
      // The files share a server, and a browser opens six connections to one at a time.
      fileParallelism: false,
      browser: {
        enabled: true,
        headless: true,
        screenshotFailures: false,
        provider,
        instances: [{ browser, name }],
      },
    },
  };
}
