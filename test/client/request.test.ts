import { Buffer } from "node:buffer";
import type { IncomingMessage } from "node:http";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import {
  bearer,
  createEventSource,
  fetchEvents,
  type AttemptContext,
  type EventSourceOptions,
  type FetchEventsOptions,
} from "../../src/index.ts";
import { createTestServer } from "../../src/testing.ts";
import { collect } from "../helpers/collect.ts";
import { bodyOf, drop, refuse, serve, stream } from "../helpers/server.ts";
import { reach, take } from "../helpers/watch.ts";

const soon = { initialDelay: 1, jitter: 0 };

/** Header names as sent, but for those that the runtime's fetch adds to every request. */
function sentHeaders({ rawHeaders }: IncomingMessage): string[] {
  const own = /^(host|connection|accept-language|sec-fetch-mode|user-agent|accept-encoding)$/i;
  return rawHeaders.filter((name, i) => i % 2 === 0 && !own.test(name)).map((name) => name.toLowerCase());
}

/** Connects, and reconnects once after the server sent `first`. Gives both requests. */
async function twice(first: string, options: EventSourceOptions): Promise<IncomingMessage[]> {
  await using server = await serve((response, _request, n) => {
    stream(response, n === 1 ? first : "");
    if (n === 1) response.end();
  });
  using source = createEventSource(`${server.url}?a=1&since=old#part`, { retry: soon, ...options });
  source.onEvent(() => {});
  await server.request(2);
  return [...server.requests];
}

describe("the request", () => {
  it("accepts exactly text/event-stream and sends no header that nobody asked for", async () => {
    const [first, second] = await twice("id: 7\ndata: x\n\n", {});
    expect(first!.method).toBe("GET");
    expect(first!.headers.accept).toBe("text/event-stream");
    expect(sentHeaders(first!)).toEqual(["accept"]);
    expect(sentHeaders(second!).sort()).toEqual(["accept", "last-event-id"]);
    expect(second!.headers["last-event-id"]).toBe("7");
  });

  it("sends no header that would cost a CORS preflight", async () => {
    await using server = await serve((response) => stream(response));
    using source = createEventSource(server.url);
    await reach(source, "open");
    for (const name of ["cache-control", "pragma", "x-requested-with", "content-type"])
      expect(server.requests[0]!.headers[name]).toBeUndefined();
  });

  it("sends no Last-Event-ID while there is none", async () => {
    const requests = await twice("data: no id\n\n", {});
    for (const { headers } of requests) expect(headers).not.toHaveProperty("last-event-id");
  });

  it("starts from the lastEventId option", async () => {
    const [first] = await twice("", { lastEventId: "41" });
    expect(first!.headers["last-event-id"]).toBe("41");
  });

  it("sends the id é-€-1 as its UTF-8 bytes and never throws for it", async () => {
    const [, second] = await twice("id: é-€-1\ndata: x\n\n", {});
    const value = second!.headers["last-event-id"] as string;
    expect(Buffer.from(value, "latin1")).toEqual(Buffer.from("é-€-1", "utf8"));
  });

  it.each([["\u0001"], ["a\u007fb"]])(
    "tracks an id that no header can carry (%j) without sending it",
    async (id) => {
      await using server = await serve((response) => stream(response, "data: x\n\n"));
      using source = createEventSource(server.url, { lastEventId: id });
      const [event] = await take(source, 1);
      expect(event!.lastEventId).toBe(id);
      expect(server.requests[0]!.headers).not.toHaveProperty("last-event-id");
    },
  );

  it("is never pinned to the Last-Event-ID header that the caller set, which says where to start and no more", async () => {
    const headers = { "Last-Event-ID": "100" };
    const [first, second] = await twice("id: 101\ndata: x\n\n", { headers });
    expect(first!.headers["last-event-id"]).toBe("100");
    expect(second!.headers["last-event-id"]).toBe("101");
    const [, cleared] = await twice("id\ndata: x\n\n", { headers });
    expect(cleared!.headers).not.toHaveProperty("last-event-id");
    const [own] = await twice("", { headers, lastEventId: "7" });
    expect(own!.headers["last-event-id"]).toBe("7");
  });

  it("is never pinned to the Last-Event-ID that a headers function gives", async () => {
    const [, second] = await twice("id: 101\ndata: x\n\n", { headers: () => ({ "last-event-id": "100" }) });
    expect(second!.headers["last-event-id"]).toBe("101");
  });

  it("starts where the caller's Last-Event-ID header says for fetchEvents too", async () => {
    await using server = await serve((response) => stream(response, "data: x\n\n").end());
    await collect(fetchEvents(server.url, { headers: { "Last-Event-ID": "100" } }));
    expect(server.requests[0]!.headers["last-event-id"]).toBe("100");
  });

  it("sends the id as the query parameter that lastEventIdParam names, in place of the old one and of the header", async () => {
    const [first, second] = await twice("id: a&b=é\ndata: x\n\n", { lastEventIdParam: "since" });
    expect(first!.url).toBe("/events?a=1&since=old");
    const { searchParams } = new URL(second!.url!, "http://localhost");
    expect([...searchParams]).toEqual([
      ["a", "1"],
      ["since", "a&b=é"],
    ]);
    expect(second!.headers).not.toHaveProperty("last-event-id");
  });

  it("lets a caller accept several types, as MCP needs", async () => {
    await using server = await serve((response) => stream(response, "data: {}\n\n").end());
    const events = await collect(
      fetchEvents(server.url, {
        method: "POST",
        headers: { Accept: "application/json, text/event-stream", "Content-Type": "application/json" },
        body: "{}",
      }),
    );
    expect(events).toHaveLength(1);
    expect(server.requests[0]!.headers.accept).toBe("application/json, text/event-stream");
  });

  it.each([
    ["an object", { "X-Tenant": "t", "x-two": "2" }],
    ["pairs", [["X-Tenant", "t"] as [string, string], ["x-two", "2"] as [string, string]]],
    ["Headers", new Headers({ "X-Tenant": "t", "x-two": "2" })],
    ["a function", () => ({ "X-Tenant": "t", "x-two": "2" })],
    ["an async function", async () => new Headers({ "X-Tenant": "t", "x-two": "2" })],
  ])("takes headers as %s", async (_form, headers) => {
    await using server = await serve((response) => stream(response));
    using source = createEventSource(server.url, { headers });
    const request = await server.request(1);
    expect(request.headers).toMatchObject({ "x-tenant": "t", "x-two": "2", accept: "text/event-stream" });
    void source;
  });

  it("sends method and body, once per attempt", async () => {
    const received: string[] = [];
    await using server = await serve(async (response, request, n) => {
      received.push(`${request.method} ${await bodyOf(request)}`);
      stream(response);
      if (n === 1) response.end();
    });
    using source = createEventSource(server.url, {
      method: "POST",
      body: ({ attempt }) => `attempt ${attempt}`,
      retry: soon,
    });
    await server.request(2);
    await reach(source, "open");
    expect(received).toEqual(["POST attempt 1", "POST attempt 2"]);
  });

  it("sends a body that is a stream, once, with the duplex member that fetch wants for it", async () => {
    await using server = await serve(async (response, request) =>
      stream(response, `data: ${await bodyOf(request)}\n\n`).end(),
    );
    const body = new Blob(["streamed"]).stream();
    const events = await collect(fetchEvents(server.url, { method: "POST", body, duplex: "half" }));
    expect(events[0]!.data).toBe("streamed");
  });

  it("sends a new token at every attempt with bearer", async () => {
    let count = 0;
    const [first, second] = await twice("", { headers: bearer(async () => `token-${++count}`) });
    expect(first!.headers.authorization).toBe("Bearer token-1");
    expect(second!.headers.authorization).toBe("Bearer token-2");
  });

  it.each([
    ["4096 bytes, which is sent", "é".repeat(2048), true],
    ["4097 bytes, which is tracked but not sent", `${"é".repeat(2048)}x`, false],
    ["20 kB, which is tracked but not sent", "x".repeat(20_000), false],
  ])("resumes after an ID of %s", async (_name, id, isSent) => {
    await using server = await serve((response) => stream(response, "data: x\n\n"));
    using source = createEventSource(server.url, { lastEventId: id });
    const [event] = await take(source, 1);
    expect(event!.lastEventId).toBe(id);
    const sent = server.requests[0]!.headers["last-event-id"] as string | undefined;
    expect(sent && Buffer.from(sent, "latin1").toString()).toBe(isSent ? id : undefined);
  });

  it("calls a method function once per attempt, and sends the body only with a method that takes one", async () => {
    const received: string[] = [];
    await using server = await serve(async (response, request, n) => {
      received.push(`${request.method} ${await bodyOf(request)}`);
      stream(response, "id: 5\ndata: x\n\n");
      if (n === 1) response.end();
    });
    const contexts: AttemptContext[] = [];
    using source = createEventSource(server.url, {
      async method(context) {
        contexts.push(context);
        return context.lastEventId ? "GET" : "POST";
      },
      body: "begin",
      retry: soon,
    });
    await take(source, 2);
    expect(received).toEqual(["POST begin", "GET "]);
    expect(contexts.map(({ lastEventId }) => lastEventId)).toEqual(["", "5"]);
  });

  it("with a method function is not retried unless retry is set", async () => {
    await using server = await serve((response) => drop(response));
    using source = createEventSource(server.url, { method: () => "GET" });
    expect((await source.closed).error).toMatchObject({ code: "network", willRetry: false });
    expect(server.requests).toHaveLength(1);
  });

  it("does not follow later changes of a URL object or of Headers", async () => {
    const change = (url: URL, headers: Headers) => {
      url.searchParams.set("room", "2");
      headers.set("x-room", "2");
    };
    const calls: ((url: URL, options: Pick<FetchEventsOptions, "headers" | "fetch">) => { close(): void })[] =
      [(url, options) => createEventSource(url, options), (url, options) => fetchEvents(url, options)];
    for (const call of calls) {
      const url = new URL("http://example.test/?room=1");
      const headers = new Headers({ "x-room": "1" });
      const server = createTestServer();
      const source = call(url, { headers, fetch: server.fetch });
      change(url, headers);
      const { url: requested, headers: sent } = await server.request();
      expect([requested, sent.get("x-room")]).toEqual(["http://example.test/?room=1", "1"]);
      source.close();
    }
  });

  it.each([
    ["a relative URL", "events"],
    ["the relative result of a function", () => "events"],
  ])("resolves %s against the page as it was at the call", async (_name, url) => {
    vi.stubGlobal("document", { baseURI: "http://example.test/app/" });
    onTestFinished(() => void vi.unstubAllGlobals());
    const server = createTestServer();
    using source = createEventSource(url, { fetch: server.fetch, open: false });
    vi.stubGlobal("document", { baseURI: "http://example.test/moved/by/a/router/" });
    source.open();
    expect((await server.request()).url).toBe("http://example.test/app/events");
  });

  it("resolves a relative URL at the first open() if there was no page at the call", async () => {
    const server = createTestServer();
    using source = createEventSource("events", { fetch: server.fetch, open: false, retry: soon });
    expect(source.url).toBe("events");
    expect(() => source.open()).toThrow("Relative URLs need a page: pass an absolute URL");
    vi.stubGlobal("document", { baseURI: "http://example.test/app/" });
    onTestFinished(() => void vi.unstubAllGlobals());
    source.open();
    expect((await server.request()).url).toBe("http://example.test/app/events");
    vi.stubGlobal("document", { baseURI: "http://example.test/moved/by/a/router/" });
    source.reconnect();
    expect((await server.request(2)).url).toBe("http://example.test/app/events");
    expect(source.url).toBe("http://example.test/app/events");
  });

  it("resolves a URL object and keeps the fragment to itself", async () => {
    await using server = await serve((response) => stream(response));
    using source = createEventSource(new URL("?q=1#secret", server.url));
    expect((await server.request(1)).url).toBe("/events?q=1");
    expect(source.url).toBe(`${server.url}?q=1#secret`);
  });
});

describe("functions of the attempt", () => {
  it("are called once per attempt, each with the attempt, the id to resume from and a live signal", async () => {
    await using server = await serve((response, _request, n) => {
      if (n === 1) return stream(response, "id: 5\ndata: x\n\n").end();
      if (n === 2) return refuse(response, 503);
      return stream(response);
    });
    const calls: [string, AttemptContext][] = [];
    using source = createEventSource(
      (context) => {
        calls.push(["url", context]);
        return `${server.url}?n=${calls.length}`;
      },
      {
        method: "POST",
        retry: soon,
        headers(context) {
          calls.push(["headers", context]);
          return { "x-attempt": `${context.attempt}` };
        },
        async body(context) {
          calls.push(["body", context]);
          return context.lastEventId;
        },
      },
    );
    source.onEvent(() => {});
    await server.request(3);
    await reach(source, "open");

    expect(calls.map(([name, { attempt, lastEventId }]) => [name, attempt, lastEventId])).toEqual([
      ["url", 1, ""],
      ["headers", 1, ""],
      ["body", 1, ""],
      ["url", 2, "5"],
      ["headers", 2, "5"],
      ["body", 2, "5"],
      ["url", 3, "5"],
      ["headers", 3, "5"],
      ["body", 3, "5"],
    ]);
    expect(calls.map(([, { signal }]) => signal.aborted)).toEqual([
      ...Array<boolean>(6).fill(true),
      ...Array<boolean>(3).fill(false),
    ]);
    expect(server.requests.map(({ url }) => url)).toEqual(["/events?n=1", "/events?n=4", "/events?n=7"]);
    expect(source.url).toBe(`${server.url}?n=7`);

    source.close("enough");
    expect(calls.at(-1)![1].signal.aborted).toBe(true);
  });

  it("that reject are a failed attempt, which is retried: a headers function that rejects once", async () => {
    await using server = await serve((response) => stream(response));
    const cause = new Error("no token service");
    let calls = 0;
    using source = createEventSource(server.url, {
      retry: soon,
      headers: async () => {
        if (++calls === 1) throw cause;
        return {};
      },
    });
    const { error } = await reach(source, "waiting");
    expect(error).toMatchObject({ code: "network", cause, attempt: 1, willRetry: true });
    await reach(source, "open");
    expect(calls).toBe(2);
    expect(server.requests).toHaveLength(1);
  });

  it.each(["url", "headers", "body"])(
    "that throw are a failed attempt, which is retried: %s",
    async (name) => {
      await using server = await serve((response) => stream(response));
      let calls = 0;
      const fails =
        <T>(value: T) =>
        () => {
          if (++calls === 1) throw new TypeError("not yet");
          return value;
        };
      using source = createEventSource(name === "url" ? fails(server.url) : server.url, {
        retry: soon,
        ...(name === "headers" && { headers: fails({}) }),
        ...(name === "body" && { method: "POST", body: fails("text") }),
      });
      expect((await reach(source, "waiting")).error.code).toBe("network");
      await reach(source, "open");
      expect(server.requests).toHaveLength(1);
    },
  );
});

describe("the fetch option", () => {
  it("is given unknown init members as they are, and none of ours", async () => {
    const dispatcher = { name: "a dispatcher" };
    const agent = { name: "an agent" };
    const cf = { cacheTtl: 0 };
    const server = createTestServer();
    using source = createEventSource("http://localhost/events", {
      dispatcher,
      agent,
      cf,
      credentials: "include",
      mode: "cors",
      keepalive: false,
      referrerPolicy: "no-referrer",
      fetch: server.fetch,
      decode: (raw) => raw,
      endOn: "never",
      idleTimeout: 1e6,
      connectTimeout: 1e6,
      lastEventId: "1",
      lastEventIdParam: "since",
      maxEventSize: 1e6,
      onUnauthorized: () => {},
      open: true,
      retry: false,
      signal: new AbortController().signal,
      transport: "fetch",
    });
    const { url, init } = await server.request();
    source.close();
    expect(url).toBe("http://localhost/events?since=1");
    expect(init).toMatchObject({ credentials: "include", mode: "cors", keepalive: false });
    expect(init).toMatchObject({ dispatcher, agent, cf, referrerPolicy: "no-referrer" });
    const ours = ["fetch", "decode", "endOn", "idleTimeout", "connectTimeout", "lastEventId"];
    for (const name of [
      ...ours,
      "lastEventIdParam",
      "maxEventSize",
      "onUnauthorized",
      "open",
      "retry",
      "transport",
    ])
      expect(init).not.toHaveProperty(name);
    expect(init.signal).toBeInstanceOf(AbortSignal);
  });

  it("is given neither credentials, mode nor cache where nobody asked: some workers throw for them", async () => {
    const server = createTestServer();
    using source = createEventSource("http://localhost/events", { fetch: server.fetch });
    await reach(source, "open");
    for (const name of ["credentials", "mode", "cache"])
      expect(server.requests[0]!.init).not.toHaveProperty(name);
  });

  it("defaults to globalThis.fetch, looked up when the request is made", async () => {
    await using server = await serve((response) => stream(response));
    using source = createEventSource(server.url, { open: false });
    const original = globalThis.fetch;
    let calls = 0;
    globalThis.fetch = (...args) => {
      calls++;
      return original(...args);
    };
    try {
      source.open();
      await reach(source, "open");
    } finally {
      globalThis.fetch = original;
    }
    expect(calls).toBe(1);
  });

  it("may answer with a body that is an async iterable of bytes and text, as node-fetch does", async () => {
    async function* body() {
      yield new TextEncoder().encode("data: 1\n\nda");
      yield "ta: 2\n\n";
    }
    const response = await createTestServer().fetch("/");
    Object.defineProperty(response, "body", { value: body() });
    const events = await collect(fetchEvents("http://localhost/events", { fetch: async () => response }));
    expect(events.map(({ data }) => data)).toEqual(["1", "2"]);
  });
});

describe("the connection of a dropped request", () => {
  it("is a failed attempt whose number goes on", async () => {
    const attempts: number[] = [];
    await using server = await serve((response, _request, n) => (n < 4 ? drop(response) : stream(response)));
    using source = createEventSource(server.url, {
      retry: soon,
      headers({ attempt }) {
        attempts.push(attempt);
        return {};
      },
    });
    await reach(source, "open");
    expect(attempts).toEqual([1, 2, 3, 4]);
  });
});
