import { describe, expect, it } from "vitest";
import { createClient } from "../../src/client/client.ts";
import { createEventSource, fetchEvents, readEvents, type EventSourceOptions } from "../../src/index.ts";
import { collect } from "../helpers/collect.ts";
import { deferred } from "../helpers/deferred.ts";
import { fakeTime } from "../helpers/fake-time.ts";
import { abortListeners } from "../helpers/machine.ts";
import { drop, flood, refuse, serve, stream } from "../helpers/server.ts";
import { roundTrips, until } from "../helpers/turns.ts";
import { nextError, reach, take } from "../helpers/watch.ts";

const soon = { initialDelay: 1, jitter: 0 };
const THREE = "data: 1\n\ndata: 2\n\ndata: 3\n\n";
const HTML = { "content-type": "text/html" };

describe("close()", () => {
  it("inside a listener is final: no event comes afterwards, not even from the same chunk", async () => {
    await using server = await serve((response) => stream(response, `${THREE}: comment\n\n`));
    using source = createEventSource(server.url, { retry: soon });
    const heard: string[] = [];
    source.onComment((comment) => heard.push(comment));
    source.on("message", ({ data }) => {
      heard.push(data);
      source.close();
    });
    expect(await source.closed).toEqual({ state: "closed", reason: "client" });
    await server.idle();
    await roundTrips(3);
    expect(heard).toEqual(["1"]);
    expect(source.lastEventId).toBe("");
    expect(server.requests).toHaveLength(1);
  });

  it.each(["onComment", "onStatus", "onError"] as const)(
    "inside a listener of %s is final too",
    async (kind) => {
      await using server = await serve((response, _request, n) =>
        n === 1 ? refuse(response, 503) : stream(response, `: comment\n\n${THREE}`),
      );
      using source = createEventSource(server.url, { retry: soon, open: false });
      const heard: string[] = [];
      source.onEvent(({ data }) => heard.push(data));
      source[kind](() => source.close());
      source.open();
      expect(await source.closed).toEqual({ state: "closed", reason: "client" });
      await server.idle();
      expect(heard).toEqual([]);
    },
  );

  it("inside the listener that hears of the open stream keeps its events back", async () => {
    await using server = await serve((response) => stream(response, THREE));
    using source = createEventSource(server.url);
    const heard: string[] = [];
    source.onEvent(({ data }) => heard.push(data));
    source.onStatus(({ state }) => state === "open" && source.close());
    expect(await source.closed).toEqual({ state: "closed", reason: "client" });
    await server.idle();
    expect(heard).toEqual([]);
  });

  it("is synchronous for observers, happens once, and gives the signal of the attempt its reason", async () => {
    await using server = await serve((response) => stream(response));
    let attempt: AbortSignal | undefined;
    using source = createEventSource(server.url, {
      headers: ({ signal }) => ((attempt = signal), {}),
    });
    await reach(source, "open");
    const states: string[] = [];
    source.onStatus(({ state }) => states.push(state));
    source.close("had enough");
    expect(states).toEqual(["closed"]);
    expect(source.readyState).toBe(2);
    expect(attempt!.reason).toBe("had enough");
    source.close();
    source[Symbol.dispose]();
    expect(states).toEqual(["closed"]);
    await server.idle();
  });

  it("while connecting abandons the request", async () => {
    await using server = await serve(() => {});
    using source = createEventSource(server.url);
    await server.request(1);
    source.close();
    expect(source.status).toEqual({ state: "closed", reason: "client" });
    await server.idle();
  });

  it("in the same turn as the construction leaves no socket open", async () => {
    await using server = await serve((response) => stream(response));
    const source = createEventSource(server.url);
    source.close();
    expect(await source.closed).toEqual({ state: "closed", reason: "client" });
    await roundTrips(3);
    await server.idle();
  });

  it.each(["headers", "body", "url"])("during a %s function makes no request", async (name) => {
    await using server = await serve((response) => stream(response));
    const asked = deferred();
    const answer = deferred();
    const give = async <T>(value: T): Promise<T> => {
      asked.resolve();
      await answer.promise;
      return value;
    };
    using source = createEventSource(name === "url" ? () => give(server.url) : server.url, {
      ...(name === "headers" && { headers: () => give({}) }),
      ...(name === "body" && { method: "POST", body: () => give("x") }),
    });
    await asked.promise;
    source.close();
    answer.resolve();
    await roundTrips(3);
    expect(server.requests).toHaveLength(0);
  });

  it("while waiting clears the timer and makes no further request", async () => {
    await using server = await serve((response) => drop(response));
    const time = fakeTime();
    using source = createClient(server.url, {}, time.environment);
    await reach(source, "waiting");
    expect(time.timers).toBe(1);
    source.close();
    expect(time.timers).toBe(0);
    time.advance(1e6);
    await roundTrips(3);
    expect(server.requests).toHaveLength(1);
  });

  it("clears the timers of connectTimeout and idleTimeout", async () => {
    await using server = await serve((response, _request, n) => n > 1 && stream(response));
    const time = fakeTime();
    const options = { connectTimeout: 1000, idleTimeout: 1000 };
    using source = createClient(server.url, options, time.environment);
    await server.request(1);
    expect(time.timers).toBe(1);
    source.close();
    expect(time.timers).toBe(0);
    source.open();
    await reach(source, "open");
    await roundTrips(2);
    expect(time.timers).toBe(1);
    source.close();
    expect(time.timers).toBe(0);
  });

  it("during an asynchronous decode delivers nothing", async () => {
    await using server = await serve((response) => stream(response, THREE));
    const decoding = deferred();
    const decoded = deferred<string>();
    using source = createEventSource(server.url, {
      decode: () => {
        decoding.resolve();
        return decoded.promise;
      },
    });
    const heard: unknown[] = [];
    source.onEvent(({ data }) => heard.push(data));
    source.onError(({ code }) => heard.push(code));
    await decoding.promise;
    source.close();
    decoded.resolve("late");
    await server.idle();
    expect(heard).toEqual([]);
  });

  it("during an asynchronous decode that then fails reports nothing", async () => {
    await using server = await serve((response) => stream(response, THREE));
    const decoding = deferred();
    const decoded = deferred<string>();
    using source = createEventSource(server.url, {
      decode: () => {
        decoding.resolve();
        return decoded.promise;
      },
    });
    const heard: unknown[] = [];
    source.onEvent(({ data }) => heard.push(data));
    source.onError(({ code }) => heard.push(code));
    await decoding.promise;
    source.close();
    decoded.reject(new Error("late"));
    await server.idle();
    expect(heard).toEqual([]);
  });

  it("while a listener holds the reader releases the socket", async () => {
    await using server = await serve((response) => stream(response, THREE));
    using source = createEventSource(server.url);
    const heard: string[] = [];
    const held = deferred();
    const holding = new Promise<void>((resolve) => {
      source.onEvent(({ data }) => {
        heard.push(data);
        resolve();
        return held.promise;
      });
    });
    await holding;
    source.close();
    await server.idle();
    held.resolve();
    await roundTrips(1);
    expect(heard).toEqual(["1"]);
  });

  it("is undone by open(), which connects again; by reconnect() too", async () => {
    await using server = await serve((response) => stream(response, "data: x\n\n"));
    using source = createEventSource(server.url);
    for (const again of ["open", "reconnect", "open"] as const) {
      await take(source, 1);
      const { closed } = source;
      source.close();
      expect(await closed).toEqual({ state: "closed", reason: "client" });
      source[again]();
      expect(source.closed).not.toBe(closed);
      expect(source.status).toEqual({ state: "connecting", attempt: 1 });
    }
    await take(source, 1);
    expect(server.requests).toHaveLength(4);
  });

  it("and open() inside one listener make a new connection, and the old one is silent", async () => {
    await using server = await serve((response, _request, n) =>
      stream(response, `data: ${n}a\n\ndata: ${n}b\n\n`),
    );
    using source = createEventSource(server.url);
    const heard: string[] = [];
    source.on(
      "message",
      () => {
        source.close();
        source.open();
      },
      { once: true },
    );
    source.onEvent(({ data }) => heard.push(data));
    await server.request(2);
    await take(source, 2);
    expect(heard).toEqual(["1a", "2a", "2b"]);
    await server.released(1);
  });

  it("happens at the end of a block with using", async () => {
    await using server = await serve((response) => stream(response));
    {
      using source = createEventSource(server.url);
      await reach(source, "open");
    }
    await server.idle();
  });

  it("before the first open() is final too, and open() works after it", async () => {
    await using server = await serve((response) => stream(response));
    using source = createEventSource(server.url, { open: false });
    source.close();
    expect(await source.closed).toEqual({ state: "closed", reason: "client" });
    source.open();
    await reach(source, "open");
  });
});

describe("reconnect()", () => {
  it("inside a listener drops the rest of the chunk, which the server is asked for again", async () => {
    await using server = await serve((response, { headers }) => {
      const from = Number(headers["last-event-id"] ?? 0) + 1;
      stream(response, `id: ${from}\ndata: ${from}\n\nid: ${from + 1}\ndata: ${from + 1}\n\n`);
    });
    using source = createEventSource(server.url);
    const heard: string[] = [];
    source.on("message", ({ data }) => {
      heard.push(data);
      if (heard.length < 4) source.reconnect();
    });
    await server.request(4);
    await take(source, 2);
    expect(heard).toEqual(["1", "2", "3", "4", "5"]);
  });

  it("while connecting abandons that request and counts no failure", async () => {
    await using server = await serve((response, _request, n) => n > 2 && stream(response));
    using source = createEventSource(server.url);
    for (const n of [1, 2]) {
      await server.request(n);
      source.reconnect();
      expect(source.status).toEqual({ state: "connecting", attempt: 1 });
      await server.released(n);
    }
    await reach(source, "open");
    await until(() => server.sockets.size === 1);
  });

  it("while waiting connects at once, and never twice", async () => {
    await using server = await serve((response, _request, n) =>
      n === 1 ? drop(response) : stream(response),
    );
    const time = fakeTime();
    using source = createClient(server.url, {}, time.environment);
    await reach(source, "waiting");
    source.reconnect();
    expect(time.timers).toBe(0);
    await reach(source, "open");
    time.advance(1e6);
    await roundTrips(3);
    expect(server.requests).toHaveLength(2);
  });
});

describe("open()", () => {
  it("does nothing while connecting and while open", async () => {
    await using server = await serve((response) => stream(response));
    using source = createEventSource(server.url);
    source.open();
    await reach(source, "open");
    source.open();
    await roundTrips(3);
    expect(server.requests).toHaveLength(1);
  });

  it("makes one connection, however often it is called while waiting", async () => {
    await using server = await serve((response, _request, n) =>
      n === 1 ? drop(response) : stream(response),
    );
    const time = fakeTime();
    using source = createClient(server.url, {}, time.environment);
    await reach(source, "waiting");
    for (let i = 0; i < 5; i++) source.open();
    expect(time.timers).toBe(0);
    await reach(source, "open");
    time.advance(1e6);
    await roundTrips(3);
    expect(server.requests).toHaveLength(2);
  });

  it("after a fatal error connects again", async () => {
    await using server = await serve((response, _request, n) =>
      n === 1 ? refuse(response, 404) : stream(response),
    );
    using source = createEventSource(server.url);
    expect((await source.closed).reason).toBe("error");
    source.open();
    await reach(source, "open");
  });

  it("works inside the listener that hears of the end", async () => {
    await using server = await serve((response, _request, n) =>
      n === 1 ? refuse(response, 404) : stream(response),
    );
    using source = createEventSource(server.url);
    source.onStatus(({ state }) => state === "closed" && server.requests.length === 1 && source.open());
    await reach(source, "open");
    expect(server.requests).toHaveLength(2);
  });
});

describe("a signal", () => {
  it("that is aborted before the call makes no request at all", async () => {
    await using server = await serve((response) => stream(response));
    const signal = AbortSignal.abort("never");
    using source = createEventSource(server.url, { signal });
    expect(source.status).toEqual({ state: "closed", reason: "client" });
    expect(await source.closed).toEqual({ state: "closed", reason: "client" });
    expect(await collect(source)).toEqual([]);
    await expect(collect(fetchEvents(server.url, { signal }))).rejects.toBe("never");
    await roundTrips(5);
    expect(server.requests).toHaveLength(0);
    expect(abortListeners(signal)).toBe(0);
  });

  it("that is aborted before the call asks for no token either", async () => {
    let calls = 0;
    const options: EventSourceOptions = { signal: AbortSignal.abort(), headers: () => (calls++, {}) };
    using source = createEventSource("http://127.0.0.1:9/", options);
    await source.closed;
    await expect(collect(fetchEvents("http://127.0.0.1:9/", options))).rejects.toThrow("aborted");
    expect(calls).toBe(0);
  });

  it("that is aborted before the call cancels the body that readEvents is given", async () => {
    await using server = await serve((response) => stream(response, THREE));
    const response = await fetch(server.url);
    await expect(collect(readEvents(response, { signal: AbortSignal.abort() }))).rejects.toThrow("aborted");
    await server.idle();
  });

  it("closes when it is aborted, also from within a listener with more events in the same chunk", async () => {
    await using server = await serve((response) => stream(response, THREE));
    const controller = new AbortController();
    let attempt: AbortSignal | undefined;
    using source = createEventSource(server.url, {
      signal: controller.signal,
      headers: ({ signal }) => ((attempt = signal), {}),
    });
    const heard: string[] = [];
    source.onEvent(({ data }) => {
      heard.push(data);
      controller.abort("enough");
      expect(source.status).toEqual({ state: "closed", reason: "client" });
    });
    await source.closed;
    await server.idle();
    expect(heard).toEqual(["1"]);
    expect(attempt!.reason).toBe("enough");
    expect(abortListeners(controller.signal)).toBe(0);
  });

  it("stops a wait", async () => {
    await using server = await serve((response) => drop(response));
    const time = fakeTime();
    const controller = new AbortController();
    using source = createClient(server.url, { signal: controller.signal }, time.environment);
    await reach(source, "waiting");
    controller.abort();
    expect(source.status).toEqual({ state: "closed", reason: "client" });
    expect(time.timers).toBe(0);
  });

  it("that is aborted keeps the client closed: open() makes no request, and `closed` still settles", async () => {
    await using server = await serve((response) => stream(response));
    const controller = new AbortController();
    using source = createEventSource(server.url, { signal: controller.signal });
    await reach(source, "open");
    controller.abort();
    source.open();
    source.reconnect();
    expect(source.status).toEqual({ state: "closed", reason: "client" });
    const settled = await Promise.race([source.closed, roundTrips(3)]);
    expect(settled).toEqual({ state: "closed", reason: "client" });
    expect(server.requests).toHaveLength(1);
  });

  it("has one listener of ours while the client lives, and none after any end", async () => {
    const ends: [name: string, answer: number | "end" | "stay"][] = [
      ["close", "stay"],
      ["fatal", 404],
      ["server", 204],
      ["complete", "stay"],
    ];
    const { signal } = new AbortController();
    for (const [name, answer] of ends) {
      await using server = await serve((response) =>
        typeof answer === "number" ? refuse(response, answer) : stream(response, "data: end\n\n"),
      );
      using source = createEventSource(server.url, {
        signal,
        ...(name === "complete" && { endOn: "end" }),
      });
      expect(abortListeners(signal)).toBe(1);
      if (name === "close") {
        await take(source, 1);
        expect(abortListeners(signal)).toBe(1);
        source.close();
      }
      await source.closed;
      expect(abortListeners(signal), name).toBe(0);
    }
  });

  it("has no listener left after reconnects and re-opening", async () => {
    await using server = await serve((response) => stream(response, "data: x\n\n"));
    const { signal } = new AbortController();
    using source = createEventSource(server.url, { signal });
    for (let i = 0; i < 5; i++) {
      await take(source, 1);
      source.reconnect();
      await take(source, 1);
      source.close();
      expect(abortListeners(signal)).toBe(0);
      source.open();
      expect(abortListeners(signal)).toBe(1);
    }
    source.close();
    expect(abortListeners(signal)).toBe(0);
  });
});

describe("`closed`", () => {
  it("never rejects, whoever looks at it", async () => {
    await using server = await serve((response) => refuse(response, 404));
    const source = createEventSource(server.url);
    const { closed } = source;
    await expect(closed).resolves.toMatchObject({ reason: "error", error: { code: "http-status" } });
    expect(source.closed).toBe(closed);
  });

  it("tells of completion", async () => {
    await using server = await serve((response) =>
      stream(response, "data: 1\n\ndata: [DONE]\n\ndata: 2\n\n"),
    );
    using source = createEventSource(server.url, { endOn: "[DONE]" });
    const heard: string[] = [];
    source.onEvent(({ data }) => heard.push(data));
    expect(await source.closed).toEqual({ state: "closed", reason: "complete" });
    await server.idle();
    expect(heard).toEqual(["1"]);
    expect(server.requests).toHaveLength(1);
  });
});

describe("the socket of a rejected response is released", () => {
  const long = "x".repeat(10_000);

  it.each([
    ["404", 404, {}],
    ["500", 500, {}],
    ["401", 401, {}],
    ["HTML with status 200", 200, HTML],
    ["201", 201, { "content-type": "text/event-stream" }],
  ])("for a body that never ends: %s", async (_name, status, headers) => {
    await using server = await serve((response) => {
      response.writeHead(status, headers);
      return flood(response, long, Infinity);
    });
    using source = createEventSource(server.url);
    const error = await nextError(source);
    expect(error.body).toHaveLength(4096);
    await server.idle();
  });

  it.each([
    ["404", 404, {}],
    ["503", 503, {}],
    ["HTML with status 200", 200, HTML],
  ])("for a body that stalls: %s", async (_name, status, headers) => {
    await using server = await serve((response) => {
      response.writeHead(status, headers);
      response.write("short");
    });
    const time = fakeTime();
    using source = createClient(
      server.url,
      { retry: { initialDelay: 1e6, maxDelay: 1e9 } },
      time.environment,
    );
    const error = nextError(source);
    await server.request(1);
    while (!time.timers) await roundTrips(1);
    time.advance(1000);
    await error;
    await server.idle();
  });

  it("and the wait for a stalled body ends with close(), timer included", async () => {
    await using server = await serve((response) => {
      response.writeHead(404);
      response.write("short");
    });
    const time = fakeTime();
    using source = createClient(server.url, {}, time.environment);
    await server.request(1);
    while (!time.timers) await roundTrips(1);
    source.close();
    await server.idle();
    await roundTrips(1);
    expect(time.timers).toBe(0);
    expect(source.status).toEqual({ state: "closed", reason: "client" });
  });

  it("for 204", async () => {
    await using server = await serve((response) => response.writeHead(204).end());
    using source = createEventSource(server.url);
    await source.closed;
    await server.idle();
  });

  it("for a 401 that was refreshed, before the next request is answered", async () => {
    await using server = await serve((response, _request, n) => {
      if (n > 1) return stream(response);
      response.writeHead(401);
      return response.write("never ends");
    });
    using source = createEventSource(server.url, { onUnauthorized: () => {} });
    await reach(source, "open");
    await server.released(1);
    // undici may have opened a spare one, which it closes by itself.
    await until(() => server.sockets.size === 1);
  });

  it("for redirects, followed and refused", async () => {
    await using server = await serve((response, { url }) => {
      if (url === "/final") return stream(response);
      const location = url === "/away" ? "http://127.0.0.1:9/" : "/final";
      response.writeHead(302, { location });
      return response.write("never ends");
    });
    using source = createEventSource(server.url, { redirect: "same-origin" });
    await reach(source, "open");
    await server.released(1);
    source.close();
    using away = createEventSource(new URL("/away", server.url), { redirect: "same-origin" });
    await away.closed;
    await server.idle();
  });

  it("over many attempts: nothing adds up", async () => {
    const kinds = [503, 500, 429, 408];
    await using server = await serve((response, _request, n) => {
      if (n > 40) return stream(response);
      response.writeHead(kinds[n % kinds.length]!);
      return flood(response, long, Infinity);
    });
    using source = createEventSource(server.url, { retry: { ...soon, factor: 1 } });
    await reach(source, "open");
    for (let n = 1; n <= 40; n++) await server.released(n);
    await until(() => server.sockets.size === 1);
  });

  it("for fetchEvents and readEvents", async () => {
    await using server = await serve((response) => {
      response.writeHead(404);
      return flood(response, long, Infinity);
    });
    await expect(collect(fetchEvents(server.url))).rejects.toMatchObject({ status: 404 });
    await server.idle();
    const response = await fetch(server.url);
    await expect(collect(readEvents(response))).rejects.toMatchObject({ status: 404 });
    await server.idle();
  });
});

describe("a response that comes too late", () => {
  it("from a fetch that ignores its signal, is released and never becomes the state of the client", async () => {
    const answer = deferred();
    await using server = await serve(async (response) => {
      await answer.promise;
      stream(response, THREE);
    });
    using source = createEventSource(server.url, {
      fetch: (url, init) => fetch(url, { ...init, signal: null }),
    });
    const heard: unknown[] = [];
    source.onEvent((event) => heard.push(event));
    await server.request(1);
    source.close();
    answer.resolve();
    await server.idle();
    expect(heard).toEqual([]);
    expect(source.status).toEqual({ state: "closed", reason: "client" });
  });
});
