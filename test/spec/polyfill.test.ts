import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect, test } from "vitest";
import { root } from "../packaging/consumer.ts";
import { run } from "../packaging/run.ts";

const polyfill = pathToFileURL(join(root, "dist/polyfill.js")).href;
const url = pathToFileURL(join(root, "dist/eventsource.js")).href;

/** What a process prints that runs a module. */
async function output(code: string): Promise<unknown> {
  const { stdout } = await run(process.execPath, ["--input-type=module", "--eval", code], root);
  return JSON.parse(stdout);
}

test("the polyfill sets the global where it is missing, as a global of the platform is", async () => {
  const code = `await import("${polyfill}");
const { EventSource } = await import("${url}");
const { value, ...how } = Object.getOwnPropertyDescriptor(globalThis, "EventSource");
console.log(JSON.stringify([value === EventSource, how]));`;
  expect(await output(code)).toEqual([true, { writable: true, enumerable: false, configurable: true }]);
});

test("the polyfill leaves a class that is there alone", async () => {
  const code = `const native = (globalThis.EventSource = class EventSource {});
await import("${polyfill}");
console.log(JSON.stringify(globalThis.EventSource === native));`;
  expect(await output(code)).toBe(true);
});

test("the polyfill takes a global that is undefined for a missing one", async () => {
  const code = `globalThis.EventSource = undefined;
await import("${polyfill}");
const { EventSource } = await import("${url}");
console.log(JSON.stringify(globalThis.EventSource === EventSource));`;
  expect(await output(code)).toBe(true);
});

test("the polyfill leaves a global alone that cannot be set", async () => {
  const code = `Object.defineProperty(globalThis, "EventSource", { value: undefined });
await import("${polyfill}");
console.log(JSON.stringify(typeof globalThis.EventSource));`;
  expect(await output(code)).toBe("undefined");
});
