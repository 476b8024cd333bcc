// Runs the suite in a browser without a test framework, for `conformance.ts`.
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { stripTypeScriptTypes } from "node:module";
import type { AddressInfo } from "node:net";
import { basename, join } from "node:path";
import { text } from "node:stream/consumers";
import { nodeResolve } from "@rollup/plugin-node-resolve";
import { rollup } from "rollup";
import { root } from "../packaging/consumer.ts";
import type { Environment } from "./context.ts";
import { theirs } from "./outcomes.ts";
import type { Outcome } from "./run.ts";

export interface Order {
  /** The class under test: `"ours"`, `"native"` or `"eventsource"`. */
  readonly column: string;
  readonly baseUrl: string;
  readonly environment: Environment;
}

export interface PageServer extends AsyncDisposable {
  /** Runs the suite in a browser. `open` opens a URL in it. */
  run(open: (url: string) => Promise<unknown>, order: Order): Promise<readonly Outcome[]>;
}

// Runs one test after another.
const runner = `import { runAll } from "./run.ts";
export async function run({ column, ...suite }) {
  const { EventSource } = await import("./" + column + ".js");
  return runAll({ ...suite, EventSource }, true);
}
if (!globalThis.document) onmessage = async ({ data }) => postMessage(await run(data));`;

const html = `<!doctype html>
<script type="module">
const order = JSON.parse(decodeURIComponent(location.search.slice(1)));
let outcomes;
if (order.environment.kind === "page") outcomes = await (await import("/runner.js")).run(order);
else {
  const worker = new Worker("/runner.js", { type: "module" });
  worker.postMessage(order);
  ({ data: outcomes } = await new Promise((resolve) => (worker.onmessage = resolve)));
}
await fetch("/outcomes", { method: "POST", body: JSON.stringify(outcomes) });
</script>`;

/** Serves the suite, our class and the class of the `eventsource` package as modules. */
export async function servePages(): Promise<PageServer> {
  const build = await rollup({ input: theirs, plugins: [nodeResolve({ browser: true })], onwarn() {} });
  const { output } = await build.generate({ format: "es" });
  const modules: Record<string, () => string | Promise<string>> = {
    "/ours.js": () => readFile(join(root, "dist/everspring.min.js"), "utf8"),
    "/eventsource.js": () => output[0].code,
    "/native.js": () => "export const { EventSource } = globalThis;",
    "/runner.js": () => runner,
  };
  let done: (outcomes: Outcome[]) => void = () => {};
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const path = request.url!.split("?")[0]!;
    if (path === "/outcomes") {
      done(JSON.parse(await text(request)) as Outcome[]);
      response.end();
      return;
    }
    const source = path.endsWith(".ts")
      ? stripTypeScriptTypes(await readFile(join(import.meta.dirname, basename(path)), "utf8"))
      : await modules[path]?.();
    const type = source === undefined ? "text/html;charset=utf-8" : "text/javascript";
    response.setHeader("content-type", type).end(source ?? html);
  };
  const server = createServer((request, response) => void answer(request, response));
  server.listen(0);
  await once(server, "listening");
  return {
    async run(open, order) {
      const outcomes = new Promise<Outcome[]>((resolve) => (done = resolve));
      const query = encodeURIComponent(JSON.stringify(order));
      await open(`http://localhost:${(server.address() as AddressInfo).port}/?${query}`);
      return outcomes;
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
