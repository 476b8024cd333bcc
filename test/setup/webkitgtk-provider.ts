import { mkdir, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { defineBrowserProvider, resolveScreenshotPath } from "@vitest/browser";
import type { BrowserCommand, BrowserProvider, BrowserProviderOption, TestProject } from "vitest/node";
import { startWebKitGtk, type WebKitGtk } from "./webkitgtk.ts";

/** WebKitGTK for Vitest's browser mode: it opens the page that runs the tests, and makes screenshots. */
export function webkitgtk(): BrowserProviderOption {
  return defineBrowserProvider({ name: "webkitgtk", options: {}, providerFactory: createProvider });
}

function createProvider(project: TestProject): BrowserProvider {
  let started: Promise<WebKitGtk> | undefined;
  const browser = () => (started ??= startWebKitGtk());

  const register = (name: string, command: BrowserCommand<unknown[]>) =>
    project.browser!.registerCommand(name as never, command as never);
  // Every test file asks for it; the window has the size that it has.
  register("__vitest_viewport", () => {});
  register("__vitest_takeScreenshot", async ({ testPath, project: { config } }, ...args) => {
    const [name, { path: wanted, save }] = args as [string, { path?: string; save?: boolean }];
    const path = resolveScreenshotPath(testPath!, name, config, wanted);
    const buffer = await (await browser()).screenshot();
    if (save) {
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, buffer);
    }
    return { buffer, path };
  });

  return {
    name: "webkitgtk",
    supportsParallelism: false,
    getCommandsContext: () => ({}),
    openPage: async (_session, url) => (await browser()).open(url),
    async close() {
      const open = started;
      started = undefined;
      await (await open?.catch(() => undefined))?.close();
    },
  };
}
