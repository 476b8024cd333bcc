import { describe, expect, it } from "vitest";
import { createClient } from "../../src/client/client.ts";
import {
  createEventSource,
  EventSourceError,
  fetchEvents,
  json,
  readEvents,
  type EventSourceOptions,
} from "../../src/index.ts";
import { createTestServer } from "../../src/testing.ts";
import { collect } from "../helpers/collect.ts";
import { deferred } from "../helpers/deferred.ts";
import { fakeTime } from "../helpers/fake-time.ts";
import { drop, refuse, serve, stream } from "../helpers/server.ts";
import { roundTrips, until } from "../helpers/turns.ts";
import { nextError, reach, take } from "../helpers/watch.ts";

const soon = { initialDelay: 1, jitter: 0 };
const PAGE = `<!doctype html><title>Sign in</title>${"<p>".repeat(4000)}`;

describe("network", () => {
  it("is a connection that is reset in mid-stream", async () => {
    await using server = await serve((response) => stream(response, "data: x\n\n"));
    using source = createEventSource(server.url);
    await take(source, 1);
    drop(server.requests[0]!);
    const { error, delay } = await reach(source, "waiting");
    expect(error).toMatchObject({ code: "network", attempt: 1, willRetry: true, delay, url: server.url });
    expect(error.cause).toBeInstanceOf(Error);
    expect(error.message).toMatch(`Connection to ${server.url} lost`);
  });

  it("is a connection that is reset before the answer", async () => {
    await using server = await serve((response) => drop(response));
    using source = createEventSource(server.url);
    const error = await nextError(source);
    expect(error).toMatchObject({ code: "network", willRetry: true, cause: { name: "TypeError" } });
    expect(error).not.toHaveProperty("status");
  });

  it("names the URL without its query and the system code if no server listens", async () => {
    const gone = await serve(() => {});
    await gone[Symbol.asyncDispose]();
    using source = createEventSource(`${gone.url}?token=secret#part`);
    const error = await nextError(source);
    expect(error).toMatchObject({ code: "network", willRetry: true, url: gone.url });
    expect(error.message).toBe(`Request to ${gone.url} failed: ECONNREFUSED`);
    expect(JSON.parse(JSON.stringify(error))).toMatchObject({ message: error.message, url: gone.url });
  });

  const coded = (code: unknown, more: object = {}) => Object.assign(new Error("foreign"), { code, ...more });
  it.each<[string, unknown, string]>([
    ["the innermost of a chain", coded("OUTER", { cause: coded("INNER") }), ": INNER"],
    ["an outer one if the cause has none", coded("OUTER", { cause: new Error("foreign") }), ": OUTER"],
    [
      "that of an AggregateError",
      new TypeError("foreign", {
        cause: Object.assign(new AggregateError([coded("EHOSTUNREACH")], "foreign"), {
          code: "ECONNREFUSED",
        }),
      }),
      ": ECONNREFUSED",
    ],
    ["none of an error without a code", new TypeError("foreign"), ""],
    ["none that is a number", coded(20), ""],
    ["none that is a sentence", coded("Bearer secret?token"), ""],
    ["none of undefined", undefined, ""],
    ["none of a string", "foreign", ""],
    ["none of an error that refuses to be read", Proxy.revocable({}, {}), ""],
  ])("names a system code, never a foreign message: %s", async (_name, cause, suffix) => {
    if (Object.hasOwn(Object(cause) as object, "revoke")) (cause as { revoke: () => void }).revoke();
    const thrown = Object.hasOwn(Object(cause) as object, "revoke")
      ? (cause as { proxy: unknown }).proxy
      : cause;
    // oxlint-disable-next-line typescript/prefer-promise-reject-errors -- callers do
    const fetch = () => Promise.reject(thrown);
    using source = createEventSource("http://example.test/events?key=secret", { fetch, open: false });
    const error = nextError(source);
    source.open();
    expect((await error).message).toBe(`Request to http://example.test/events failed${suffix}`);
  });

  it("says that the connection was lost once the response has begun", async () => {
    const body = new ReadableStream({ start: (controller) => controller.error(coded("ECONNRESET")) });
    const headers = { "content-type": "text/event-stream" };
    const events = fetchEvents("http://example.test/events?key=secret", {
      fetch: async () => new Response(body, { headers }),
    });
    await expect(collect(events)).rejects.toMatchObject({
      code: "network",
      message: "Connection to http://example.test/events lost: ECONNRESET",
      url: "http://example.test/events",
    });
  });

  it("ends the search for a system code in a chain of causes that is a circle", async () => {
    const cause = new Error("foreign");
    cause.cause = cause;
    using source = createEventSource("http://example.test/", {
      fetch: () => Promise.reject(cause),
      open: false,
    });
    const error = nextError(source);
    source.open();
    expect((await error).message).toBe("Request to http://example.test/ failed");
  });

  it("has the final URL after a redirect, without its query", async () => {
    await using server = await serve((response, { url }) =>
      url === "/events"
        ? response.writeHead(302, { location: "/moved?secret" }).end()
        : refuse(response, 404, { "x-why": "gone" }),
    );
    using source = createEventSource(server.url);
    const { error } = await source.closed;
    expect(error).toMatchObject({ status: 404, url: new URL("/moved", server.url).href });
  });

  it("has no URL if the url function failed", async () => {
    using source = createEventSource(() => Promise.reject(new Error("no")), { open: false });
    const error = nextError(source);
    source.open();
    expect(await error).not.toHaveProperty("url");
    expect((await error).message).toBe("Request failed");
  });

  it("is a chunked response that is cut", async () => {
    await using server = await serve((response) => {
      stream(response, "data: x\n\n");
      response.socket?.end();
    });
    using source = createEventSource(server.url);
    expect(await nextError(source)).toMatchObject({ code: "network", willRetry: true });
  });

  it("differs from the routine end of a stream, which is stream-ended", async () => {
    await using server = await serve((response) => stream(response, "data: x\n\n").end());
    using source = createEventSource(server.url);
    const error = await nextError(source);
    expect(error).toMatchObject({ code: "stream-ended", willRetry: true });
    expect(error.message).toMatch(/ended/);
    expect(error).not.toHaveProperty("cause");
  });
});

describe("http-status", () => {
  it("carries status, headers and the first 4 KiB of the body", async () => {
    await using server = await serve((response) =>
      refuse(response, 403, { "x-why": "plan" }, `{"error":"forbidden"}${" ".repeat(9000)}`),
    );
    using source = createEventSource(server.url);
    const { error } = await source.closed;
    expect(error).toMatchObject({ code: "http-status", status: 403, attempt: 1, willRetry: false });
    expect(error!.headers!.get("x-why")).toBe("plan");
    expect(error!.body).toHaveLength(4096);
    expect(error!.body!.startsWith('{"error":"forbidden"}')).toBe(true);
    expect(error).not.toHaveProperty("delay");
  });

  it("decodes the body as UTF-8 and never splits a character", async () => {
    await using server = await serve((response) => refuse(response, 400, {}, "é€😀".repeat(10)));
    using source = createEventSource(server.url);
    expect((await source.closed).error!.body).toBe("é€😀".repeat(10));
  });

  it.each<[string, (response: Response) => unknown]>([
    ["was read", async (response) => void (await response.text())],
    ["is locked", (response) => void response.body!.getReader()],
    ["is a string", (response) => Object.defineProperty(response, "body", { value: "oops" })],
    ["is an object", (response) => Object.defineProperty(response, "body", { value: {} })],
    ["is missing", (response) => Object.defineProperty(response, "body", { value: undefined })],
    [
      "fails",
      (response) =>
        Object.defineProperty(response, "body", {
          value: new ReadableStream({ start: (controller) => controller.error(new Error("down")) }),
        }),
    ],
  ])("keeps status and headers of a response whose body %s", async (_name, change) => {
    await using server = await serve((response) =>
      refuse(response, 404, { "x-why": "gone" }, "no such stream"),
    );
    using source = createEventSource(server.url, {
      retry: soon,
      async fetch(url, init) {
        const response = await fetch(url, init);
        await change(response);
        return response;
      },
    });
    const { error } = await source.closed;
    expect(error).toMatchObject({ code: "http-status", status: 404, willRetry: false, url: server.url });
    expect(error!.headers!.get("x-why")).toBe("gone");
    expect(error!.body).toBe("");
    expect(server.requests).toHaveLength(1);
  });

  it("keeps Retry-After of a response whose body was read", async () => {
    await using server = await serve((response) => refuse(response, 503, { "retry-after": "7" }, "busy"));
    using source = createEventSource(server.url, {
      retry: { ...soon, maxDelay: 7000 },
      async fetch(url, init) {
        const response = await fetch(url, init);
        await response.text();
        return response;
      },
    });
    expect(await reach(source, "waiting")).toMatchObject({ delay: 7000, error: { status: 503 } });
  });

  it("has an empty body where there was none", async () => {
    await using server = await serve((response) => refuse(response, 400));
    using source = createEventSource(server.url);
    expect((await source.closed).error!.body).toBe("");
  });
});

describe("content-type", () => {
  it("tells the type that was found and the first bytes of an HTML page", async () => {
    await using server = await serve((response) =>
      response.writeHead(200, { "content-type": "text/html; charset=utf-8" }).end(PAGE),
    );
    using source = createEventSource(server.url, { retry: soon });
    const { reason, error } = await source.closed;
    expect(reason).toBe("error");
    expect(error).toMatchObject({ code: "content-type", status: 200, willRetry: false });
    expect(error!.message).toContain("text/html");
    expect(error!.body).toBe(PAGE.slice(0, 4096));
    expect(server.requests).toHaveLength(1);
  });

  it.each([
    "text/event-stream",
    "text/event-stream; charset=utf-8",
    "TEXT/Event-Stream;charset=UTF-8",
    " text/event-stream ;x=y",
    "text/event-stream, text/event-stream",
    "text/html, text/event-stream",
    "text/event-stream, */*",
    "text/event-stream,",
    'text/event-stream; x="a, text/html; b"',
  ])("accepts %j", async (type) => {
    await using server = await serve((response) =>
      response.writeHead(200, { "content-type": type }).write("data: x\n\n"),
    );
    using source = createEventSource(server.url);
    expect(await take(source, 1)).toHaveLength(1);
  });

  it("accepts an event stream with two Content-Type lines, of which the last counts", async () => {
    await using server = await serve((response) =>
      response
        .writeHead(200, ["content-type", "text/html", "content-type", "text/event-stream"])
        .write("data: x\n\n"),
    );
    using source = createEventSource(server.url);
    expect(await take(source, 1)).toHaveLength(1);
  });

  it.each(["text/event-streams", "text/event-stream-x", "application/text/event-stream", "text/plain", ""])(
    "is compared by MIME essence, not by prefix: %j",
    async (type) => {
      await using server = await serve((response) =>
        response.writeHead(200, type ? { "content-type": type } : {}).end("data: x\n\n"),
      );
      using source = createEventSource(server.url);
      const { error } = await source.closed;
      expect(error).toMatchObject({ code: "content-type", body: "data: x\n\n" });
      expect(error!.message).toContain(type);
    },
  );
});

describe("readEvents", () => {
  const body = () => new Response("data: x\n\n").body;

  it("reads a response without any Content-Type, as test doubles have", async () => {
    const double = { status: 200, headers: new Headers(), body: body() };
    expect(await collect(readEvents(double))).toMatchObject([{ data: "x" }]);
    using source = createEventSource("http://localhost/", { fetch: async () => double });
    expect((await source.closed).error).toMatchObject({ code: "content-type" });
  });

  it("rejects another Content-Type, and says how to read it anyway", async () => {
    const response = new Response(body(), { headers: { "content-type": "text/html; charset=utf-8" } });
    await expect(collect(readEvents(response))).rejects.toMatchObject({
      code: "content-type",
      message:
        'Expected text/event-stream, found "text/html; charset=utf-8": pass response.body to read it anyway',
      body: "data: x\n\n",
    });
    expect(await collect(readEvents(body()!))).toMatchObject([{ data: "x" }]);
  });

  it("names the URL of a response whose connection is lost", async () => {
    await using server = await serve((response) => {
      stream(response, "data: x\n\n");
      response.socket?.end();
    });
    await expect(collect(readEvents(await fetch(`${server.url}?secret`)))).rejects.toMatchObject({
      code: "network",
      url: server.url,
      message: expect.stringContaining(`Connection to ${server.url} lost`) as string,
    });
  });
});

describe("no-content", () => {
  it("is what fetchEvents throws for a 204, and what closes a subscription", async () => {
    await using server = await serve((response) => response.writeHead(204).end());
    await expect(collect(fetchEvents(server.url))).rejects.toMatchObject({
      code: "no-content",
      status: 204,
    });
    using source = createEventSource(server.url);
    expect(await nextError(source)).toMatchObject({ code: "no-content", willRetry: false });
  });
});

describe("connect-timeout", () => {
  it("is a server that accepts and does not answer; the socket is released and the attempt retried", async () => {
    await using server = await serve((response, _request, n) => n > 1 && stream(response));
    const time = fakeTime();
    using source = createClient(server.url, { connectTimeout: 500 }, time.environment);
    await server.request(1);
    time.advance(499);
    expect(source.status.state).toBe("connecting");
    time.advance(1);
    const { error, delay } = await reach(source, "waiting");
    expect(error).toMatchObject({ code: "connect-timeout", willRetry: true, attempt: 1 });
    await server.idle();
    time.advance(delay);
    await reach(source, "open");
    time.advance(1e6);
    await roundTrips(2);
    expect(source.status.state).toBe("open");
  });

  it.each([Infinity, 99_999_999_999])("does not overflow its timer and fire at once: %d", async (limit) => {
    const answer = deferred();
    await using server = await serve(async (response) => {
      await answer.promise;
      stream(response, "data: x\n\n");
    });
    using source = createEventSource(server.url, { connectTimeout: limit, idleTimeout: limit });
    const errors: EventSourceError[] = [];
    source.onError((error) => errors.push(error));
    await roundTrips(20);
    answer.resolve();
    await take(source, 1);
    await roundTrips(20);
    expect(errors).toEqual([]);
    expect(source.status.state).toBe("open");
  });

  it("covers functions of the attempt that hang", async () => {
    const time = fakeTime();
    const options = { connectTimeout: 500, headers: () => new Promise<HeadersInit>(() => {}) };
    using source = createClient("http://localhost/", options, time.environment);
    time.advance(500);
    expect((await reach(source, "waiting")).error.code).toBe("connect-timeout");
  });

  it("is thrown by fetchEvents in real time", async () => {
    await using server = await serve(() => {});
    const events = collect(fetchEvents(server.url, { connectTimeout: 20 }));
    await expect(events).rejects.toMatchObject({
      code: "connect-timeout",
      message: "No response headers within connectTimeout (20 ms)",
      url: server.url,
    });
    await server.idle();
  });
});

describe("idle-timeout", () => {
  it("is a stream that falls silent; comments keep it alive", async () => {
    const time = fakeTime();
    let response: ReturnType<typeof stream> | undefined;
    await using talker = await serve((answer) => void (response = stream(answer, ": hello\n\n")));
    using source = createClient(talker.url, { idleTimeout: 1000 }, time.environment);
    const hear = () => new Promise((resolve) => source.onComment(resolve, { once: true }));
    await hear();
    for (let i = 0; i < 5; i++) {
      await until(() => time.timers === 1);
      time.advance(900);
      const heard = hear();
      response!.write(": beat\n\n");
      await heard;
    }
    await until(() => time.timers === 1);
    expect(source.status.state).toBe("open");
    time.advance(1000);
    const { error } = await reach(source, "waiting");
    expect(error).toMatchObject({ code: "idle-timeout", willRetry: true });
    await talker.idle();
  });

  it("does not count the time that a listener holds the reader", async () => {
    await using server = await serve((response) => stream(response, "data: 1\n\ndata: 2\n\n"));
    const time = fakeTime();
    using source = createClient(server.url, { idleTimeout: 1000 }, time.environment);
    const held = deferred();
    const holding = new Promise<void>((resolve) => {
      source.onEvent(() => (resolve(), held.promise));
    });
    await holding;
    expect(time.timers).toBe(0);
    time.advance(1e6);
    held.resolve();
    await until(() => time.timers === 1);
    expect(source.status.state).toBe("open");
  });

  it("is thrown by fetchEvents in real time", async () => {
    await using server = await serve((response) => stream(response, "data: x\n\n"));
    const heard: string[] = [];
    const read = async () => {
      for await (const { data } of fetchEvents(server.url, { idleTimeout: 300 })) heard.push(data);
    };
    await expect(read()).rejects.toMatchObject({
      code: "idle-timeout",
      message: "No data within idleTimeout (300 ms)",
      url: server.url,
    });
    expect(heard).toEqual(["x"]);
    await server.idle();
  });
});

describe("event-too-large", () => {
  it.each([
    ["one endless line", "data: ", "x".repeat(1000)],
    ["many lines of one event", "", `data: ${"x".repeat(100)}\n`],
    ["a line that never gets a name", "", "x".repeat(1000)],
  ])("is fatal, and the socket is released: %s", async (_name, first, more) => {
    await using server = await serve(async (response) => {
      stream(response, `data: small\n\n${first}`);
      while (!response.destroyed) {
        response.write(more);
        await new Promise(setImmediate);
      }
    });
    using source = createEventSource(server.url, { maxEventSize: 5000, retry: soon });
    const heard: number[] = [];
    source.onEvent(({ data }) => heard.push(data.length));
    const { reason, error } = await source.closed;
    expect(reason).toBe("error");
    expect(error).toMatchObject({ code: "event-too-large", willRetry: false });
    expect(heard).toEqual([5]);
    await server.idle();
    expect(server.requests).toHaveLength(1);
  });

  it("is not an event of exactly the limit", async () => {
    await using server = await serve((response) => stream(response, `data: ${"x".repeat(5000)}\n\n`));
    using source = createEventSource(server.url, { maxEventSize: 5000 });
    const [event] = await take(source, 1);
    expect(event!.data).toHaveLength(5000);
  });

  it("is thrown by fetchEvents", async () => {
    await using server = await serve((response) => stream(response, `data: ${"x".repeat(50)}\n\n`).end());
    const events = collect(fetchEvents(server.url, { maxEventSize: 10 }));
    await expect(events).rejects.toMatchObject({ code: "event-too-large" });
  });
});

describe("decode-failed", () => {
  it("concerns one event: it has the raw text, and the connection stays", async () => {
    await using server = await serve((response) =>
      stream(response, 'data: {"n":1}\n\nid: 2\nevent: tick\ndata: {"n":\n\ndata: {"n":3}\n\n'),
    );
    using source = createEventSource(server.url, { decode: json });
    const errors: EventSourceError[] = [];
    source.onError((error) => errors.push(error));
    const events = await take(source, 2);
    expect(events.map(({ data }) => data)).toEqual([{ n: 1 }, { n: 3 }]);
    expect(errors).toHaveLength(1);
    expect(errors[0]).toMatchObject({
      code: "decode-failed",
      event: { type: "tick", raw: '{"n":', lastEventId: "2" },
      willRetry: false,
      cause: { name: "SyntaxError" },
    });
    expect(source.status.state).toBe("open");
    expect(server.requests).toHaveLength(1);
  });

  it("may come from an asynchronous decoder; the order of events is kept", async () => {
    await using server = await serve((response) => stream(response, "data: 1\n\ndata: 2\n\ndata: 3\n\n"));
    using source = createEventSource(server.url, {
      decode: async (raw) => {
        if (raw === "1") await roundTrips(2);
        if (raw === "2") throw new RangeError("two");
        return Number(raw);
      },
    });
    const error = nextError(source);
    expect((await take(source, 2)).map(({ data }) => data)).toEqual([1, 3]);
    expect(await error).toMatchObject({
      code: "decode-failed",
      event: { raw: "2" },
      cause: { message: "two" },
    });
  });
});

describe("premature-end", () => {
  it("is a stream with endOn that ends without it; it is retried", async () => {
    await using server = await serve((response, _request, n) =>
      stream(response, n === 1 ? "id: 1\ndata: a\n\n" : "data: b\n\ndata: [DONE]\n\n").end(),
    );
    using source = createEventSource(server.url, { endOn: "[DONE]", retry: soon });
    const heard: string[] = [];
    source.onEvent(({ data }) => heard.push(data));
    expect(await nextError(source)).toMatchObject({ code: "premature-end", willRetry: true });
    expect(await source.closed).toEqual({ state: "closed", reason: "complete" });
    expect(heard).toEqual(["a", "b"]);
    expect(server.requests[1]!.headers["last-event-id"]).toBe("1");
  });

  it("is fatal where nothing is retried", async () => {
    await using server = await serve((response) => stream(response, "data: a\n\n").end());
    using source = createEventSource(server.url, { method: "POST", endOn: ({ type }) => type === "end" });
    expect((await source.closed).error).toMatchObject({ code: "premature-end", willRetry: false });
  });
});

describe("unsupported", () => {
  it.each([["undefined"], ["null", null], ["a string", "data: x\n\n"], ["an object", {}]])(
    "is a response whose body is %s",
    async (_name, body?: unknown) => {
      const response = Object.defineProperty(
        new Response("", { headers: { "content-type": "text/event-stream" } }),
        "body",
        { value: body },
      );
      using source = createEventSource("http://localhost/", { fetch: async () => response });
      expect((await source.closed).error).toMatchObject({
        code: "unsupported",
        message: "This runtime's fetch cannot stream response bodies",
        status: 200,
        willRetry: false,
      });
    },
  );
});

describe("invalid-option", () => {
  it.each<[string, EventSourceOptions]>([
    ["connectTimeout", { connectTimeout: -1 }],
    ["idleTimeout", { idleTimeout: NaN }],
    ["maxEventSize", { maxEventSize: "1" as unknown as number }],
    ["headers", { headers: { "bad name": "x" } }],
    ["headers", { headers: { "x-token": "secret\nvalue" } }],
    ["retry.initialDelay", { retry: { initialDelay: -1 } }],
    ["retry.maxRetries", { retry: { maxRetries: NaN } }],
  ])("is thrown synchronously and names %s", (option, options) => {
    let thrown: unknown;
    try {
      createEventSource("http://localhost/", options).close();
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(EventSourceError);
    expect(thrown).toMatchObject({ code: "invalid-option", option });
    expect((thrown as EventSourceError).message).toContain(option);
    expect((thrown as EventSourceError).message).not.toContain("secret");
  });

  it.each([
    "http://",
    "/relative",
    "http://[/",
    "",
    "http://user:password@localhost/",
    "http://localhost:99999/",
  ])("is thrown synchronously for the URL %j", (url) => {
    for (const call of [() => createEventSource(url), () => fetchEvents(url)])
      expect(call).toThrow(
        expect.objectContaining({
          code: "invalid-option",
          option: "url",
          message: expect.not.stringContaining("password"),
        }),
      );
  });

  it.each([
    ["/relative", "Relative URLs need a page: pass an absolute URL"],
    ["", "Relative URLs need a page: pass an absolute URL"],
    ["http://user@localhost/", "The URL must not contain credentials"],
    ["http://[/", "Invalid URL"],
    ["http://localhost:99999/", "Invalid URL"],
  ])("says what is wrong with the URL %j", (url, problem) => {
    for (const call of [() => createEventSource(url), () => fetchEvents(url)])
      expect(call).toThrow(`Invalid option "url": ${problem}`);
  });

  it("is fatal where a function of the attempt gives it, and quotes nothing", async () => {
    using bad = createEventSource("http://localhost/", { headers: () => ({ "x-token": "secret\nvalue" }) });
    const { error } = await bad.closed;
    expect(error).toMatchObject({ code: "invalid-option", option: "headers", willRetry: false });
    expect(JSON.stringify(error)).not.toContain("secret");
    using nowhere = createEventSource(() => "http://user:secret@localhost/");
    const { error: noUrl } = await nowhere.closed;
    expect(noUrl).toMatchObject({ code: "invalid-option", option: "url" });
    expect(JSON.stringify(noUrl)).not.toContain("secret");
  });

  it("is not an option of undefined, which means its default", async () => {
    await using server = await serve((response, _request, n) => (n < 4 ? drop(response) : stream(response)));
    using source = createEventSource(server.url, {
      retry: {
        initialDelay: 1,
        maxRetries: undefined,
        factor: undefined,
        jitter: undefined,
        maxDelay: undefined,
        maxElapsedTime: undefined,
      },
      connectTimeout: undefined,
      idleTimeout: undefined,
      maxEventSize: undefined,
      headers: undefined,
      body: undefined,
      decode: undefined,
      endOn: undefined,
      fetch: undefined,
      lastEventId: undefined,
      lastEventIdParam: undefined,
      onUnauthorized: undefined,
      redirect: undefined,
      signal: undefined,
      transport: undefined,
      open: undefined,
    });
    await Promise.race([reach(source, "open"), source.closed]);
    expect(source.status.state).toBe("open");
    expect(server.requests).toHaveLength(4);
  });
});

describe("every error", () => {
  const QUERY = "query-secret";
  const TOKEN = "token-secret";
  const ID = "id-secret";

  const causes: [code: string, path: string, options?: EventSourceOptions][] = [
    ["network", "drop"],
    ["stream-ended", "end"],
    ["http-status", "404"],
    ["http-status", "503"],
    ["http-status", "redirect", { redirect: "same-origin" }],
    ["network", "redirect", { redirect: "error" }],
    ["content-type", "html"],
    ["no-content", "204"],
    ["unauthorized", "401"],
    ["unauthorized", "401", { onUnauthorized: () => Promise.reject(new Error("down")) }],
    ["connect-timeout", "hang", { connectTimeout: 20 }],
    ["idle-timeout", "stream", { idleTimeout: 20 }],
    ["event-too-large", "large", { maxEventSize: 10 }],
    ["decode-failed", "large", { decode: json }],
    ["premature-end", "end", { endOn: "x" }],
    ["retries-exhausted", "drop", { retry: { maxRetries: 0 } }],
    ["network", "stream", { headers: () => Promise.reject(new Error("no token")) }],
    ["network", "stream", { fetch: () => Promise.reject(new TypeError("refused")) }],
  ];

  it.each(causes)(
    "prints as JSON and keeps query strings, credentials and header values out of its message: %s by %s %o",
    async (code, path, options) => {
      await using server = await serve((response, { url }) => {
        const route = url!.slice(1).split("?")[0]!;
        if (route === "drop") return drop(response);
        if (route === "hang") return undefined;
        if (route === "redirect") return refuse(response, 302, { location: `http://127.0.0.1:9/?${QUERY}` });
        if (route === "html") return refuse(response, 200, { "set-cookie": `a=${TOKEN}` }, "<p>");
        if (route === "large") return stream(response, `data: ${"x".repeat(50)}\n\n`);
        if (route === "stream" || route === "end") {
          stream(response);
          return route === "end" && response.end();
        }
        return refuse(response, Number(route), { "set-cookie": `a=${TOKEN}`, "x-other": "shown" });
      });
      using source = createEventSource(new URL(`/${path}?key=${QUERY}`, server.url), {
        headers: { Authorization: `Bearer ${TOKEN}`, "X-Api-Key": TOKEN },
        lastEventId: ID,
        open: false,
        ...options,
      });
      source.onEvent(() => {});
      const heard = nextError(source);
      source.open();
      const error = await heard;
      expect(error).toBeInstanceOf(EventSourceError);
      expect(error).toBeInstanceOf(Error);
      expect(error).toMatchObject({ code, name: "EventSourceError" });
      const text = JSON.stringify({ error });
      const printed = (JSON.parse(text) as { error: Record<string, unknown> }).error;
      expect(printed).toMatchObject({ code, message: error.message });
      if (error.status) expect(printed).toMatchObject({ status: error.status });
      for (const secret of [QUERY, TOKEN, ID]) {
        expect(error.message).not.toContain(secret);
        expect(`${error.stack}`).not.toContain(secret);
        // An event that could not be decoded is told as it is.
        expect(JSON.stringify({ ...printed, event: undefined })).not.toContain(secret);
      }
      expect(text).not.toContain(TOKEN);
      expect(error.message).toMatch(/[^.]$/);
    },
  );

  it.each([
    ["a string", "down"],
    ["undefined", undefined],
    ["a symbol", Symbol("down")],
    ["an object without a prototype", Object.create(null) as unknown],
  ])("prints as JSON whatever its cause is: %s", async (_name, cause) => {
    using source = createEventSource("http://localhost/", {
      open: false,
      // oxlint-disable-next-line typescript/prefer-promise-reject-errors -- callers do
      headers: () => Promise.reject(cause),
    });
    const heard = nextError(source);
    source.open();
    const error = await heard;
    expect(error).toMatchObject({ code: "network", willRetry: true });
    expect(JSON.parse(JSON.stringify(error))).toMatchObject({ code: "network", message: error.message });
  });

  it("can be told apart in a list that has every code", () => {
    const codes = new Set([...causes.map(([code]) => code), "unsupported", "invalid-option"]);
    expect([...codes].sort()).toEqual(
      [
        "network",
        "stream-ended",
        "http-status",
        "content-type",
        "no-content",
        "unauthorized",
        "connect-timeout",
        "idle-timeout",
        "event-too-large",
        "decode-failed",
        "premature-end",
        "retries-exhausted",
        "unsupported",
        "invalid-option",
      ].sort(),
    );
  });
});

describe("an option that fetch would refuse", () => {
  it.each([
    ["method", { method: "G T" }],
    ["method", { method: "TRACE" }],
    ["redirect", { redirect: "bogus" }],
    ["credentials", { credentials: "x" }],
    ["mode", { mode: "navigate" }],
    ["cache", { cache: "zzz" }],
    ["method", { body: "x" }],
    ["retry.initialDelay", { retry: { initialDelay: Number.NaN } }],
  ])("is invalid-option, naming %s, at once: %o", (option, options) => {
    expect(() => createEventSource("http://localhost/", options as never)).toThrow(
      expect.objectContaining({ code: "invalid-option", option }),
    );
  });

  it.each(["http://user:secret@localhost/", "nonsense", "http://"])(
    "is invalid-option for the URL %s",
    (url) => {
      for (const make of [() => createEventSource(url), () => fetchEvents(url)])
        expect(make).toThrow(expect.objectContaining({ code: "invalid-option", option: "url" }));
    },
  );
});

it("A runtime without fetch is unsupported, and not retried", async () => {
  const { fetch } = globalThis;
  Reflect.deleteProperty(globalThis, "fetch");
  try {
    const { error } = await createEventSource("http://localhost/").closed;
    expect(error).toMatchObject({
      code: "unsupported",
      message: "This runtime has no fetch",
      willRetry: false,
    });
  } finally {
    globalThis.fetch = fetch;
  }
});

it("leaves the scheme of a URL to fetch: an app's own may know more than http", async () => {
  const server = createTestServer();
  using source = createEventSource("app://shell/events", { fetch: server.fetch });
  await reach(source, "open");
  expect(server.requests).toMatchObject([{ url: "app://shell/events" }]);
});
