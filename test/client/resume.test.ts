import { describe, expect, it } from "vitest";
import { createEventSource, type EventSourceOptions, type ServerSentEvent } from "../../src/index.ts";
import { deferred } from "../helpers/deferred.ts";
import { drop, serve, stream, type TestServer } from "../helpers/server.ts";
import { roundTrips } from "../helpers/turns.ts";
import { reach, take } from "../helpers/watch.ts";

const retry = { initialDelay: 1, jitter: 0 };

/** A server that sends one text per connection and ends it, but keeps the last connection open. */
function serveTexts(...texts: string[]): Promise<TestServer> {
  return serve((response, _request, n) => {
    stream(response, texts[n - 1]);
    if (n < texts.length) response.end();
  });
}

/** The Last-Event-ID of each request. */
const asked = (server: TestServer) => server.requests.map(({ headers }) => headers["last-event-id"]);

const brief = ({ data, lastEventId }: ServerSentEvent) => [data, lastEventId];

describe("the last event id", () => {
  it("is sticky across events and reconnects", async () => {
    await using server = await serveTexts(
      "id: 1\ndata: a\n\ndata: b\n\n",
      "data: c\n\n",
      "id: 2\ndata: d\n\n",
    );
    using source = createEventSource(server.url, { retry });
    expect((await take(source, 4)).map(brief)).toEqual([
      ["a", "1"],
      ["b", "1"],
      ["c", "1"],
      ["d", "2"],
    ]);
    expect(asked(server)).toEqual([undefined, "1", "1"]);
    expect(source.lastEventId).toBe("2");
  });

  it("survives a resumed connection that drops before it sent any id", async () => {
    await using server = await serve((response, _request, n) => {
      if (n === 2 || n === 3) return drop(response);
      stream(response, n === 1 ? "id: 9\ndata: a\n\n" : "data: b\n\n");
      return n === 1 && response.end();
    });
    using source = createEventSource(server.url, { retry });
    await take(source, 2);
    expect(asked(server)).toEqual([undefined, "9", "9", "9"]);
  });

  it("is set by an id-only block, which dispatches nothing", async () => {
    await using server = await serveTexts("data: a\n\nid: 1\n\n", "data: b\n\n");
    using source = createEventSource(server.url, { retry });
    expect((await take(source, 2)).map(brief)).toEqual([
      ["a", ""],
      ["b", "1"],
    ]);
    expect(asked(server)).toEqual([undefined, "1"]);
  });

  it("is set by an id-only block even where nobody listens", async () => {
    await using server = await serveTexts("id: prime\n\n", "");
    using source = createEventSource(server.url, { retry });
    await server.request(2);
    expect(asked(server)).toEqual([undefined, "prime"]);
    expect(source.lastEventId).toBe("prime");
  });

  it("is cleared by an empty id field, and no header is sent then", async () => {
    await using server = await serveTexts("id: 1\ndata: a\n\nid\ndata: b\n\n", "data: c\n\n");
    using source = createEventSource(server.url, { retry });
    expect((await take(source, 3)).map(brief)).toEqual([
      ["a", "1"],
      ["b", ""],
      ["c", ""],
    ]);
    expect(asked(server)).toEqual([undefined, undefined]);
  });

  it("ignores an id that contains NUL", async () => {
    await using server = await serveTexts("id: 1\ndata: a\n\nid: 2\0\ndata: b\n\n", "");
    using source = createEventSource(server.url, { retry });
    expect((await take(source, 2)).map(brief)).toEqual([
      ["a", "1"],
      ["b", "1"],
    ]);
    await server.request(2);
    expect(asked(server)).toEqual([undefined, "1"]);
  });

  it("does not move for a partial event at the end of the stream", async () => {
    await using server = await serveTexts("id: 1\ndata: a\n\nid: 2\ndata: partial\n", "data: b\n\n");
    using source = createEventSource(server.url, { retry });
    expect((await take(source, 2)).map(brief)).toEqual([
      ["a", "1"],
      ["b", "1"],
    ]);
    expect(asked(server)).toEqual([undefined, "1"]);
  });

  it("is that of the event being delivered while later ones of the same chunk wait", async () => {
    await using server = await serveTexts("id: 1\ndata: a\n\nid: 2\ndata: b\n\nid: 3\n\n");
    using source = createEventSource(server.url, { retry });
    const seen: string[] = [];
    source.onEvent(() => seen.push(source.lastEventId));
    await take(source, 2);
    expect(seen).toEqual(["1", "2"]);
    expect(source.lastEventId).toBe("3");
  });

  it("is not that of an event which was dropped with the connection before it was handed over", async () => {
    await using server = await serveTexts("id: 1\ndata: a\n\nid: 2\ndata: b\n\n", "");
    using source = createEventSource(server.url, { retry });
    const held = deferred();
    source.onEvent(() => held.promise);
    await take(source, 1);
    source.reconnect();
    held.resolve();
    await server.request(2);
    expect(asked(server)).toEqual([undefined, "1"]);
  });

  it("waits for a listener that is busy when the connection is dropped: it sees one event at a time", async () => {
    await using server = await serve((response, _request, n) => stream(response, `id: ${n}\ndata: ${n}\n\n`));
    using source = createEventSource(server.url, { retry });
    const held = deferred();
    const log: string[] = [];
    source.onEvent(async ({ data }) => {
      log.push(`begin ${data}`);
      await held.promise;
      log.push(`end ${data}`);
    });
    await take(source, 1);
    source.pause();
    source.open();
    await reach(source, "open");
    await roundTrips(5);
    expect(log).toEqual(["begin 1"]);
    const next = take(source, 1);
    held.resolve();
    await next;
    expect(log.slice(0, 3)).toEqual(["begin 1", "end 1", "begin 2"]);
  });

  it("lives on over close() and open()", async () => {
    await using server = await serve((response, _request, n) => stream(response, `id: ${n}\ndata: x\n\n`));
    using source = createEventSource(server.url, { retry, lastEventId: "0" });
    await take(source, 1);
    source.close();
    expect(source.lastEventId).toBe("1");
    source.open();
    const [event] = await take(source, 1);
    expect(event!.lastEventId).toBe("2");
    expect(asked(server)).toEqual(["0", "1"]);
  });

  it("goes along when reconnect() replaces a healthy connection, whose socket is released", async () => {
    await using server = await serve((response, _request, n) => stream(response, `id: ${n}\ndata: x\n\n`));
    using source = createEventSource(server.url, { retry });
    await take(source, 1);
    source.reconnect();
    await take(source, 1);
    await server.released(1);
    expect(asked(server)).toEqual([undefined, "1"]);
    expect(source.status.state).toBe("open");
  });
});

describe("a reconnect", () => {
  it("goes to the original URL, never to where that redirected", async () => {
    await using elsewhere = await serve((response, _request, n) => {
      stream(response, `id: ${n}\ndata: ${n}\n\n`);
      if (n === 1) response.end();
    });
    await using server = await serve((response) =>
      response.writeHead(307, { location: `${elsewhere.url}?moved` }).end(),
    );
    using source = createEventSource(server.url, { retry });
    const events = await take(source, 2);
    expect(events.map(({ data }) => data)).toEqual(["1", "2"]);
    expect(server.requests.map(({ url }) => url)).toEqual(["/events", "/events"]);
    expect(asked(server)).toEqual([undefined, "1"]);
    expect(asked(elsewhere)).toEqual([undefined, "1"]);
    expect(source.url).toBe(server.url);
    expect((await reach(source, "open")).url).toBe(`${elsewhere.url}?moved`);
  });

  it("delivers nothing twice and loses nothing when the server replays after the id", async () => {
    const log = Array.from({ length: 50 }, (_, i) => i + 1);
    await using server = await serve((response, { headers }) => {
      const rest = log.slice(
        Number(headers["last-event-id"] ?? 0),
        Number(headers["last-event-id"] ?? 0) + 7,
      );
      // The last block of each connection is cut in the middle.
      stream(response, `${rest.map((id) => `id: ${id}\ndata: ${id}\n\n`).join("")}id: 999\ndata: cut`).end();
    });
    using source = createEventSource(server.url, { retry });
    expect((await take(source, 50)).map(({ data }) => Number(data))).toEqual(log);
  });

  it("is made by open() while waiting, at once and without forgetting the failures", async () => {
    await using server = await serve((response, _request, n) => (n < 3 ? drop(response) : stream(response)));
    using source = createEventSource(server.url, { retry: { initialDelay: 1e6, maxDelay: 1e9, jitter: 0 } });
    expect(await reach(source, "waiting")).toMatchObject({ attempt: 1, delay: 1e6 });
    source.open();
    expect(source.status).toEqual({ state: "connecting", attempt: 2 });
    expect(await reach(source, "waiting")).toMatchObject({ attempt: 2, delay: 2e6 });
    source.open();
    await reach(source, "open");
    expect(server.requests).toHaveLength(3);
  });
});

describe("lastEventIdParam", () => {
  /** The queries of the requests: the first stream sends `text`, the second one is left open. */
  async function queries(query: string, text: string, options: EventSourceOptions = {}): Promise<string[]> {
    await using server = await serveTexts(text, "");
    using _ = createEventSource(server.url + query, { retry, lastEventIdParam: "after", ...options });
    await server.request(2);
    return server.requests.map(({ url }) => url!.slice("/events".length));
  }

  it("starts where the parameter of the URL says, and goes on from there", async () => {
    expect(await queries("?after=5", "")).toEqual(["?after=5", "?after=5"]);
    expect(await queries("?after=5", "id: 6\ndata: x\n\n")).toEqual(["?after=5", "?after=6"]);
  });

  it("is taken out of the URL when the server cleared the ID", async () => {
    expect(await queries("?a=1&after=5", "id:\ndata: x\n\n")).toEqual(["?a=1&after=5", "?a=1"]);
    expect(await queries("", "id:\ndata: x\n\n")).toEqual(["", ""]);
  });

  it("yields to lastEventId", async () => {
    expect(await queries("?after=5", "", { lastEventId: "7" })).toEqual(["?after=7", "?after=7"]);
    expect(await queries("?after=5", "", { lastEventId: "" })).toEqual(["", ""]);
  });

  it("leaves a query alone that says so already, letter by letter: it may be signed", async () => {
    expect(await queries("?q=a%20b&after=5", "")).toEqual(["?q=a%20b&after=5", "?q=a%20b&after=5"]);
  });

  it("leaves it to a function of the URL where to start", async () => {
    await using server = await serveTexts("id: 6\ndata: x\n\n", "");
    using _ = createEventSource(() => `${server.url}?after=5`, { retry, lastEventIdParam: "after" });
    await server.request(2);
    expect(server.requests.map(({ url }) => url)).toEqual(["/events?after=5", "/events?after=6"]);
  });
});

it("is not lost to a custom fetch that adds headers by a spread", async () => {
  await using server = await serveTexts("id: 6\ndata: x\n\n", "");
  using _ = createEventSource(server.url, {
    retry,
    fetch: (url, init) =>
      fetch(url, { ...init, headers: { ...(init.headers as unknown as object), "x-app": "a" } }),
  });
  const { headers } = await server.request(2);
  expect(headers).toMatchObject({ "last-event-id": "6", accept: "text/event-stream", "x-app": "a" });
});
