// Contract: the request of a subscription (design.md §2 and §4, "Request").
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { createEventSource, EventSourceError, fetchEvents, type AttemptContext } from "../../src/index.ts";
import { collect } from "../helpers/collect.ts";
import { deferred } from "../helpers/deferred.ts";
import { bodyOf as requestBody, refuse, serve, stream } from "../helpers/server.ts";
import { reach } from "../helpers/watch.ts";
import { allReleased, blocks, bodyOf, closing, quickRetry, turns, until, within } from "./support.ts";

/** Makes `href` the address of the page that the code runs in. */
function beInPage(href: string): void {
  vi.stubGlobal("location", { href, origin: new URL(href).origin });
  vi.stubGlobal("document", { baseURI: href, addEventListener() {}, removeEventListener() {} });
  onTestFinished(() => void vi.unstubAllGlobals());
}

/** A server that sends one event per connection and ends it. */
const oneEach = () => serve((response, _, n) => stream(response, blocks(n, n)).end());
/** A server that sends one event per connection and keeps it open. */
const oneOpen = () => serve((response, _, n) => stream(response, blocks(n, n)));

describe("A relative URL", () => {
  test("is resolved once, when the client is made, and keeps its place after history.pushState", async () => {
    await using server = await oneEach();
    beInPage(`http://127.0.0.1:${server.port}/app/list`);
    closing(createEventSource("events?room=a", { retry: quickRetry }));
    beInPage(`http://127.0.0.1:${server.port}/app/items/7/`);
    await within("a third request", server.request(3));
    expect(server.requests.slice(0, 3).map(({ url }) => url)).toEqual(Array(3).fill("/app/events?room=a"));
  });

  test.each([undefined, null])(
    "%s is refused, also in a page, where it would become the name of a file",
    (url) => {
      beInPage("http://127.0.0.1:9/app/");
      const invalid: unknown = expect.objectContaining({ code: "invalid-option", option: "url" });
      expect(() => createEventSource(url as unknown as string)).toThrow(invalid as Error);
      expect(() => fetchEvents(url as unknown as string)).toThrow(invalid as Error);
    },
  );

  test("of a client made without a page is resolved at its first open(), and stays", async () => {
    await using server = await oneOpen();
    const source = closing(createEventSource("events", { open: false, retry: quickRetry }));
    beInPage(`http://127.0.0.1:${server.port}/one/`);
    source.open();
    await within("an open connection", reach(source, "open"));
    beInPage(`http://127.0.0.1:${server.port}/two/`);
    source.reconnect();
    await within("a second request", server.request(2));
    source.close();
    source.open();
    await within("a third request", server.request(3));
    expect(server.requests.map(({ url }) => url)).toEqual(["/one/events", "/one/events", "/one/events"]);
  });

  test("without a page is an invalid option that says what to pass instead", () => {
    const source = closing(createEventSource("events", { open: false }));
    expect(() => source.open()).toThrow("Relative URLs need a page: pass an absolute URL");
    expect(() => createEventSource("events")).toThrow(
      expect.objectContaining({ name: "EventSourceError", code: "invalid-option" }),
    );
  });

  test("of fetchEvents is resolved when the call is made", async () => {
    await using server = await serve((response) => stream(response, blocks(1, 1)).end());
    beInPage(`http://127.0.0.1:${server.port}/one/`);
    const answer = fetchEvents("events");
    beInPage(`http://127.0.0.1:${server.port}/two/`);
    await within("the end of the answer", collect(answer));
    expect(server.requests.map(({ url }) => url)).toEqual(["/one/events"]);
  });
});

describe("A URL object", () => {
  test("is copied when the call is made: clients made from one changing object keep their own address", async () => {
    await using server = await oneEach();
    const url = new URL(server.url);
    url.search = "?room=a";
    const first = closing(createEventSource(url, { retry: quickRetry, open: false }));
    url.search = "?room=b";
    const second = closing(createEventSource(url, { retry: quickRetry, open: false }));
    url.search = "?room=c";
    first.open();
    await within("a second request", server.request(2));
    first.close();
    await within("the release of all sockets", allReleased(server));
    const before = server.requests.length;
    second.open();
    await within("two more requests", server.request(before + 2));
    expect(server.requests.slice(0, before).map((request) => request.url)).toEqual(
      Array(before).fill("/events?room=a"),
    );
    expect(server.requests.slice(before, before + 2).map((request) => request.url)).toEqual(
      Array(2).fill("/events?room=b"),
    );
  });

  test("of a connected client may change without moving its reconnects", async () => {
    await using server = await oneEach();
    const url = new URL(`${server.url}?room=a`);
    closing(createEventSource(url, { retry: quickRetry }));
    url.search = "?room=b";
    await within("a third request", server.request(3));
    expect(new Set(server.requests.map((request) => request.url))).toEqual(new Set(["/events?room=a"]));
  });

  test("of fetchEvents is copied when the call is made", async () => {
    await using server = await serve((response) => stream(response).end());
    const url = new URL(`${server.url}?room=a`);
    const answer = fetchEvents(url);
    url.search = "?room=b";
    await within("the end of the answer", collect(answer));
    expect(server.requests[0]!.url).toBe("/events?room=a");
  });
});

describe("A Headers object", () => {
  test("is copied when the call is made, for the first request and for reconnects", async () => {
    await using server = await oneEach();
    const headers = new Headers({ "x-room": "a" });
    const source = closing(createEventSource(server.url, { headers, open: false, retry: quickRetry }));
    headers.set("x-room", "b");
    headers.set("x-more", "1");
    source.open();
    await within("a second request", server.request(2));
    for (const request of server.requests) {
      expect(request.headers["x-room"]).toBe("a");
      expect(request.headers["x-more"]).toBeUndefined();
    }
  });

  test("of fetchEvents is copied when the call is made", async () => {
    await using server = await serve((response) => stream(response).end());
    const headers = new Headers({ "x-room": "a" });
    const answer = fetchEvents(server.url, { headers });
    headers.set("x-room", "b");
    await within("the end of the answer", collect(answer));
    expect(server.requests[0]!.headers["x-room"]).toBe("a");
  });
});

describe("Request headers", () => {
  /** The headers that the client itself passes to fetch. */
  async function headersOf(
    options: Parameters<typeof createEventSource>[1],
  ): Promise<Record<string, string>> {
    const called = deferred<Headers>();
    const fetch: typeof globalThis.fetch = async (input, init) => {
      called.resolve(new Request(input, init).headers);
      return new Response(bodyOf([]), { headers: { "content-type": "text/event-stream" } });
    };
    const source = closing(createEventSource("http://example.test/events", { ...options, fetch }));
    const headers = await within("a call of fetch", called.promise);
    source.close();
    return Object.fromEntries(headers);
  }

  test("are Accept alone when nothing was asked for", async () => {
    expect(await headersOf({})).toEqual({ accept: "text/event-stream" });
  });

  test("are Accept and Last-Event-ID when the client resumes", async () => {
    expect(await headersOf({ lastEventId: "7" })).toEqual({
      accept: "text/event-stream",
      "last-event-id": "7",
    });
  });

  test("keep the caller's Accept", async () => {
    const accept = "application/json, text/event-stream";
    expect(await headersOf({ headers: { accept } })).toEqual({ accept });
  });
});

describe("Last-Event-ID", () => {
  /** The server sends this ID, ends the connection, and shows what the next request says. */
  async function resumedWith(id: string, options: Parameters<typeof createEventSource>[1] = {}) {
    await using server = await serve((response, _, n) =>
      n === 1 ? stream(response, `id: ${id}\ndata: 1\n\n`).end() : stream(response),
    );
    const source = closing(createEventSource(server.url, { retry: quickRetry, ...options }));
    const { headers, url } = await within("a second request", server.request(2));
    const header = headers["last-event-id"] as string | undefined;
    return {
      tracked: source.lastEventId,
      sent: header === undefined ? undefined : Buffer.from(header, "latin1").toString("utf8"),
      query: new URL(url!, server.url).searchParams,
    };
  }

  test("outside Latin-1 is sent as its UTF-8 bytes", async () => {
    const { tracked, sent } = await resumedWith("€🌊");
    expect({ tracked, sent }).toEqual({ tracked: "€🌊", sent: "€🌊" });
  });

  test("of 4096 characters is sent", async () => {
    const id = "x".repeat(4096);
    expect(await resumedWith(id)).toMatchObject({ tracked: id, sent: id });
  });

  test.each([
    ["4097 characters", "x".repeat(4097)],
    ["20,000 characters", "x".repeat(20_000)],
    ["1400 characters of three bytes", "€".repeat(1400)],
  ])("of %s is tracked and not sent", async (_, id) => {
    const { tracked, sent } = await resumedWith(id);
    expect(tracked === id, "tracked").toBe(true);
    expect(sent).toBeUndefined();
  });

  test("longer than 4 KiB is not sent as a query parameter either", async () => {
    const id = "x".repeat(5000);
    const { tracked, query } = await resumedWith(id, { lastEventIdParam: "after" });
    expect(tracked === id, "tracked").toBe(true);
    expect(query.has("after")).toBe(false);
  });

  test.each(["a\u0001b", "a\u001bb", "a\u007fb"])(
    "with a control character is tracked and not sent (%j)",
    async (id) => {
      const { tracked, sent } = await resumedWith(id);
      expect(tracked).toBe(id);
      expect(sent).toBeUndefined();
    },
  );

  test("that can be sent is sent again after one that could not", async () => {
    await using server = await serve((response, _, n) => {
      if (n === 1) stream(response, `id: ${"x".repeat(5000)}\ndata: 1\n\n`).end();
      else if (n === 2) stream(response, "id: 2\ndata: 2\n\n").end();
      else stream(response);
    });
    closing(createEventSource(server.url, { retry: quickRetry }));
    const { headers } = await within("a third request", server.request(3));
    expect(headers["last-event-id"]).toBe("2");
    expect(server.requests[1]!.headers["last-event-id"]).toBeUndefined();
  });

  test("goes into the query parameter of lastEventIdParam instead of the header", async () => {
    const { sent, query } = await resumedWith("a&b=c", { lastEventIdParam: "after" });
    expect(sent).toBeUndefined();
    expect(query.getAll("after")).toEqual(["a&b=c"]);
  });

  test("is the tracked one, not one among the caller's headers", async () => {
    const { sent } = await resumedWith("2", { headers: { "Last-Event-ID": "1" } });
    expect(sent).toBe("2");
  });

  test("is what lastEventId was assigned: the next connection resumes after it", async () => {
    await using server = await serve((response, _, n) => stream(response, blocks(n, n)));
    const source = closing(createEventSource(server.url, { retry: quickRetry }));
    await until("the first event", () => source.lastEventId === "1");
    source.lastEventId = "41";
    expect(source.lastEventId).toBe("41");
    source.reconnect();
    const { headers } = await within("a second request", server.request(2));
    expect(headers["last-event-id"]).toBe("41");
  });

  test("is not sent after it was assigned the empty string", async () => {
    await using server = await serve((response, _, n) => stream(response, n === 1 ? blocks(1, 1) : ""));
    const source = closing(createEventSource(server.url, { retry: quickRetry }));
    await until("the first event", () => source.lastEventId === "1");
    source.lastEventId = "";
    source.reconnect();
    const { headers } = await within("a second request", server.request(2));
    expect(headers["last-event-id"]).toBeUndefined();
  });
});

describe("Functions of the attempt", () => {
  test("method, headers and body are called once per attempt: begin with a POST, resume with a GET", async () => {
    const bodies: string[] = [];
    await using server = await serve(async (response, request, n) => {
      bodies.push(await requestBody(request));
      stream(response, blocks(n, n));
      if (n < 3) response.end();
    });
    const calls: { name: string; attempt: number; lastEventId: string }[] = [];
    const note =
      <T>(name: string, value: (context: AttemptContext) => T) =>
      (context: AttemptContext) => {
        expect(context.signal).toBeInstanceOf(AbortSignal);
        calls.push({ name, attempt: context.attempt, lastEventId: context.lastEventId });
        return value(context);
      };
    const source = closing(
      createEventSource(server.url, {
        retry: { ...quickRetry },
        method: note("method", ({ lastEventId }) => (lastEventId ? "GET" : "POST")),
        body: note("body", async ({ lastEventId }) => (lastEventId ? undefined : "question")),
        headers: note("headers", ({ lastEventId }) => ({ "x-after": lastEventId })),
      }),
    );
    await until("the third event", () => source.lastEventId === "3");
    expect(
      server.requests.map(({ method, headers }) => [method, headers["x-after"], headers["last-event-id"]]),
    ).toEqual([
      ["POST", "", undefined],
      ["GET", "1", "1"],
      ["GET", "2", "2"],
    ]);
    expect(bodies).toEqual(["question", "", ""]);
    // Whether body is called for a GET, which has none, is left open.
    expect(calls.filter((call) => call.name === "body")[0]).toEqual({
      name: "body",
      attempt: 1,
      lastEventId: "",
    });
    for (const name of ["method", "headers"])
      expect(calls.filter((call) => call.name === name)).toEqual([
        { name, attempt: 1, lastEventId: "" },
        { name, attempt: expect.any(Number), lastEventId: "1" },
        { name, attempt: expect.any(Number), lastEventId: "2" },
      ]);
  });

  test("an asynchronous method function is awaited", async () => {
    await using server = await oneOpen();
    closing(createEventSource(server.url, { method: async () => "PUT", retry: true }));
    expect((await within("a request", server.request(1))).method).toBe("PUT");
  });

  test("a url function is called for each attempt", async () => {
    await using server = await oneEach();
    const contexts: string[] = [];
    closing(
      createEventSource(
        ({ lastEventId }: AttemptContext) => {
          contexts.push(lastEventId);
          return Promise.resolve(`${server.url}?after=${lastEventId}`);
        },
        { retry: quickRetry },
      ),
    );
    await within("a third request", server.request(3));
    expect(server.requests.slice(0, 3).map(({ url }) => url)).toEqual([
      "/events?after=",
      "/events?after=1",
      "/events?after=2",
    ]);
    expect(contexts.slice(0, 3)).toEqual(["", "1", "2"]);
  });

  test("a headers function that throws fails the attempt as a network error, which is retried", async () => {
    await using server = await oneOpen();
    let calls = 0;
    const errors: EventSourceError[] = [];
    const source = closing(
      createEventSource(server.url, {
        retry: quickRetry,
        headers: () => {
          if (++calls === 1) throw new Error("no token yet");
          return {};
        },
        onError: (error) => void errors.push(error),
      }),
    );
    await within("an open connection", reach(source, "open"));
    expect(errors.map(({ code, willRetry }) => ({ code, willRetry }))).toEqual([
      { code: "network", willRetry: true },
    ]);
  });
});

describe("fetch", () => {
  test("is looked up when a request is made, not when the client is made", async () => {
    const source = closing(createEventSource("http://example.test/", { open: false }));
    const fetch = vi.fn(
      async () => new Response(bodyOf([], false), { headers: { "content-type": "text/event-stream" } }),
    );
    vi.stubGlobal("fetch", fetch);
    onTestFinished(() => void vi.unstubAllGlobals());
    source.open();
    await within("an open connection", reach(source, "open"));
    expect(fetch).toHaveBeenCalledOnce();
  });

  test("is given unknown options unchanged, and the signal of the attempt", async () => {
    const dispatcher = {};
    const inits: (RequestInit & Record<string, unknown>)[] = [];
    const fetch = async (_: unknown, init?: RequestInit & Record<string, unknown>) => {
      inits.push(init!);
      return new Response(bodyOf([], false), { headers: { "content-type": "text/event-stream" } });
    };
    const source = closing(
      createEventSource("http://example.test/", {
        fetch,
        dispatcher,
        cf: { cacheTtl: 5 },
        credentials: "include",
      } as Parameters<typeof createEventSource>[1]),
    );
    await within("an open connection", reach(source, "open"));
    expect(inits[0]).toMatchObject({ cf: { cacheTtl: 5 }, credentials: "include" });
    expect(inits[0]!["dispatcher"]).toBe(dispatcher);
    expect(inits[0]!.signal!.aborted).toBe(false);
    source.close();
    expect(inits[0]!.signal!.aborted).toBe(true);
  });
});

describe("Redirects", () => {
  test("do not move reconnects: they go to the original URL", async () => {
    await using server = await serve((response, request, n) =>
      request.url === "/events"
        ? response.writeHead(307, { location: "/moved" }).end()
        : stream(response, blocks(n, n)).end(),
    );
    const source = closing(createEventSource(server.url, { retry: quickRetry }));
    await within("a fourth request", server.request(4));
    source.close();
    expect(server.requests.slice(0, 4).map(({ url }) => url)).toEqual([
      "/events",
      "/moved",
      "/events",
      "/moved",
    ]);
  });

  test('fail with redirect: "same-origin" before custom headers reach another origin', async () => {
    await using other = await oneOpen();
    await using server = await serve((response) =>
      response.writeHead(307, { location: `${other.url}?secret=1` }).end(),
    );
    const source = closing(
      createEventSource(server.url, {
        redirect: "same-origin",
        headers: { "x-key": "s3cret" },
        retry: quickRetry,
      }),
    );
    const { reason, error } = await within("the end of the client", source.closed);
    expect(reason).toBe("error");
    expect(error?.code).toBe("http-status");
    expect(error?.message).toContain('Blocked a redirect to another origin (redirect: "same-origin")');
    expect(other.requests).toHaveLength(0);
  });

  test('are followed with redirect: "same-origin" on the same origin', async () => {
    await using server = await serve((response, request) =>
      request.url === "/events"
        ? response.writeHead(302, { location: "/moved?a=1" }).end()
        : stream(response),
    );
    const source = closing(createEventSource(server.url, { redirect: "same-origin" }));
    const { url } = await within("an open connection", reach(source, "open"));
    expect(new URL(url).pathname).toBe("/moved");
  });
});

test("A client has one attempt at a time: reconnect() during a slow url function starts a new one", async () => {
  await using server = await oneOpen();
  const slow = deferred<string>();
  let calls = 0;
  const signals: AbortSignal[] = [];
  const source = closing(
    createEventSource(({ signal }: AttemptContext) => {
      signals.push(signal);
      return ++calls === 1 ? slow.promise : server.url;
    }),
  );
  await turns();
  source.reconnect();
  await within("an open connection", reach(source, "open"));
  const { status } = source;
  slow.resolve(`${server.url}?stale`);
  await turns();
  expect(signals.map(({ aborted }) => aborted)).toEqual([true, false]);
  expect(server.requests.map(({ url }) => url)).toEqual(["/events"]);
  expect(source.status).toBe(status);
});

test("A refused request is not repeated for a client that was closed meanwhile", async () => {
  await using server = await serve((response) => refuse(response, 503));
  const source = closing(createEventSource(server.url, { retry: quickRetry, open: false }));
  source.onStatus(({ state }) => state === "waiting" && source.close());
  source.open();
  await within("the end of the client", source.closed);
  await within("the release of all sockets", allReleased(server));
  await turns();
  expect(server.requests).toHaveLength(1);
});
