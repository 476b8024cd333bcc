// Runs the suite in a browser without a test framework, for `conformance.ts`.
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createServer, type ServerResponse } from "node:http";
import { stripTypeScriptTypes } from "node:module";
import type { AddressInfo } from "node:net";
import { basename, join } from "node:path";
import { nodeResolve } from "@rollup/plugin-node-resolve";
import type { Page } from "playwright";
import { rollup } from "rollup";
import { root } from "../packaging/consumer.ts";
import { theirs } from "./outcomes.ts";
import type { Outcome } from "./run.ts";

export interface PageServer extends AsyncDisposable {
  readonly url: string;
}

/** Serves the suite, our class and that of the `eventsource` package as modules. */
export async function servePages(): Promise<PageServer> {
  const build = await rollup({ input: theirs, plugins: [nodeResolve({ browser: true })], onwarn() {} });
  const { output } = await build.generate({ format: "es" });
  const modules: Record<string, () => string | Promise<string>> = {
    "/ours.js": () => readFile(join(root, "dist/everspring.min.js"), "utf8"),
    "/eventsource.js": () => output[0].code,
    "/native.js": () => "export const { EventSource } = globalThis;",
    // Runs one order after another.
    "/runner.js": () => `import { runAll } from "./run.ts";
export async function run({ column, ...suite }) {
  const { EventSource } = await import("./" + column + ".js");
  return runAll({ ...suite, EventSource }, true);
}
if (!globalThis.document) onmessage = async ({ data }) => postMessage(await run(data));`,
  };
  const answer = async (path: string, response: ServerResponse) => {
    const made = modules[path]?.();
    const isSource = path.endsWith(".ts");
    response.setHeader(
      "content-type",
      made !== undefined || isSource ? "text/javascript" : "text/html;charset=utf-8",
    );
    response.end(
      isSource
        ? stripTypeScriptTypes(await readFile(join(import.meta.dirname, basename(path)), "utf8"))
        : await made,
    );
  };
  const server = createServer((request, response) => void answer(request.url!, response));
  server.listen(0);
  await once(server, "listening");
  return {
    url: `http://localhost:${(server.address() as AddressInfo).port}/`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

export function runInPage(
  page: Page,
  column: string,
  kind: "page" | "worker",
  name: string,
  port: number,
): Promise<readonly Outcome[]> {
  const environment = { name, kind, isOurs: column === "ours" };
  const order = { column, baseUrl: `http://localhost:${port}`, environment };
  return page.evaluate(async (given) => {
    const url = "/runner.js";
    if (given.environment.kind === "page") {
      const { run } = (await import(url)) as { run: (order: typeof given) => Promise<Outcome[]> };
      return run(given);
    }
    const worker = new Worker(url, { type: "module" });
    worker.postMessage(given);
    return new Promise<Outcome[]>((resolve, reject) => {
      worker.onmessage = ({ data }: MessageEvent<Outcome[]>) => resolve(data);
      worker.onerror = ({ message }) => reject(new Error(message));
    });
  }, order);
}
