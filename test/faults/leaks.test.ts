import { describe, expect, it } from "vitest";
import { createFaultProxy, type ConnectionPlan } from "../helpers/fault-proxy.ts";
import { serveLog } from "../helpers/replaying-server.ts";
import { runScript } from "../helpers/run-script.ts";
import { tell, times } from "../helpers/soak.ts";

const INDEX = new URL("../../src/index.ts", import.meta.url).href;

/** Every fault, in the head of a response and in its body. 17 of them, a prime, so that each meets each way to end. */
const plan: ConnectionPlan[] = [
  { fault: { kind: "none" } },
  { fault: { kind: "cut", by: "fin", after: 0 } },
  { fault: { kind: "cut", by: "rst", after: 0 } },
  { fault: { kind: "cut", by: "fin", after: 60 } },
  { fault: { kind: "cut", by: "rst", after: 60 } },
  { fault: { kind: "cut", by: "fin", after: 300 } },
  { fault: { kind: "cut", by: "rst", after: 300 } },
  { fault: { kind: "none" }, split: 7 },
  { fault: { kind: "truncate", how: "complete", after: 100 } },
  { fault: { kind: "truncate", how: "between", after: 100 } },
  { fault: { kind: "truncate", how: "inside", after: 100 } },
  { fault: { kind: "stall", after: 0 } },
  { fault: { kind: "stall", after: 300 } },
  { fault: { kind: "answer", status: 200 } },
  { fault: { kind: "answer", status: 401 } },
  { fault: { kind: "answer", status: 429 } },
  { fault: { kind: "answer", status: 503 } },
];

/** Ways for a stream to end, each a function of the URL and the options that resolves once it is over. */
const ways = `({
  "complete": (url, o) => createEventSource(url, o).closed,
  "close() while connecting": async (url, o) => createEventSource(url, o).close(),
  "close() at the first answer": (url, o) => {
    const source = createEventSource(url, o);
    source.onStatus(({ state }) => state === "open" && source.close());
    return source.closed;
  },
  "close() at the first event": (url, o) => {
    const source = createEventSource(url, o);
    source.onEvent(() => source.close());
    return source.closed;
  },
  "close() while waiting": (url, o) => {
    const source = createEventSource(url, o);
    source.onError(() => source.close());
    return source.closed;
  },
  "a fatal error": (url, o) =>
    createEventSource(url, { ...o, retry: { ...o.retry, maxRetries: 1, shouldRetry: undefined } }).closed,
  "abort": (url, o) => {
    const controller = new AbortController();
    const source = createEventSource(url, { ...o, signal: controller.signal });
    source.onEvent(() => controller.abort());
    return source.closed;
  },
  "reconnect(), close() and open()": (url, o) => {
    const source = createEventSource(url, o);
    source.onEvent(() => source.reconnect(), { once: true });
    source.onError(() => { source.close(); source.open(); }, { once: true });
    return source.closed.then(() => source.closed);
  },
  "break": async (url, o) => {
    for await (const event of createEventSource(url, o)) if (event) break;
  },
  "a decoder and a listener that are slow": (url, o) => {
    const source = createEventSource(url, { ...o, decode: async (raw) => raw });
    source.onEvent(() => new Promise(setImmediate));
    return source.closed;
  },
  "fetchEvents to its end": async (url, o) => {
    try { for await (const event of fetchEvents(url, { ...o, retry: undefined })) if (!event) return; } catch {}
  },
  "fetchEvents and break": async (url, o) => {
    try { for await (const event of fetchEvents(url, { ...o, retry: undefined })) if (event) break; } catch {}
  },
  "fetchEvents, closed unread": async (url, o) => {
    const events = fetchEvents(url, { ...o, retry: undefined });
    await events.response.catch(() => {});
    events.close();
  },
})`;

const script = `
  import { getEventListeners } from "node:events";
  import { createEventSource, fetchEvents } from ${JSON.stringify(INDEX)};
  const [url, count] = process.argv.slice(1);
  const { signal } = new AbortController();
  const options = {
    signal,
    endOn: "[DONE]",
    connectTimeout: 60,
    idleTimeout: 60,
    retry: { initialDelay: 1, maxDelay: 2, shouldRetry: () => true },
  };
  // The client's own timers. Those of fetch keep no process alive, and end by themselves.
  const timers = new Set();
  const { setTimeout: set, clearTimeout: clear } = globalThis;
  globalThis.setTimeout = (callback, ...rest) => {
    if (new Error().stack.includes("undici")) return set(callback, ...rest);
    const timer = set(() => { timers.delete(timer); callback(); }, ...rest);
    timers.add(timer);
    return timer;
  };
  globalThis.clearTimeout = (timer) => { timers.delete(timer); clear(timer); };
  const ways = Object.values(${ways});
  // What keeps the event loop alive, once what was closed has had its time to close.
  const resources = async () => {
    let found = [];
    for (let turn = 0; turn < 200; turn++) {
      await new Promise((resolve) => set(resolve, 5));
      found = process.getActiveResourcesInfo().filter((name) => /TCP|Timeout/.test(name));
      if (found.length === 0) break;
    }
    return found;
  };
  let handlers = 0, pending = 0;
  const round = async (rounds) => {
    for (let i = 0; i < rounds; i++) {
      // Some at a time, as an application would.
      await Promise.all(ways.map((way) => way(url, options)));
      for (let turn = 0; turn < 3; turn++) await new Promise(setImmediate);
      handlers += getEventListeners(signal, "abort").length;
      pending += timers.size;
    }
    const left = await resources();
    gc(); await new Promise(setImmediate); gc();
    return { left, heap: process.memoryUsage().heapUsed };
  };
  const rounds = Math.ceil(count / ways.length);
  const warm = await round(3);
  const first = await round(Math.ceil(rounds / 4));
  const last = await round(rounds - Math.ceil(rounds / 4));
  console.log(JSON.stringify({
    streams: (3 + rounds) * ways.length, handlers, pending, warm, first, last,
    rss: process.resourceUsage().maxRSS,
  }));`;

interface Counts {
  streams: number;
  /** Abort handlers on the shared signal, and timers, that were found when all streams of a round were over. */
  handlers: number;
  pending: number;
  warm: { left: string[]; heap: number };
  first: { left: string[]; heap: number };
  last: { left: string[]; heap: number };
  rss: number;
}

describe("streams that meet every fault and end in every way", () => {
  it("leave no socket, no timer, no abort handler and a flat heap", { timeout: 900_000 }, async () => {
    const log = Array.from({ length: 8 }, (_, i) => ({ data: `event ${i}` }));
    await using server = await serveLog({ log });
    await using proxy = await createFaultProxy(server.port, plan, { again: true });
    const { code, stdout, stderr } = await runScript(script, proxy.url, `${times(10_000, 390)}`).ended;
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const { warm, first, last, ...counts } = JSON.parse(stdout) as Counts;
    const heaps = [warm.heap, first.heap, last.heap];
    tell("leaks", { ...counts, requests: proxy.requests, heaps, faults: proxy.faults });
    expect(first.left).toEqual([]);
    expect(last.left).toEqual([]);
    expect(counts.handlers).toBe(0);
    expect(counts.pending).toBe(0);
    expect(last.heap - Math.max(warm.heap, first.heap)).toBeLessThan(2_000_000);
    await proxy.idle();
  });
});
