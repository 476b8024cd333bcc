import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect, test } from "vitest";
import { root } from "../packaging/consumer.ts";
import { run } from "../packaging/run.ts";

const polyfill = pathToFileURL(join(root, "dist/polyfill.js")).href;
const url = pathToFileURL(join(root, "dist/eventsource.js")).href;

/** The output of a process that runs a module. */
async function output(code: string): Promise<unknown> {
  const { stdout } = await run(process.execPath, ["--input-type=module", "--eval", code], root);
  return JSON.parse(stdout);
}

test("The polyfill sets a missing global, with the descriptor of a platform global", async () => {
  const code = `await import("${polyfill}");
const { EventSource } = await import("${url}");
const { value, ...how } = Object.getOwnPropertyDescriptor(globalThis, "EventSource");
console.log(JSON.stringify([value === EventSource, how]));`;
  expect(await output(code)).toEqual([true, { writable: true, enumerable: false, configurable: true }]);
});

test("The polyfill keeps an existing class", async () => {
  const code = `const native = (globalThis.EventSource = class EventSource {});
await import("${polyfill}");
console.log(JSON.stringify(globalThis.EventSource === native));`;
  expect(await output(code)).toBe(true);
});

test("The polyfill sets a global that is undefined", async () => {
  const code = `globalThis.EventSource = undefined;
await import("${polyfill}");
const { EventSource } = await import("${url}");
console.log(JSON.stringify(globalThis.EventSource === EventSource));`;
  expect(await output(code)).toBe(true);
});

test("The polyfill keeps a global that cannot be set", async () => {
  const code = `Object.defineProperty(globalThis, "EventSource", { value: undefined });
await import("${polyfill}");
console.log(JSON.stringify(typeof globalThis.EventSource));`;
  expect(await output(code)).toBe("undefined");
});
