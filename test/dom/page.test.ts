import { afterEach, describe, expect, it, vi } from "vitest";
import { createEventSource, fetchEvents, type ConnectionStatus, type FetchLike } from "../../src/index.ts";
import { createTestServer } from "../../src/testing.ts";
import { nextError, reach } from "../helpers/watch.ts";

const ORIGIN = "http://localhost:3000";

function setOnline(online: boolean): void {
  vi.spyOn(navigator, "onLine", "get").mockReturnValue(online);
}

afterEach(() => {
  document.head.replaceChildren();
  vi.restoreAllMocks();
});

describe("a client in a page", () => {
  it("resolves a relative URL against the document", async () => {
    const server = createTestServer();
    using source = createEventSource("events?x=1", { fetch: server.fetch });
    await reach(source, "open");
    expect(server.requests[0]!.url).toBe(`${ORIGIN}/events?x=1`);
    expect(source.url).toBe(`${ORIGIN}/events?x=1`);
  });

  it("resolves a relative URL against <base>, also of fetchEvents and of a function", async () => {
    const base = document.createElement("base");
    base.href = "https://cdn.example.com/app/";
    document.head.append(base);
    const { fetch, requests, ...server } = createTestServer();
    using source = createEventSource("events", { fetch });
    using other = createEventSource(() => "../other", { fetch });
    await Promise.all([reach(source, "open"), reach(other, "open")]);
    const third = fetchEvents("/third", { fetch });
    await server.connection(3);
    third.close();
    expect(requests.map(({ url }) => url)).toEqual([
      "https://cdn.example.com/app/events",
      "https://cdn.example.com/other",
      "https://cdn.example.com/third",
    ]);
  });

  it('bypasses the HTTP cache with cache: "no-store", unless the caller sets `cache`', async () => {
    const { fetch, requests } = createTestServer();
    using source = createEventSource("/events", { fetch });
    using other = createEventSource("/events", { fetch, cache: "reload" });
    await Promise.all([reach(source, "open"), reach(other, "open")]);
    expect(requests.map(({ init }) => init.cache)).toEqual(["no-store", "reload"]);
    for (const { headers, init } of requests) {
      expect([...headers.keys()]).toEqual(["accept"]);
      expect(init).not.toHaveProperty("credentials");
      expect(init).not.toHaveProperty("mode");
    }
  });

  it("passes errors of listeners to window.reportError, as an EventTarget does", async () => {
    const reported: unknown[] = [];
    vi.stubGlobal("reportError", (error: unknown) => reported.push(error));
    const server = createTestServer();
    using source = createEventSource("/events", { fetch: server.fetch });
    source.on("message", () => {
      throw "a bug";
    });
    server.push({ data: "x" });
    await server.delivered();
    vi.unstubAllGlobals();
    expect(reported).toEqual(["a bug"]);
    expect(source.status.state).toBe("open");
  });

  it("blocks an opaque redirect with redirect: same-origin, wherever it leads", async () => {
    const opaque = {
      status: 0,
      type: "opaqueredirect",
      headers: new Headers(),
      body: null,
      url: `${ORIGIN}/events`,
    };
    const fetch = vi.fn<FetchLike>(async () => opaque as unknown as Response);
    using source = createEventSource("/events", { fetch, redirect: "same-origin" });
    const { error } = await source.closed;
    expect(error).toMatchObject({ code: "http-status", willRetry: false });
    expect(error!.message).toMatch(/redirect/);
    expect(fetch.mock.calls[0]![1].redirect).toBe("manual");
  });
});

describe("a client in an offline page", () => {
  it("pauses retries without counting attempts, and resumes at once on the online event", async () => {
    const { fetch, requests, ...server } = createTestServer();
    server.status(0, {}, 4);
    using source = createEventSource("/events", {
      fetch,
      retry: { initialDelay: 1e6, maxDelay: 1e9, maxRetries: 1 },
    });
    const states: ConnectionStatus["state"][] = [source.status.state];
    source.onStatus(({ state }) => states.push(state));
    setOnline(false);
    for (let round = 1; round <= 3; round++) {
      const error = nextError(source);
      expect(await reach(source, "paused")).toMatchObject({ state: "paused", reason: "offline" });
      expect(await error).toMatchObject({ code: "network", willRetry: true, attempt: 1 });
      expect(source.readyState).toBe(0);
      if (round === 3) setOnline(true);
      window.dispatchEvent(new Event("online"));
      expect(source.status).toEqual({ state: "connecting", attempt: 1 });
    }
    // `maxRetries: 1` allows one retry, and none was used yet.
    expect(await reach(source, "waiting")).toMatchObject({ attempt: 1 });
    source.open();
    await reach(source, "open");
    expect(requests).toHaveLength(5);
    expect(states.join(" ")).toBe(
      "connecting paused connecting paused connecting paused connecting waiting connecting open",
    );
  });

  it("keeps a healthy stream, since navigator.onLine can be wrong", async () => {
    const server = createTestServer();
    using source = createEventSource("/events", { fetch: server.fetch });
    await reach(source, "open");
    setOnline(false);
    window.dispatchEvent(new Event("offline"));
    server.push({ data: "x" });
    await server.delivered();
    expect(source.status.state).toBe("open");
    expect(server.requests).toHaveLength(1);
  });

  it("makes the first attempt anyway", async () => {
    setOnline(false);
    const { fetch, requests } = createTestServer();
    using source = createEventSource("/events", { fetch });
    await reach(source, "open");
    expect(requests).toHaveLength(1);
  });

  it("connects at once on open(), and removes its page listeners on close()", async () => {
    setOnline(false);
    const add = vi.spyOn(globalThis, "addEventListener");
    const remove = vi.spyOn(globalThis, "removeEventListener");
    const server = createTestServer();
    server.status(0, {}, Infinity);
    const source = createEventSource("/events", { fetch: server.fetch });
    await reach(source, "paused");
    source.open();
    expect(source.status.state).toBe("connecting");
    await reach(source, "paused");
    source.close();
    const online = (spy: typeof add | typeof remove) => spy.mock.calls.filter(([type]) => type === "online");
    expect(online(add)).toHaveLength(2);
    expect(online(remove)).toHaveLength(2);
    setOnline(true);
    window.dispatchEvent(new Event("online"));
    expect(source.status).toEqual({ state: "closed", reason: "client" });
    expect(server.requests).toHaveLength(2);
  });

  it("closes on a fatal error", async () => {
    setOnline(false);
    const server = createTestServer();
    server.status(404);
    using source = createEventSource("/events", { fetch: server.fetch });
    expect((await source.closed).error).toMatchObject({ status: 404 });
  });

  it("waits for the page to come online after the server ended the stream", async () => {
    setOnline(false);
    const server = createTestServer();
    server.push({ id: 4, data: "x" });
    server.end();
    using source = createEventSource("/events", { fetch: server.fetch });
    await reach(source, "paused");
    setOnline(true);
    window.dispatchEvent(new Event("online"));
    await reach(source, "open");
    expect(server.requests[1]!.lastEventId).toBe("4");
  });
});
