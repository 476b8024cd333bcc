import { playwright } from "@vitest/browser-playwright";
import { msw } from "msw/vite";
import { defineConfig } from "vitest/config";
import { chromiumPath } from "./test/setup/chromium.ts";
import ClosingLine from "./test/setup/closing-line.ts";

const launchOptions = {
  executablePath: chromiumPath(),
  chromiumSandbox: false, // so that it also runs as root
  args: ["--disable-dev-shm-usage", "--disable-background-networking", "--no-first-run"],
};

export default defineConfig({
  test: {
    reporters: ["default", new ClosingLine()],
    testTimeout: 20_000,
    projects: [
      {
        test: {
          name: "node",
          include: [
            "test/{unit,machine,client,msw,house,demo,pages}/**/*.test.ts",
            "test/spec/{node,polyfill,drop-in}.test.ts",
          ],
          setupFiles: ["test/setup/node.ts"],
          execArgv: ["--expose-gc"],
          testTimeout: 60_000,
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
      {
        plugins: [msw({ mode: "worker-only" })],
        test: {
          name: "chromium-project",
          include: ["test/browser/**/*.test.ts", "test/spec/page.test.ts"],
          globalSetup: ["test/browser/event-stream-server.ts", "test/spec/global-setup.ts"],
          // The files share a server, and a browser opens six connections to one at a time.
          fileParallelism: false,
          browser: {
            enabled: true,
            headless: true,
            screenshotFailures: false,
            provider: playwright({ launchOptions }),
            instances: [{ browser: "chromium", name: "chromium" }],
          },
        },
      },
    ],
  },
});
