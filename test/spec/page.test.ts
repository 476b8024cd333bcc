import { describe, inject, test } from "vitest";
import { server } from "vitest/browser";
import { EventSource } from "../../src/eventsource.ts";
import type { Environment, EventSourceClass } from "./context.ts";
import { prepareRemote, register, registerSpec } from "./suite.ts";
import type { Order } from "./worker.ts";

// The project's: "chromium", "firefox" or "webkitgtk".
const { name } = server.config;
const page: Environment = { name: name!, kind: "page", isOurs: true };
const worker: Environment = { name: `${name} worker`, kind: "worker", isOurs: true };
// Another origin than that of the page, but the same site, so that cookies are allowed.
const baseUrl = `http://${location.hostname}:${inject("specPort")}`;
const moduleUrl = `${inject("eventStreams").url}/dist/everspring.min.js`;

/** Starts a worker, and returns a function that runs a test in it by name. */
function startWorker(order: Order): (name: string) => Promise<void> {
  const runner = new Worker(new URL("worker.ts", import.meta.url), { type: "module" });
  runner.postMessage(order);
  return (name) =>
    new Promise((resolve, reject) => {
      runner.onerror = ({ message }) => reject(new Error(message));
      runner.onmessage = ({ data }: MessageEvent<{ error?: string }>) =>
        data.error === undefined ? resolve() : reject(new Error(data.error));
      runner.postMessage(name);
    });
}

describe("The EventSource class, from the sources, in a page", () => {
  registerSpec({ EventSource, baseUrl, environment: page }, test);
});

describe("The EventSource class, from the sources, in a dedicated worker", () => {
  register(prepareRemote(worker, startWorker({ baseUrl, environment: worker })), worker, test);
});

describe("The EventSource class, from the minified build, in a page", async () => {
  const built = (await import(/* @vite-ignore */ moduleUrl)) as { EventSource: EventSourceClass };
  registerSpec({ EventSource: built.EventSource, baseUrl, environment: page }, test);
});

describe("the standard's class, from the minified build, in a dedicated worker", () => {
  register(prepareRemote(worker, startWorker({ baseUrl, environment: worker, moduleUrl })), worker, test);
});
