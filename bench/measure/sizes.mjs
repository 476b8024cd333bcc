import { readFileSync } from "node:fs";
import { brotliCompressSync, gzipSync } from "node:zlib";
import { nodeResolve } from "@rollup/plugin-node-resolve";
import terser from "@rollup/plugin-terser";
import { rollup } from "rollup";
import { table } from "../lib/table.mjs";

const OURS = new URL("../../dist/", import.meta.url).pathname;
const imports = {
  "**everspring**, `readEvents`": `export { readEvents } from "${OURS}index.js"`,
  "**everspring**, `fetchEvents`": `export { fetchEvents } from "${OURS}index.js"`,
  "**everspring**, `createEventSource`": `export { createEventSource } from "${OURS}index.js"`,
  "**everspring**, everything": `export * from "${OURS}index.js"`,
  "**everspring/eventsource**": `export { EventSource } from "${OURS}eventsource.js"`,
  "eventsource-parser, `createParser`": 'export { createParser } from "eventsource-parser"',
  "eventsource-client": 'export { createEventSource } from "eventsource-client"',
  eventsource: 'export { EventSource } from "eventsource"',
  "@microsoft/fetch-event-source": 'export { fetchEventSource } from "@microsoft/fetch-event-source"',
  "event-source-plus": 'export { EventSourcePlus } from "event-source-plus"',
  "extended-eventsource": 'export { EventSource } from "extended-eventsource"',
  "fetch-event-stream": 'export { events } from "fetch-event-stream"',
  "sse.js": 'export { SSE } from "sse.js"',
  "event-source-polyfill": 'import "event-source-polyfill"',
  "openai, stream reader": 'export { Stream } from "openai/core/streaming"',
  "@anthropic-ai/sdk, stream reader": 'export { Stream } from "@anthropic-ai/sdk/core/streaming"',
};

/** One import as one minified ES module for a browser. */
export async function bundle(code, plugins = [terser({ ecma: 2020, module: true })]) {
  const input = new URL("../virtual-entry.js", import.meta.url).pathname;
  const virtual = {
    name: "virtual-entry",
    resolveId: (id) => (id === input ? id : null),
    load: (id) => (id === input ? code : null),
    // Node's own modules are not there; what needs them at once is no client for a page.
  };
  const build = await rollup({ input, plugins: [virtual, nodeResolve({ browser: true })], onwarn() {} });
  const { output } = await build.generate({ format: "es", inlineDynamicImports: true, plugins });
  await build.close();
  return output[0].code;
}

export async function sizes() {
  const rows = [];
  for (const [name, code] of Object.entries(imports))
    try {
      const bytes = Buffer.from(await bundle(code));
      rows.push([name, brotliCompressSync(bytes).length, gzipSync(bytes, { level: 9 }).length, bytes.length]);
    } catch (error) {
      rows.push([name, error.message.split("\n")[0], "", ""]);
    }
  for (const name of ["everspring.min.js", "everspring.global.min.js"])
    try {
      const bytes = readFileSync(`${OURS}${name}`);
      rows.push([
        `dist/${name}`,
        brotliCompressSync(bytes).length,
        gzipSync(bytes, { level: 9 }).length,
        bytes.length,
      ]);
    } catch {
      // Not every build has both.
    }
  return { summary: table(["import", "brotli", "gzip", "minified"], rows) };
}
