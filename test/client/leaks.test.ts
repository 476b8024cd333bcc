import { describe, expect, it } from "vitest";
import { createClient } from "../../src/client/client.ts";
import { createEventSource, fetchEvents, readEvents } from "../../src/index.ts";
import { fakeTime } from "../helpers/fake-time.ts";
import { abortListeners } from "../helpers/machine.ts";
import { serve, stream } from "../helpers/server.ts";
import { until } from "../helpers/turns.ts";
import { take } from "../helpers/watch.ts";

const soon = { initialDelay: 1, jitter: 0 };

function heap(): number {
  globalThis.gc!();
  return process.memoryUsage().heapUsed;
}

const text = (body: string) => new Response(body, { headers: { "content-type": "text/event-stream" } });

describe("10,000 reconnects", () => {
  it("keep heap, listener and timer counts flat", { timeout: 60_000 }, async () => {
    const time = fakeTime();
    const { signal } = new AbortController();
    const attempts = new Set<WeakRef<AbortSignal>>();
    let timers = 0;
    let listeners = 0;
    let requests = 0;
    using source = createClient(
      "http://localhost/events",
      {
        signal,
        connectTimeout: 1e6,
        idleTimeout: 1e6,
        headers(context) {
          if (requests % 1000 === 0) attempts.add(new WeakRef(context.signal));
          return { "x-attempt": `${context.attempt}` };
        },
        // In turn: an event, an instant end, a failure, a refusal.
        fetch: async () => {
          timers = Math.max(timers, time.timers);
          listeners = Math.max(listeners, abortListeners(signal));
          switch (++requests % 4) {
            case 0:
              return text("");
            case 1:
              throw new TypeError("fetch failed");
            case 2:
              return new Response("busy", { status: 503 });
            default:
              return text(`id: ${requests}\nevent: tick\ndata: ${requests}\n\n`);
          }
        },
      },
      time.environment,
    );
    let events = 0;
    source.on("tick", () => void events++);
    source.onStatus((status) => {
      if (status.state === "waiting") setImmediate(() => time.advance(status.delay));
    });
    await until(() => requests >= 2000);
    const before = heap();
    await until(() => requests >= 10_000);
    const growth = heap() - before;
    source.close();

    expect(events).toBeGreaterThan(2400);
    expect(growth).toBeLessThan(1_000_000);
    expect(listeners).toBe(1);
    // The attempt's own timeouts; a wait has one.
    expect(timers).toBeLessThanOrEqual(2);
    expect(time.timers).toBe(0);
    expect(abortListeners(signal)).toBe(0);
    await new Promise(setImmediate);
    globalThis.gc!();
    expect([...attempts].filter((attempt) => attempt.deref()).length).toBeLessThanOrEqual(1);
  });
});

describe("500 reconnects over real sockets", () => {
  it("leave no socket, no timer and a flat heap", { timeout: 60_000 }, async () => {
    await using server = await serve((response, _request, n) => {
      stream(response, `id: ${n}\ndata: x\n\n`);
      response.end();
    });
    const { signal } = new AbortController();
    let most = 0;
    using source = createEventSource(server.url, {
      retry: { initialDelay: 1, jitter: 0 },
      signal,
      idleTimeout: 1e6,
    });
    source.on("message", () => (most = Math.max(most, server.sockets.size)));
    await server.request(200);
    const before = heap();
    await server.request(500);
    const growth = heap() - before;
    source.close();
    await server.idle();
    // The server of the test keeps each request, some kilobytes.
    expect(growth).toBeLessThan(10_000_000);
    // One that ends, one that begins, and a spare one of undici's.
    expect(most).toBeLessThanOrEqual(4);
    expect(abortListeners(signal)).toBe(0);
  });
});

describe("a long-lived signal", () => {
  it("has no listener left after 200 streams of every kind", async () => {
    await using server = await serve((response, _request, n) => {
      stream(response, "data: x\n\n");
      return n % 2 && response.end();
    });
    const { signal } = new AbortController();
    for (let i = 0; i < 200; i += 4) {
      const source = createEventSource(server.url, { signal, retry: soon });
      const undo = source.on("message", () => {}, { signal });
      await take(source, 1);
      expect(abortListeners(signal)).toBe(2);
      undo();
      source.close();
      for await (const event of fetchEvents(server.url, { signal })) if (event) break;
      for await (const event of readEvents(text("data: x\n\n"), { signal })) if (event) break;
      const iterated = createEventSource(server.url, { signal, retry: soon });
      for await (const event of iterated) if (event) break;
    }
    expect(abortListeners(signal)).toBe(0);
    await server.idle();
  });
});

describe("a million events", () => {
  it("add nothing to the heap", { timeout: 60_000 }, async () => {
    const block = new TextEncoder().encode("id: 12345\nevent: tick\ndata: 0123456789\n\n".repeat(1000));
    let chunks = 0;
    let before = 0;
    const body = new ReadableStream({
      pull(controller) {
        if (++chunks === 100) before = heap();
        if (chunks > 1000) controller.close();
        else controller.enqueue(block);
      },
    });
    let events = 0;
    for await (const { data } of readEvents(body)) if (data) events++;
    expect(events).toBe(1_000_000);
    expect(heap() - before).toBeLessThan(1_000_000);
  });
});
