import { afterEach, describe, expect, it, vi } from "vitest";
import { EventSource } from "../../src/eventsource.ts";
import { createEventSource, fetchEvents, json } from "../../src/index.ts";
import { createTestServer, formatEvent } from "../../src/testing.ts";
import { collect } from "../helpers/collect.ts";
import { deferred } from "../helpers/deferred.ts";
import { abortListeners } from "../helpers/machine.ts";
import { reach } from "../helpers/watch.ts";

const url = "https://example.com/prices?a=1";
const soon = { initialDelay: 0, jitter: 0 };

/** A client of a server, with the data and the error codes that it emitted. */
function subscribe(
  server: { fetch: (url: string, init: RequestInit) => Promise<Response> },
  options: Parameters<typeof createEventSource>[1] = {},
) {
  const source = createEventSource(url, { retry: soon, ...options, fetch: server.fetch });
  const heard: unknown[] = [];
  source.onEvent(({ data }) => heard.push(data));
  source.onError(({ code }) => heard.push(code));
  return Object.assign(source, { heard });
}

describe("the test server", () => {
  it("sends events with name and ID, and data that is not a string as JSON", async () => {
    const server = createTestServer();
    using source = createEventSource(url, { fetch: server.fetch });
    const events: unknown[] = [];
    source.onEvent((event) => events.push(event));
    server.push({ data: "a\nb" });
    server.push({ type: "tick", data: { price: 1 }, id: 7 });
    await server.delivered();
    const origin = "https://example.com";
    expect(events).toEqual([
      { type: "message", data: "a\nb", raw: "a\nb", lastEventId: "", origin },
      { type: "tick", data: '{"price":1}', raw: '{"price":1}', lastEventId: "7", origin },
    ]);
    expect(source.status).toMatchObject({ state: "open", url });
  });

  it("sends an ID without data, comments, the reconnection time, and events in pieces", async () => {
    const server = createTestServer();
    using source = subscribe(server, { retry: { initialDelay: 1, jitter: 0 } });
    const comments: string[] = [];
    source.onComment((comment) => comments.push(comment));
    server.push({ id: "x" });
    server.comment();
    server.comment("two\r\nlines\u2028or so");
    server.retry(86_400_000);
    server.send("data: \u20ac");
    server.send(new TextEncoder().encode("1\n"));
    server.send("\n");
    await server.delivered();
    expect([source.heard, comments, source.lastEventId]).toEqual([
      ["\u20ac1"],
      ["", "two", "lines\u2028or so"],
      "x",
    ]);
    server.drop();
    expect(await reach(source, "waiting")).toMatchObject({ delay: 86_400_000, error: { code: "network" } });
  });

  it("sends to all open connections, or to one", async () => {
    const server = createTestServer();
    using a = subscribe(server);
    using b = subscribe(server);
    const second = await server.connection(2);
    expect(server.connections).toEqual([await server.connection(), second]);
    server.push({ data: "both" });
    second.push({ data: "b" });
    await server.delivered();
    expect([a.heard, b.heard]).toEqual([["both"], ["both", "b"]]);
  });

  it("keeps what is sent without a connection for the next connections, in order", async () => {
    const server = createTestServer();
    server.push({ data: "1" });
    server.drop();
    server.push({ data: "2", id: "2" });
    server.end();
    server.comment("nobody gets it");
    server.push({ data: "3" });
    using source = subscribe(server);
    await server.delivered();
    expect(source.heard).toEqual(["1", "network", "2", "stream-ended", "3"]);
    expect(server.requests.map(({ lastEventId }) => lastEventId)).toEqual(["", "", "2"]);
  });

  it("delivers what was sent before a drop, also to a slow client", async () => {
    const server = createTestServer();
    const gate = deferred();
    using source = subscribe(server);
    source.onEvent(() => gate.promise);
    for (const data of ["1", "2", "3"]) server.push({ data });
    server.drop();
    await server.connection();
    gate.resolve();
    await server.connection(2);
    expect(source.heard).toEqual(["1", "2", "3", "network"]);
  });

  it.each(["type", "id"] as const)(
    "refuses a line break in the %s, which would start another field",
    (name) => {
      expect(() => createTestServer().push({ type: "t", id: "i", data: "", [name]: "a\rb" })).toThrow(
        `The ${name} of an event must not contain line breaks`,
      );
    },
  );

  it("formats the same events as text with formatEvent", () => {
    expect(formatEvent({ type: "tick", id: 1, data: "a\r\nb\rc\n" })).toBe(
      "id: 1\nevent: tick\ndata: a\ndata: b\ndata: c\ndata: \n\n",
    );
    expect(formatEvent({ id: "" })).toBe("id: \n\n");
    expect(formatEvent({ data: null })).toBe("data: null\n\n");
  });
});

describe("delivered()", () => {
  it("resolves at once if nothing was sent", async () => {
    await createTestServer().delivered();
  });

  it("waits for promises of listeners and for asynchronous decoders", async () => {
    const server = createTestServer();
    const gate = deferred();
    using source = subscribe(server, { decode: async (raw) => (await Promise.resolve(), Number(raw)) });
    source.onEvent(() => gate.promise);
    server.push({ data: 1 });
    server.push({ data: 2 });
    let isDelivered = false;
    const delivered = server.delivered().then(() => (isDelivered = true));
    await reach(source, "open");
    await new Promise(setImmediate);
    expect([source.heard, isDelivered]).toEqual([[1], false]);
    gate.resolve();
    await delivered;
    expect(source.heard).toEqual([1, 2]);
  });

  it("does not wait for a client that has closed", async () => {
    const server = createTestServer();
    const source = subscribe(server);
    source.onEvent(() => new Promise(() => {}));
    await server.connection();
    server.push({ data: 1 });
    server.push({ data: 2 });
    const delivered = server.delivered();
    source.close();
    await delivered;
  });
});

describe("a connection of the test server", () => {
  it.each([
    [
      "drop",
      {
        code: "network",
        message: expect.stringMatching(/^Connection to .* lost$/),
        cause: expect.any(TypeError),
      },
    ],
    ["end", { code: "stream-ended" }],
  ] as const)("ends by %s()", async (how, error) => {
    const server = createTestServer();
    using source = subscribe(server, { retry: { initialDelay: 1000 } });
    const connection = await server.connection();
    connection[how]();
    expect(await reach(source, "waiting")).toMatchObject({ error });
    expect(await connection.closed).toBe(how);
    expect(server.connections).toEqual([]);
    connection.push({ data: "into the void" });
    await server.delivered();
  });

  it.each(["close()", "break"])("ends by the client's %s", async (how) => {
    const server = createTestServer();
    const source = createEventSource(url, { fetch: server.fetch });
    const connection = await server.connection();
    server.push({ data: 1 });
    if (how === "break") for await (const _ of source) break;
    else source.close();
    expect(await connection.closed).toBe("client");
    expect(server.connections).toEqual([]);
  });

  it.each(["client", "drop", "end"] as const)(
    "leaves no listener on the signal when it ends: %s",
    async (how) => {
      const server = createTestServer();
      const controller = new AbortController();
      const { body } = await server.fetch(url, { signal: controller.signal });
      expect(abortListeners(controller.signal)).toBe(1);
      const text = new Response(body).text();
      if (how === "client") controller.abort("enough");
      else server[how]();
      expect(await (await server.connection()).closed).toBe(how);
      expect(abortListeners(controller.signal)).toBe(0);
      if (how === "end") expect(await text).toBe("");
      else await expect(text).rejects.toEqual(how === "client" ? "enough" : expect.any(TypeError));
    },
  );

  it("ends when the body is cancelled", async () => {
    const server = createTestServer();
    const response = await server.fetch(url);
    await response.body!.cancel();
    expect(await (await server.connection()).closed).toBe("client");
  });
});

describe("status()", () => {
  it("answers the given number of requests, in the order of the calls, before the server streams again", async () => {
    const server = createTestServer();
    server.status(503, { body: "busy", headers: { "retry-after": "0" } }, 2);
    server.status(0);
    using source = subscribe(server);
    const errors: unknown[] = [];
    source.onError(({ code, status, body }) => errors.push([code, status, body]));
    await server.connection();
    expect(errors).toEqual([
      ["http-status", 503, "busy"],
      ["http-status", 503, "busy"],
      ["network", undefined, undefined],
    ]);
    expect(server.requests).toHaveLength(4);
  });

  it("applies until it is cancelled", async () => {
    const server = createTestServer();
    const recover = server.status(500, {}, Infinity);
    using source = subscribe(server);
    await server.request(5);
    recover();
    await reach(source, "open");
  });

  it.each([204, 404])("%s has its usual meaning for the client", async (code) => {
    const server = createTestServer();
    server.status(code);
    using source = subscribe(server);
    expect(await source.closed).toMatchObject({ error: { status: code } });
  });

  it.each([
    [99, undefined],
    [600, undefined],
    [204, "no content has content"],
  ])("%s with the body %j is refused at once, since no server could answer it", (code, body) => {
    const server = createTestServer();
    expect(() => server.status(code, { body })).toThrow();
  });

  it("simulates an HTML page and an expired token", async () => {
    const server = createTestServer();
    server.status(200, { headers: { "content-type": "text/html" }, body: "<p>Sign in" });
    expect(await subscribe(server).closed).toMatchObject({
      error: { code: "content-type", body: "<p>Sign in" },
    });
    server.status(401);
    const onUnauthorized = vi.fn();
    using source = subscribe(server, { onUnauthorized });
    await reach(source, "open");
    expect(onUnauthorized).toHaveBeenCalledOnce();
  });
});

describe("stall()", () => {
  it("leaves requests without a response until resume()", async () => {
    const server = createTestServer();
    server.stall();
    server.stall();
    using source = subscribe(server);
    await server.request();
    expect(source.status.state).toBe("connecting");
    server.push({ data: "late" });
    server.resume();
    await server.delivered();
    expect(source.heard).toEqual(["late"]);
  });

  it("withholds everything that is sent, including the end", async () => {
    const server = createTestServer();
    using source = subscribe(server);
    await server.connection();
    server.stall();
    server.push({ data: 1 });
    server.drop();
    await new Promise(setImmediate);
    expect([source.heard, source.status.state]).toEqual([[], "open"]);
    server.resume();
    await server.connection(2);
    expect(source.heard).toEqual(["1", "network"]);
    server.resume();
  });

  it("triggers the timeouts of the client", async () => {
    const server = createTestServer();
    server.stall();
    using source = subscribe(server, { connectTimeout: 1, idleTimeout: 1, retry: { initialDelay: 1e6 } });
    expect(await reach(source, "waiting")).toMatchObject({ error: { code: "connect-timeout" } });
    server.resume();
    source.open();
    await reach(source, "open");
    expect(await reach(source, "waiting")).toMatchObject({ error: { code: "idle-timeout" } });
    expect(await (await server.connection()).closed).toBe("client");
    await server.delivered();
  });

  it("rejects an aborted request, and one that was aborted before", async () => {
    const server = createTestServer();
    server.stall();
    const controller = new AbortController();
    const { signal } = controller;
    const requested = server.fetch(url, { signal });
    controller.abort("enough");
    await expect(requested).rejects.toBe("enough");
    expect(abortListeners(signal)).toBe(0);
    await expect(server.fetch(url, { signal })).rejects.toBe("enough");
    expect(server.requests).toHaveLength(1);
  });
});

describe("the log of requests", () => {
  it("has the method, URL, headers, body, last event ID and fetch init", async () => {
    const server = createTestServer();
    server.status(204);
    createEventSource(url, {
      fetch: server.fetch,
      method: "post",
      headers: { "x-a": "1" },
      body: new URLSearchParams({ q: "a b" }),
      lastEventId: "\u20ac-1",
      credentials: "include",
    });
    const request = await server.request();
    expect(request).toMatchObject({ method: "POST", url, body: "q=a+b", lastEventId: "\u20ac-1" });
    expect(request.headers.get("x-a")).toBe("1");
    expect(request.init.credentials).toBe("include");
    expect(server.requests).toEqual([request]);
  });

  it("accepts a Request, a URL with init, and a URL alone", async () => {
    const server = createTestServer();
    const request = new Request(url, { method: "POST", body: "text", headers: { "last-event-id": "1" } });
    await server.fetch(request);
    await server.fetch(new URL(url));
    await server.fetch("/relative");
    expect(server.requests).toMatchObject([
      { method: "POST", url, body: "text", lastEventId: "1" },
      { method: "GET", url, body: "", lastEventId: "" },
      { url: "/relative" },
    ]);
    expect(await request.text()).toBe("text");
  });

  it("resolves request(n) and connection(n) before, when and after they are made", async () => {
    const server = createTestServer();
    const [second, connection] = [server.request(2), server.connection(1)];
    server.status(503);
    await server.fetch(url);
    await server.fetch(`${url}&b=2`);
    expect((await second).url).toBe(`${url}&b=2`);
    expect((await connection).request).toBe(await second);
    expect((await server.request(1)).url).toBe(url);
  });
});

describe("replay", () => {
  it("starts after the event that the client resumes after, and for other clients with the first event", async () => {
    const server = createTestServer({ replay: true });
    for (const id of [1, 2, 3]) server.push({ data: id, id });
    using source = subscribe(server, { decode: json, lastEventId: "2" });
    await server.delivered();
    server.drop();
    server.push({ data: 4, id: 4 });
    await server.connection(2);
    await server.delivered();
    server.push({ data: "no id" });
    await server.delivered();
    using late = subscribe(server, { decode: json });
    using lost = subscribe(server, { decode: json, lastEventId: "unknown" });
    await server.connection(4);
    await server.delivered();
    expect(source.heard).toEqual([3, "network", 4, "decode-failed"]);
    expect(late.heard).toEqual([1, 2, 3, 4, "decode-failed"]);
    expect(lost.heard).toEqual(late.heard);
  });

  it("keeps the order of what was sent without a connection", async () => {
    const server = createTestServer({ replay: true });
    server.comment("before");
    server.push({ data: 1, id: 1 });
    server.drop();
    server.push({ data: 2, id: 2 });
    server.retry(7);
    server.push({ data: 3, id: 3 });
    server.drop();
    server.push({ data: 4, id: 4 });
    using source = subscribe(server, { decode: json });
    await server.connection(3);
    await server.delivered();
    expect(source.heard).toEqual([1, "network", 2, 3, "network", 4]);
    expect(server.requests.map(({ lastEventId }) => lastEventId)).toEqual(["", "1", "3"]);
  });

  it("continues after a waiting event if the client received that event from another server", async () => {
    const server = createTestServer({ replay: true });
    for (const id of [1, 2, 3]) server.push({ data: id, id });
    using source = subscribe(server, { decode: json, lastEventId: "2" });
    await server.delivered();
    using late = subscribe(server, { decode: json });
    await server.connection(2);
    await server.delivered();
    expect([source.heard, late.heard]).toEqual([[3], [1, 2, 3]]);
  });

  it("reads the ID from the query parameter", async () => {
    const server = createTestServer({ replay: true, lastEventIdParam: "after" });
    for (const id of [1, 2]) server.push({ data: id, id });
    using source = subscribe(server, { lastEventIdParam: "after", lastEventId: "1" });
    await server.delivered();
    expect(source.heard).toEqual(["2"]);
    expect(server.requests).toMatchObject([{ lastEventId: "1" }]);
  });
});

describe("the fetch of the test server", () => {
  it("works for the EventSource class", async () => {
    const server = createTestServer();
    const source = new EventSource(url, { fetch: server.fetch });
    const heard: string[] = [];
    source.addEventListener("tick", (event) => heard.push((event as MessageEvent<string>).data));
    server.push({ type: "tick", data: "1" });
    await server.delivered();
    expect(heard).toEqual(["1"]);
    source.close();
    expect(await (await server.connection()).closed).toBe("client");
  });

  it("works for fetchEvents, which reads to the end", async () => {
    const server = createTestServer({ headers: { "x-model": "a" } });
    for (const data of ["never", "runs", "dry"]) server.push({ data });
    server.end();
    const answer = fetchEvents(url, { fetch: server.fetch, method: "POST", body: "{}" });
    expect((await collect(answer)).map(({ data }) => data)).toEqual(["never", "runs", "dry"]);
    expect((await answer.response)!.headers.get("x-model")).toBe("a");
  });
});

describe("the test server under fake timers", () => {
  afterEach(() => void vi.useRealTimers());

  it("delivers events before any time passes, also with faked microtasks", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "queueMicrotask"] });
    const server = createTestServer();
    using source = subscribe(server);
    const heard: unknown[] = [];
    source.onEvent(({ data }) => void heard.push(data));
    server.push({ data: "now" });
    await server.delivered();
    expect(heard).toEqual(["now"]);
  });

  it("works while time passes only for the client", async () => {
    vi.useFakeTimers({
      toFake: [
        "setTimeout",
        "clearTimeout",
        "setInterval",
        "clearInterval",
        "setImmediate",
        "clearImmediate",
        "Date",
        "performance",
        "queueMicrotask",
      ],
    });
    const server = createTestServer();
    server.status(503);
    using source = subscribe(server, { retry: { initialDelay: 20_000, jitter: 0 }, idleTimeout: 90_000 });
    await vi.advanceTimersByTimeAsync(0);
    expect(source.status).toMatchObject({ state: "waiting", delay: 20_000 });
    await vi.advanceTimersByTimeAsync(19_999);
    expect(server.requests).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1);
    server.push({ data: 1 });
    await server.delivered();
    expect(source.heard).toEqual(["http-status", "1"]);
    await vi.advanceTimersByTimeAsync(90_000);
    expect(source.heard).toEqual(["http-status", "1", "idle-timeout"]);
    source.close();
    expect(vi.getTimerCount()).toBe(0);
  });
});
