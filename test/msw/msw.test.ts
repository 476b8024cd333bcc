import { http, HttpResponse } from "msw/http";
import { setupServer } from "msw/node";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { createEventSource, fetchEvents, json } from "../../src/index.ts";
import { createTestServer } from "../../src/testing.ts";
import { collect } from "../helpers/collect.ts";
import { deferred } from "../helpers/deferred.ts";
import { sse } from "../helpers/msw.ts";
import { nextError, reach, take } from "../helpers/watch.ts";

const URL_ = "https://api.example.com/events";
const retry = { initialDelay: 1, jitter: 0 };
const HEADERS = {
  "content-type": "text/event-stream",
  "transfer-encoding": "chunked",
  connection: "close",
};

const server = setupServer();
beforeAll(() => server.listen({ onUnhandledFrame: "error" }));
afterEach(() => server.resetHandlers());
afterAll(() => server.close());

describe("a subscription behind Mock Service Worker", () => {
  it("hears events with their names and ids, and sends the standard's Accept", async () => {
    let accept: string | null = null;
    server.use(
      sse<{ message: { price: number }; tick: { price: number } }>(URL_, ({ client, request }) => {
        accept = request.headers.get("accept");
        client.send({ id: "1", data: { price: 1 } });
        client.send({ id: "2", event: "tick", data: { price: 2 } });
      }),
    );
    using source = createEventSource(URL_, { decode: json });
    const events = await take(source, 2);
    expect(accept).toBe("text/event-stream");
    expect(events).toMatchObject([
      { type: "message", data: { price: 1 }, lastEventId: "1" },
      { type: "tick", data: { price: 2 }, lastEventId: "2" },
    ]);
    expect(events[0]!.origin).toBe("https://api.example.com");
    expect(source.status).toMatchObject({ state: "open", url: URL_ });
  });

  it("reconnects after the mock closed, with Last-Event-ID", async () => {
    const asked: (string | null)[] = [];
    server.use(
      sse(URL_, ({ client, request }) => {
        asked.push(request.headers.get("last-event-id"));
        client.send({ id: `${asked.length}`, data: `${asked.length}` });
        if (asked.length < 3) client.close();
      }),
    );
    using source = createEventSource(URL_, { retry });
    expect((await take(source, 3)).map(({ data }) => data)).toEqual(["1", "2", "3"]);
    expect(asked).toEqual([null, "1", "2"]);
  });

  it("takes client.error() for a lost connection and comes back", async () => {
    let requests = 0;
    server.use(
      sse(URL_, ({ client }) => {
        client.send({ data: `${++requests}` });
        if (requests === 1) setImmediate(() => client.error());
      }),
    );
    using source = createEventSource(URL_, { retry });
    const error = nextError(source);
    expect((await take(source, 2)).map(({ data }) => data)).toEqual(["1", "2"]);
    expect(await error).toMatchObject({ code: "network", willRetry: true, cause: { name: "TypeError" } });
  });

  it.each(["close()", "break"])("aborts the mock's request with %s", async (how) => {
    const aborted = deferred();
    server.use(
      sse(URL_, ({ client, request }) => {
        request.signal.addEventListener("abort", () => aborted.resolve());
        client.send({ data: "x" });
      }),
    );
    const source = createEventSource(URL_);
    if (how === "break")
      for await (const { data } of source) {
        expect(data).toBe("x");
        break;
      }
    else source.on("message", () => source.close());
    await aborted.promise;
    expect(await source.closed).toEqual({ state: "closed", reason: "client" });
  });

  it("retries a 503 as Retry-After says and a network error, and closes for good on 204", async () => {
    let requests = 0;
    server.use(
      http.get(URL_, () => {
        switch (++requests) {
          case 1:
            return new HttpResponse("busy", { status: 503, headers: { "retry-after": "1" } });
          case 2:
            return HttpResponse.error();
          default:
            return new HttpResponse(null, { status: 204 });
        }
      }),
    );
    using source = createEventSource(URL_, { retry });
    const waiting = await reach(source, "waiting");
    expect(waiting).toMatchObject({ delay: 1000, error: { code: "http-status", status: 503, body: "busy" } });
    source.open();
    expect(await reach(source, "waiting")).toMatchObject({ attempt: 2, error: { code: "network" } });
    source.open();
    expect(await source.closed).toMatchObject({ reason: "server", error: { code: "no-content" } });
    expect(requests).toBe(3);
  });

  it("refreshes after a 401", async () => {
    let token = "old";
    server.use(
      http.get(URL_, ({ request }) =>
        request.headers.get("authorization") === "Bearer new"
          ? new HttpResponse("data: in\n\n", { headers: HEADERS })
          : new HttpResponse("expired", { status: 401 }),
      ),
    );
    using source = createEventSource(URL_, {
      headers: () => ({ Authorization: `Bearer ${token}` }),
      onUnauthorized: () => void (token = "new"),
    });
    expect((await take(source, 1))[0]!.data).toBe("in");
  });
});

describe("fetchEvents behind Mock Service Worker", () => {
  it("posts a prompt and reads the answer to its sentinel", async () => {
    server.use(
      http.post(URL_, async ({ request }) => {
        const words = (await request.text()).split(" ");
        const text = [...words, "[DONE]"].map((word) => `data: ${word}\n\n`).join("");
        return new HttpResponse(text, { headers: HEADERS });
      }),
    );
    const events = fetchEvents(URL_, { method: "POST", body: "never runs dry", endOn: "[DONE]" });
    const words = await collect(events);
    expect(words.map(({ data }) => data)).toEqual(["never", "runs", "dry"]);
  });

  it("throws for a page of HTML", async () => {
    server.use(http.get(URL_, () => HttpResponse.html("<title>Sign in</title>")));
    await expect(collect(fetchEvents(URL_))).rejects.toMatchObject({
      code: "content-type",
      body: "<title>Sign in</title>",
    });
  });
});

describe("a test server behind Mock Service Worker", () => {
  it("is reached by whatever fetches, and hears of the client leaving", async () => {
    const events = createTestServer({ headers: HEADERS });
    server.use(http.all(URL_, ({ request }) => events.fetch(request)));
    const source = createEventSource(URL_, { retry, method: "POST", body: "?", headers: { "x-a": "1" } });
    const first = take(source, 1);
    events.push({ data: "1", id: 1 });
    expect(await first).toMatchObject([{ data: "1" }]);
    const connection = await events.connection();
    const second = take(source, 1);
    events.drop();
    events.push({ data: "2", id: 2 });
    expect(await second).toMatchObject([{ data: "2" }]);
    expect(await connection.closed).toBe("drop");
    expect(events.requests).toMatchObject([
      { method: "POST", url: URL_, body: "?", lastEventId: "" },
      { method: "POST", url: URL_, body: "?", lastEventId: "1" },
    ]);
    expect(events.requests[0]!.headers.get("x-a")).toBe("1");
    source.close();
    expect(await (await events.connection(2)).closed).toBe("client");
  });
});
