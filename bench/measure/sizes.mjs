import { readFileSync } from "node:fs";
import { brotliCompressSync, gzipSync } from "node:zlib";
import { bundle } from "../lib/bundle.mjs";
import { firstLine } from "../lib/interleave.mjs";
import { table } from "../lib/table.mjs";

const OURS = new URL("../../dist/", import.meta.url).pathname;
const imports = {
  "**everspring**, `readEvents`": `export { readEvents } from "${OURS}index.js"`,
  "**everspring**, `fetchEvents`": `export { fetchEvents } from "${OURS}index.js"`,
  "**everspring**, `createEventSource`": `export { createEventSource } from "${OURS}index.js"`,
  "**everspring**, without the class": `export { bearer, createEventSource, EventSourceError, fetchEvents, json, readEvents, schema, schemas } from "${OURS}index.js"`,
  "**everspring**, everything": `export * from "${OURS}index.js"`,
  "**everspring** and **everspring/shared**, everything": `export * from "${OURS}index.js"; export * from "${OURS}shared.js"`,
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

/** What a user pays for one import. */
function weigh(bytes) {
  return {
    brotli: brotliCompressSync(bytes).length,
    gzip: gzipSync(bytes, { level: 9 }).length,
    minified: bytes.length,
  };
}

export async function sizes() {
  const results = {};
  const errors = {};
  for (const [name, code] of Object.entries(imports))
    try {
      results[name] = weigh(Buffer.from(await bundle(code)));
    } catch (error) {
      errors[name] = firstLine(error);
    }
  for (const name of ["everspring.min.js", "everspring.global.min.js"])
    results[`dist/${name}`] = weigh(readFileSync(`${OURS}${name}`));
  const rows = [
    ...Object.entries(results).map(([name, { brotli, gzip, minified }]) => [name, brotli, gzip, minified]),
    ...Object.entries(errors).map(([name, error]) => [name, error, "", ""]),
  ];
  return { summary: table(["import", "brotli", "gzip", "minified"], rows), results };
}
