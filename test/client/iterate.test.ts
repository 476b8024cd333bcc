import { describe, expect, it } from "vitest";
import { createEventSource, fetchEvents, json } from "../../src/index.ts";
import { collect } from "../helpers/collect.ts";
import { deferred } from "../helpers/deferred.ts";
import { drop, flood, refuse, serve, stream, type TestServer } from "../helpers/server.ts";
import { roundTrips } from "../helpers/turns.ts";
import { reach, take } from "../helpers/watch.ts";

const soon = { initialDelay: 1, jitter: 0 };
const THREE = "data: 1\n\ndata: 2\n\ndata: 3\n\n";
const MB = 2 ** 20;

describe("for await", () => {
  it("gives the events in order, over reconnects", async () => {
    await using server = await serve((response, _request, n) =>
      stream(response, `id: ${n}\ndata: ${n}a\n\ndata: ${n}b\n\n`).end(),
    );
    const heard: string[] = [];
    for await (const { data } of createEventSource(server.url, { retry: soon })) {
      heard.push(data);
      if (heard.length === 6) break;
    }
    expect(heard).toEqual(["1a", "1b", "2a", "2b", "3a", "3b"]);
    expect(server.requests[2]!.headers["last-event-id"]).toBe("2");
    await server.idle();
  });

  it("closes the client and releases the socket when the loop is left by break", async () => {
    await using server = await serve((response) => stream(response, THREE));
    const source = createEventSource(server.url);
    for await (const { data } of source) {
      expect(data).toBe("1");
      break;
    }
    expect(source.status).toEqual({ state: "closed", reason: "client" });
    expect(await source.closed).toEqual({ state: "closed", reason: "client" });
    await server.idle();
  });

  it("closes the client when the loop is left by an error in its body", async () => {
    await using server = await serve((response) => stream(response, THREE));
    const source = createEventSource(server.url);
    const loop = async () => {
      for await (const { data } of source) throw new Error(data);
    };
    await expect(loop()).rejects.toThrow("1");
    expect(source.status.state).toBe("closed");
    await server.idle();
  });

  it("opens a client that was made with open: false", async () => {
    await using server = await serve((response) => stream(response, THREE));
    const source = createEventSource(server.url, { open: false });
    for await (const { data } of source) {
      expect(data).toBe("1");
      break;
    }
    await server.idle();
  });

  it("ends when the client is closed elsewhere, and when the server says 204", async () => {
    await using server = await serve((response, _request, n) =>
      n === 2 ? response.writeHead(204).end() : stream(response, "data: x\n\n").end(),
    );
    expect(await collect(createEventSource(server.url, { retry: soon }))).toHaveLength(1);
    using source = createEventSource(server.url, { retry: soon });
    let count = 0;
    for await (const { data } of source) if (data && ++count === 3) source.close();
    expect(count).toBe(3);
  });

  it("ends at the event of endOn", async () => {
    await using server = await serve((response) => stream(response, `${THREE}data: [DONE]\n\n`));
    const events = await collect(createEventSource(server.url, { endOn: "[DONE]", decode: json }));
    expect(events.map(({ data }) => data)).toEqual([1, 2, 3]);
    await server.idle();
  });

  it("throws a fatal error, once the events before it were taken", async () => {
    await using server = await serve((response, _request, n) =>
      n === 1 ? stream(response, THREE).end() : refuse(response, 404),
    );
    const heard: string[] = [];
    const loop = async () => {
      for await (const { data } of createEventSource(server.url, { retry: soon })) heard.push(data);
    };
    await expect(loop()).rejects.toMatchObject({ code: "http-status", status: 404 });
    expect(heard).toEqual(["1", "2", "3"]);
  });

  it("throws retries-exhausted when the client gives up", async () => {
    await using server = await serve((response) => drop(response));
    const source = createEventSource(server.url, { retry: { ...soon, maxRetries: 1 } });
    await expect(collect(source)).rejects.toMatchObject({
      code: "retries-exhausted",
      cause: { code: "network" },
    });
    expect(server.requests).toHaveLength(2);
  });

  it("over a closed source is over at once, and throws when it was closed by an error", async () => {
    await using server = await serve((response) => refuse(response, 404));
    const source = createEventSource(server.url);
    await source.closed;
    await expect(collect(source)).rejects.toMatchObject({ code: "http-status" });
    const other = createEventSource(server.url);
    other.close();
    expect(await collect(other)).toEqual([]);
  });

  it.each([
    ["by the event of endOn", { endOn: "end" }],
    ["by a listener", {}],
  ])(
    "may be begun again, and keeps its pace, after next() itself came upon the end: %s",
    async (_name, options) => {
      await using server = await serve((response) => stream(response, "data: 1\n\ndata: end\n\ndata: 2\n\n"));
      using source = createEventSource(server.url, { ...options, open: false });
      source.onEvent(({ data }) => data === "end" && source.close());
      for (let round = 0; round < 3; round++) {
        source.open();
        const heard: string[] = [];
        for await (const { data } of source) heard.push(data);
        // A listener that closes ends the loop after the event that it was called with.
        expect(heard).toEqual("endOn" in options ? ["1"] : ["1", "end"]);
      }
    },
  );

  it("skips events that cannot be decoded", async () => {
    await using server = await serve((response) =>
      stream(response, "data: 1\n\ndata: {\n\ndata: 3\n\ndata: .\n\n"),
    );
    const source = createEventSource(server.url, { decode: json, endOn: "." });
    expect((await collect(source)).map(({ data }) => data)).toEqual([1, 3]);
  });

  it("waits for asynchronous decoders and keeps the order", async () => {
    await using server = await serve((response) => stream(response, `${THREE}data: .\n\n`));
    const source = createEventSource(server.url, {
      endOn: ".",
      decode: async (raw) => (await roundTrips(4 - Number(raw)), Number(raw)),
    });
    expect((await collect(source)).map(({ data }) => data)).toEqual([1, 2, 3]);
  });
});

describe("an iterator by hand", () => {
  it("answers several pending next() in order, and settles all of them at close()", async () => {
    await using server = await serve((response) => stream(response, "data: 1\n\ndata: 2\n\n"));
    const source = createEventSource(server.url);
    const iterator = source[Symbol.asyncIterator]();
    const results = [iterator.next(), iterator.next(), iterator.next(), iterator.next()];
    expect(await results[0]).toMatchObject({ done: false, value: { data: "1" } });
    expect(await results[1]).toMatchObject({ done: false, value: { data: "2" } });
    source.close();
    expect(await Promise.all(results.slice(2))).toEqual([
      { done: true, value: undefined },
      { done: true, value: undefined },
    ]);
    expect(await iterator.next()).toEqual({ done: true, value: undefined });
  });

  it("tells a fatal error to the first that asks, and is over for the others", async () => {
    await using server = await serve((response) => refuse(response, 404));
    const iterator = createEventSource(server.url)[Symbol.asyncIterator]();
    const results = await Promise.allSettled([iterator.next(), iterator.next()]);
    expect(results[0]).toMatchObject({ status: "rejected", reason: { code: "http-status" } });
    expect(results[1]).toMatchObject({ status: "fulfilled", value: { done: true } });
  });

  it("return() settles a pending next()", async () => {
    await using server = await serve((response) => stream(response));
    const source = createEventSource(server.url);
    const iterator = source[Symbol.asyncIterator]();
    const pending = iterator.next();
    await reach(source, "open");
    expect(await iterator.return!()).toEqual({ done: true, value: undefined });
    expect(await pending).toEqual({ done: true, value: undefined });
    await server.idle();
  });

  it("does not miss what came between its creation and its first next()", async () => {
    await using server = await serve((response) => stream(response, THREE));
    const source = createEventSource(server.url);
    const iterator = source[Symbol.asyncIterator]();
    await reach(source, "open");
    await roundTrips(3);
    expect(await iterator.next()).toMatchObject({ value: { data: "1" } });
    source.close();
  });
});

describe("two iterators over one source", () => {
  it("both get every event, at the pace of the slower one", async () => {
    await using server = await serve((response) => stream(response, THREE));
    using source = createEventSource(server.url);
    const fast = source[Symbol.asyncIterator]();
    const slow = source[Symbol.asyncIterator]();
    const heard: string[] = [];
    const next = async (name: string, iterator: typeof fast) => {
      const { value } = await iterator.next();
      heard.push(`${name} ${(value as { data: string }).data}`);
    };
    const ahead = next("fast", fast).then(() => next("fast", fast));
    await reach(source, "open");
    await roundTrips(3);
    expect(heard).toEqual(["fast 1"]);
    await next("slow", slow);
    await roundTrips(3);
    expect(heard).toEqual(["fast 1", "slow 1"]);
    await next("slow", slow);
    await ahead;
    expect(heard.slice(2).sort()).toEqual(["fast 2", "slow 2"]);
  });

  it("end together", async () => {
    await using server = await serve((response) => stream(response));
    const source = createEventSource(server.url);
    const first = collect(source);
    const second = collect(source);
    await reach(source, "open");
    source.close();
    expect(await Promise.all([first, second])).toEqual([[], []]);
  });
});

describe("a listener of onEvent that returns a promise", () => {
  it("holds the next event until it settles, also when it rejects", async () => {
    await using server = await serve((response) => stream(response, THREE));
    using source = createEventSource(server.url);
    const heard: string[] = [];
    const gates = [1, 2, 3].map(() => deferred());
    source.onEvent(({ data }) => {
      heard.push(data);
      return gates[Number(data) - 1]!.promise;
    });
    source.on("message", ({ data }) => heard.push(`on ${data}`));
    await take(source, 1);
    await roundTrips(3);
    expect(heard).toEqual(["on 1", "1"]);
    gates[0]!.resolve();
    await take(source, 1);
    await roundTrips(3);
    expect(heard).toEqual(["on 1", "1", "on 2", "2"]);
    gates[1]!.resolve();
    await take(source, 1);
    expect(heard).toHaveLength(6);
  });

  it("loses nothing when the server ends the stream meanwhile", async () => {
    await using server = await serve((response, _request, n) => {
      stream(response, n === 1 ? THREE : "");
      return n === 1 && response.end();
    });
    using source = createEventSource(server.url, { retry: soon });
    const heard: string[] = [];
    source.onEvent(async ({ data }) => {
      heard.push(data);
      await roundTrips(2);
    });
    await server.request(2);
    expect(heard).toEqual(["1", "2", "3"]);
  });
});

/** A server that pushes 200 MB in events of 16 KiB as fast as the socket takes them, and counts. */
async function serveFlood(): Promise<TestServer & { readonly pushed: number; readonly drains: number }> {
  const event = `data: ${"x".repeat(16 * 1024 - 8)}\n\n`;
  let pushed = 0;
  let drains = 0;
  const server = await serve((response) => {
    response.on("drain", () => drains++);
    return flood(stream(response), event, 200 * MB, (bytes) => (pushed = bytes));
  });
  return Object.defineProperties(server, {
    pushed: { get: () => pushed },
    drains: { get: () => drains },
  }) as Awaited<ReturnType<typeof serveFlood>>;
}

/** Resolves when the server's writes have come to rest: nothing moved during many turns of I/O. */
async function stalled(server: { readonly pushed: number; readonly drains: number }): Promise<void> {
  for (let before = -1; before !== server.pushed + server.drains;) {
    before = server.pushed + server.drains;
    await roundTrips(10);
  }
}

function memory(): number {
  globalThis.gc!();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

describe("backpressure to the socket", () => {
  it("keeps memory below 60 MB of growth and stalls the server while a for await loop takes 5 ms per event of a 200 MB stream", async () => {
    await using server = await serveFlood();
    const before = memory();
    let most = 0;
    let count = 0;
    for await (const { data } of createEventSource(server.url)) {
      expect(data).toHaveLength(16 * 1024 - 8);
      await new Promise((resolve) => setTimeout(resolve, 5));
      if (++count % 50 === 0) most = Math.max(most, memory() - before);
      if (count === 200) break;
    }
    expect(most).toBeLessThan(60 * MB);
    // 200 events are 3 MB; the rest lies in the buffers of the two sockets.
    expect(server.pushed).toBeLessThan(60 * MB);
    await server.idle();
  });

  it.each(["a for await loop", "onEvent", "an asynchronous decode", "fetchEvents"])(
    "stops the server's writes altogether while %s holds, and lets them go on afterwards",
    async (kind) => {
      await using server = await serveFlood();
      const controller = new AbortController();
      const { signal } = controller;
      let held = deferred();
      let count = 0;
      const hold = () => (count++, held.promise);
      const run = async (): Promise<void> => {
        if (kind === "fetchEvents") {
          for await (const { data } of fetchEvents(server.url, { signal })) if (data) await hold();
          return;
        }
        const decode = async (raw: string) => (await hold(), raw);
        using source = createEventSource(server.url, { signal, ...(kind.includes("decode") && { decode }) });
        if (kind === "a for await loop") for await (const { data } of source) if (data) await hold();
        source.onEvent(kind === "onEvent" ? hold : () => {});
        await source.closed;
      };
      const done = run();
      await server.request(1);
      await stalled(server);
      const { pushed, drains } = server;
      await roundTrips(20);
      expect([server.pushed, server.drains]).toEqual([pushed, drains]);
      expect(count).toBe(1);
      expect(pushed).toBeLessThan(60 * MB);

      held.resolve();
      while (server.pushed < pushed + 10 * MB) await roundTrips(1);
      expect(count).toBeGreaterThan(100);
      held = deferred();
      controller.abort();
      held.resolve();
      if (kind === "fetchEvents") await expect(done).rejects.toBe(controller.signal.reason);
      else await done;
      await server.idle();
    },
  );
});

describe("a drop while an iterator is slow", () => {
  it("still gives the events that had arrived, then resumes after the last one taken", async () => {
    await using server = await serve((response, _request, n) =>
      stream(response, n === 1 ? "id: 1\ndata: 1\n\nid: 2\ndata: 2\n\n" : "id: 3\ndata: 3\n\n"),
    );
    const source = createEventSource(server.url, { retry: soon });
    const heard: string[] = [];
    for await (const { data } of source) {
      heard.push(data);
      if (data === "1") {
        drop(server.requests[0]!);
        await server.released(1);
      }
      if (data === "3") break;
    }
    expect(heard).toEqual(["1", "2", "3"]);
    expect(server.requests[1]!.headers["last-event-id"]).toBe("2");
  });
});
