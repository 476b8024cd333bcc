import { getEventListeners, once } from "node:events";
import { get, type IncomingMessage } from "node:http";
import { Readable } from "node:stream";
import { ReadableStream as WebStream } from "node:stream/web";
import { createGzip } from "node:zlib";
import { type } from "arktype";
import * as v from "valibot";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import {
  createEventSource,
  fetchEvents,
  json,
  readEvents,
  schemas,
  type StandardSchema,
} from "../../src/index.ts";
import { collect } from "../helpers/collect.ts";
import { bodyOf, drop, flood, refuse, serve, stream } from "../helpers/server.ts";
import { roundTrips } from "../helpers/turns.ts";
import { nextError, take } from "../helpers/watch.ts";

const THREE = "id: 1\ndata: 1\n\ndata: 2\n\nid: 3\nevent: tick\ndata: 3\n\n";
const bytes = (text: string) => new TextEncoder().encode(text);
const dataOf = async (events: AsyncIterable<{ data: unknown }>): Promise<unknown[]> =>
  (await collect(events)).map(({ data }) => data);

function streamOf(...chunks: (string | Uint8Array)[]): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(typeof chunk === "string" ? bytes(chunk) : chunk);
      controller.close();
    },
  });
}

describe("fetchEvents", () => {
  it("reads one finite response", async () => {
    await using server = await serve((response) => stream(response, THREE).end());
    const events = fetchEvents(server.url);
    const { origin } = new URL(server.url);
    expect(await collect(events)).toEqual([
      { type: "message", data: "1", raw: "1", lastEventId: "1", origin },
      { type: "message", data: "2", raw: "2", lastEventId: "1", origin },
      { type: "tick", data: "3", raw: "3", lastEventId: "3", origin },
    ]);
    expect(events.lastEventId).toBe("3");
    expect(server.requests).toHaveLength(1);
    await server.idle();
  });

  it("posts a body, and resolves `response` as soon as it proved to be an event stream", async () => {
    await using server = await serve(async (response, request) => {
      response.setHeader("x-request-id", "r1");
      stream(response, `data: ${await bodyOf(request)}\n\n`).end();
    });
    const events = fetchEvents(server.url, { method: "POST", body: "ask" });
    const response = await events.response;
    expect(response!.headers.get("x-request-id")).toBe("r1");
    expect(response!.url).toBe(server.url);
    expect(await dataOf(events)).toEqual(["ask"]);
  });

  it.each(["GET", "POST"])(
    "never asks again when a %s is dropped in mid-stream: the loop throws",
    async (method) => {
      await using server = await serve((response) => stream(response, "data: 1\n\n"));
      const heard: string[] = [];
      const loop = async () => {
        for await (const { data } of fetchEvents(server.url, { method })) {
          heard.push(data);
          drop(server.requests[0]!);
        }
      };
      await expect(loop()).rejects.toMatchObject({ code: "network", name: "EventSourceError" });
      await roundTrips(5);
      expect(heard).toEqual(["1"]);
      expect(server.requests).toHaveLength(1);
    },
  );

  it("never asks again after a 503 with Retry-After", async () => {
    await using server = await serve((response) => refuse(response, 503, { "retry-after": "0" }, "busy"));
    const events = fetchEvents(server.url);
    await expect(events.response).rejects.toMatchObject({ code: "http-status", status: 503, body: "busy" });
    await expect(collect(events)).rejects.toMatchObject({ code: "http-status", status: 503 });
    await roundTrips(5);
    expect(server.requests).toHaveLength(1);
  });

  it("that fails makes no unhandled rejection, whether it is looked at or not", async () => {
    await using server = await serve((response) => refuse(response, 404));
    fetchEvents(server.url);
    await server.request(1);
    await server.idle();
    await expect(collect(fetchEvents(server.url))).rejects.toMatchObject({ status: 404 });
    await server.idle();
    await roundTrips(3);
  });

  it("throws no-content for 204", async () => {
    await using server = await serve((response) => response.writeHead(204).end());
    await expect(collect(fetchEvents(server.url))).rejects.toMatchObject({ code: "no-content" });
  });

  it("ends at the event of endOn, which is not delivered, and releases the socket though the server goes on", async () => {
    await using server = await serve((response) => {
      stream(response, "data: 1\n\ndata: [DONE]\n\ndata: 2\n\n");
      return flood(response, "data: more\n\n", Infinity);
    });
    expect(await dataOf(fetchEvents(server.url, { endOn: "[DONE]", decode: json }))).toEqual([1]);
    await server.idle();
  });

  it("ends at an event that a function recognizes", async () => {
    await using server = await serve((response) => stream(response, THREE));
    expect(await dataOf(fetchEvents(server.url, { endOn: (event) => event.type === "tick" }))).toEqual([
      "1",
      "2",
    ]);
    await server.idle();
  });

  it("throws premature-end when endOn is set and the stream ends without it", async () => {
    await using server = await serve((response) => stream(response, THREE).end());
    const heard: string[] = [];
    const loop = async () => {
      for await (const { data } of fetchEvents(server.url, { endOn: "[DONE]" })) heard.push(data);
    };
    await expect(loop()).rejects.toMatchObject({ code: "premature-end" });
    expect(heard).toEqual(["1", "2", "3"]);
  });

  it.each(["in mid-stream", "before it began"])(
    "throws when the time of its signal is up, %s",
    async (when) => {
      await using server = await serve((response) => stream(response, "data: half\n\n"));
      const controller = new AbortController();
      const timeUp = new DOMException("The operation timed out", "TimeoutError");
      if (when === "before it began") controller.abort(timeUp);
      const heard: string[] = [];
      const loop = async () => {
        for await (const { data } of fetchEvents(server.url, { signal: controller.signal })) {
          heard.push(data);
          controller.abort(timeUp);
        }
      };
      await expect(loop()).rejects.toBe(timeUp);
      expect(heard).toEqual(when === "in mid-stream" ? ["half"] : []);
      await server.idle();
    },
  );

  it("cancels the request when the loop is left by break or by an error", async () => {
    await using server = await serve((response) => stream(response, THREE));
    for await (const { data } of fetchEvents(server.url)) {
      expect(data).toBe("1");
      break;
    }
    await server.idle();
    const loop = async () => {
      for await (const { data } of fetchEvents(server.url)) throw new Error(data);
    };
    await expect(loop()).rejects.toThrow("1");
    await server.idle();
  });

  it("ends with close(), while connecting, while reading and from the outside of a waiting loop", async () => {
    await using server = await serve((response, _request, n) => n > 1 && stream(response, THREE));
    const connecting = fetchEvents(server.url);
    const none = collect(connecting);
    await server.request(1);
    connecting.close();
    expect(await none).toEqual([]);
    await server.idle();

    const events = fetchEvents(server.url);
    const heard: string[] = [];
    for await (const { data } of events) {
      heard.push(data);
      if (data === "2") events.close();
    }
    expect(heard).toEqual(["1", "2"]);
    await server.idle();

    const waiting = fetchEvents(server.url);
    const all = collect(waiting);
    await waiting.response;
    await roundTrips(3);
    waiting.close();
    waiting.close();
    expect((await all).map(({ data }) => data)).toEqual(["1", "2", "3"]);
    await server.idle();
  });

  it("is closed by `using` at the end of its block", async () => {
    await using server = await serve((response) => stream(response, "data: 1\n\n"));
    {
      using events = fetchEvents(server.url);
      await events[Symbol.asyncIterator]().next();
      expect(server.sockets.size).toBe(1);
    }
    await server.idle();
  });

  it("throws the reason of its signal when that is aborted, and leaves no listener on the signal", async () => {
    await using server = await serve((response) => stream(response, THREE));
    const controller = new AbortController();
    const { signal } = controller;
    const heard: string[] = [];
    const loop = async () => {
      for await (const { data } of fetchEvents(server.url, { signal })) {
        heard.push(data);
        if (data === "1") controller.abort("stopped");
      }
    };
    await expect(loop()).rejects.toBe("stopped");
    expect(heard).toEqual(["1"]);
    expect(getEventListeners(signal, "abort")).toHaveLength(0);
    await server.idle();
  });

  it.each([
    ["the end", 200, async (events: AsyncIterable<unknown>) => void (await collect(events))],
    [
      "a break",
      200,
      async (events: AsyncIterable<unknown>) => {
        for await (const event of events) if (event) break;
      },
    ],
    ["an error that nobody iterates to see", 404, async () => {}],
  ])("leaves no listener on a signal after %s", async (_name, status, use) => {
    await using server = await serve((response) =>
      status === 200 ? stream(response, THREE).end() : refuse(response, status),
    );
    const { signal } = new AbortController();
    const events = fetchEvents(server.url, { signal });
    await events.response.catch(() => {});
    await use(events);
    expect(getEventListeners(signal, "abort")).toHaveLength(0);
  });

  it.each(["close()", "its signal"])("ends by %s while it is open and has sent nothing yet", async (how) => {
    await using server = await serve((response) => stream(response));
    const controller = new AbortController();
    const events = fetchEvents(server.url, { signal: controller.signal });
    const all = collect(events);
    // The head has arrived, but no byte of the body.
    await server.request(1);
    await roundTrips(5);
    if (how === "close()") events.close();
    else controller.abort();
    if (how === "close()") expect(await all).toEqual([]);
    else await expect(all).rejects.toBe(controller.signal.reason);
    await server.idle();
  });

  it("settles a pending next() when return() is called while the stream is silent", async () => {
    await using server = await serve((response) => stream(response, "data: 1\n\n"));
    const events = fetchEvents(server.url);
    const iterator = events[Symbol.asyncIterator]();
    await iterator.next();
    const pending = iterator.next();
    const settled = await Promise.race([iterator.return!(), roundTrips(20)]);
    events.close();
    expect(settled).toEqual({ done: true, value: undefined });
    expect(await pending).toEqual({ done: true, value: undefined });
    await server.idle();
  });

  it("cancels the request when a proxy that pipes it on is cancelled while the upstream is silent", async () => {
    await using server = await serve((response) => stream(response, "data: 1\n\n"));
    const events = fetchEvents(server.url);
    const reader = WebStream.from(events).getReader();
    await reader.read();
    void reader.read();
    await roundTrips(2);
    await Promise.race([reader.cancel(), roundTrips(20)]);
    await Promise.race([server.idle(), roundTrips(20)]);
    expect(server.sockets.size).toBe(0);
    events.close();
  });

  it("throws decode-failed from the loop, with the event, and releases the socket", async () => {
    await using server = await serve((response) => stream(response, "data: 1\n\ndata: {\n\ndata: 3\n\n"));
    const heard: unknown[] = [];
    const loop = async () => {
      for await (const { data } of fetchEvents(server.url, { decode: json })) heard.push(data);
    };
    await expect(loop()).rejects.toMatchObject({ code: "decode-failed", event: { raw: "{" } });
    expect(heard).toEqual([1]);
    await server.idle();
  });

  it("resumes from lastEventId and inherits it", async () => {
    await using server = await serve((response) => stream(response, "data: 1\n\n").end());
    const [event] = await collect(fetchEvents(server.url, { lastEventId: "41" }));
    expect(event!.lastEventId).toBe("41");
    expect(server.requests[0]!.headers["last-event-id"]).toBe("41");
  });

  it("reads a compressed stream event by event, where the server flushes", async () => {
    const gzip = createGzip();
    await using server = await serve((response) => {
      response.writeHead(200, { "content-type": "text/event-stream", "content-encoding": "gzip" });
      gzip.pipe(response);
      gzip.write("data: 1\n\n");
      gzip.flush();
    });
    const heard: string[] = [];
    for await (const { data } of fetchEvents(server.url)) {
      heard.push(data);
      if (data === "1") gzip.end("data: 2\n\n");
    }
    expect(heard).toEqual(["1", "2"]);
  });

  it("tells its functions that this is attempt 1", async () => {
    await using server = await serve((response) => stream(response).end());
    const attempts: number[] = [];
    await collect(
      fetchEvents(({ attempt }) => (attempts.push(attempt), server.url), {
        method: "POST",
        headers: ({ attempt }) => (attempts.push(attempt), {}),
        body: ({ attempt }) => (attempts.push(attempt), "x"),
      }),
    );
    expect(attempts).toEqual([1, 1, 1]);
  });
});

describe("readEvents", () => {
  it("reads a Response, whose URL gives the origin", async () => {
    await using server = await serve((response) => stream(response, THREE).end());
    const response = await fetch(server.url);
    const events = readEvents(response);
    expect(await events.response).toBe(response);
    const [first] = await collect(events);
    expect(first).toMatchObject({ data: "1", origin: new URL(server.url).origin });
  });

  it.each([
    [
      "status",
      new Response("no", { status: 500, headers: { "content-type": "text/event-stream" } }),
      "http-status",
    ],
    ["type", new Response("<p>", { headers: { "content-type": "text/html" } }), "content-type"],
    ["content", new Response(null, { status: 204 }), "no-content"],
    ["credentials", new Response(null, { status: 401 }), "unauthorized"],
  ])("refuses a Response of the wrong %s", async (_what, response, code) => {
    const events = readEvents(response);
    await expect(events.response).rejects.toMatchObject({ code, status: response.status });
    await expect(collect(events)).rejects.toMatchObject({ code });
  });

  it("shows the start of a refused Response, as fetchEvents does", async () => {
    const page = new Response("<p>Sign in", { headers: { "content-type": "text/html" } });
    await expect(collect(readEvents(page))).rejects.toMatchObject({ body: "<p>Sign in" });
  });

  it("reads an empty Response", async () => {
    const response = new Response("", { headers: { "content-type": "text/event-stream" } });
    expect(await dataOf(readEvents(response))).toEqual([]);
  });

  it("reads a ReadableStream, which has no origin and no response", async () => {
    const events = readEvents(streamOf(THREE));
    expect(await events.response).toBeUndefined();
    expect((await collect(events)).map(({ data, origin }) => [data, origin])).toEqual([
      ["1", "null"],
      ["2", "null"],
      ["3", "null"],
    ]);
  });

  it("reads a Node Readable, of bytes or of text, and destroys it on break", async () => {
    expect(await dataOf(readEvents(Readable.from([bytes("data: 1\n"), bytes("\ndata: 2\n\n")])))).toEqual([
      "1",
      "2",
    ]);
    const readable = Readable.from(["data: 1\n\n", "data: 2\n\n"]);
    const closed = new Promise((resolve) => readable.once("close", resolve));
    for await (const { data } of readEvents(readable)) {
      expect(data).toBe("1");
      break;
    }
    await closed;
    expect(readable.destroyed).toBe(true);
  });

  it("reads what node:http gives, an IncomingMessage, and destroys it on break", async () => {
    await using server = await serve((response) => stream(response, "data: 1\n\ndata: 2\n\n"));
    const [message] = (await once(get(server.url), "response")) as [IncomingMessage];
    for await (const { data } of readEvents(message)) {
      expect(data).toBe("1");
      break;
    }
    await server.idle();
  });

  it("reads an async generator", async () => {
    async function* body() {
      yield "data: 1\n";
      yield "\ndata: 2\n\n";
    }
    expect(await dataOf(readEvents(body()))).toEqual(["1", "2"]);
  });

  it("cancels the stream on break, at endOn, on close() and on abort", async () => {
    const cancelled: string[] = [];
    const endless = (name: string) =>
      new ReadableStream({
        pull: (controller) => controller.enqueue(bytes("data: x\n\n")),
        cancel: () => void cancelled.push(name),
      });
    for await (const event of readEvents(endless("break"))) if (event) break;
    await collect(readEvents(endless("endOn"), { endOn: "x" }));
    const events = readEvents(endless("close"));
    for await (const event of events) if (event) events.close();
    const controller = new AbortController();
    const aborted = async () => {
      for await (const event of readEvents(endless("abort"), { signal: controller.signal }))
        if (event) controller.abort("stopped");
    };
    await expect(aborted()).rejects.toBe("stopped");
    expect(cancelled).toEqual(["break", "endOn", "close", "abort"]);
  });

  it("throws what the stream fails with, as network", async () => {
    const cause = new Error("cable");
    const body = new ReadableStream({
      pull: (controller) => controller.error(cause),
    });
    await expect(collect(readEvents(body))).rejects.toMatchObject({ code: "network", cause });
  });

  it.each([
    ["a stream that somebody else reads", () => locked(streamOf(THREE))],
    ["a response that was read", () => used(new Response("x"))],
    ["a response that somebody else reads", () => lockedResponse(THREE)],
    ["text", () => "data: x\n\n"],
    ["bytes", () => new TextEncoder().encode("data: x\n\n")],
    ["nothing", () => null],
    ["a promise", () => Promise.resolve(new Response("x"))],
  ])("refuses %s at once, as invalid-option", async (_, make) => {
    const body = await (async () => [make()])();
    expect(() => readEvents(body[0] as never)).toThrow(
      expect.objectContaining({ code: "invalid-option", option: "body" }),
    );
  });

  it.each([
    ["array buffers", (bytes: Uint8Array<ArrayBuffer>) => bytes.slice().buffer],
    ["data views", (bytes: Uint8Array<ArrayBuffer>) => new DataView(bytes.slice().buffer)],
    [
      "views into a larger buffer",
      (bytes: Uint8Array<ArrayBuffer>) => new Uint8Array([0, ...bytes, 0]).subarray(1, -1),
    ],
    ["text", (bytes: Uint8Array<ArrayBuffer>) => new TextDecoder().decode(bytes)],
  ])("reads a stream of %s", async (_, make) => {
    const bytes = new TextEncoder().encode("data: é\n\n");
    const [event] = await collect(readEvents(holding(make(bytes))));
    expect(event!.data).toBe("é");
  });

  it("is unsupported for a stream of anything else, and says so", async () => {
    await expect(collect(readEvents(holding({})))).rejects.toMatchObject({
      code: "unsupported",
    });
  });

  it("keeps maxEventSize, lastEventId and endOn", async () => {
    await expect(collect(readEvents(streamOf(THREE), { maxEventSize: 0 }))).rejects.toMatchObject({
      code: "event-too-large",
    });
    const [event] = await collect(readEvents(streamOf("data: a\n\n"), { lastEventId: "7" }));
    expect(event!.lastEventId).toBe("7");
    await expect(collect(readEvents(streamOf(THREE), { endOn: "x" }))).rejects.toMatchObject({
      code: "premature-end",
    });
  });

  it("throws invalid-option synchronously", () => {
    expect(() => readEvents(streamOf(), { maxEventSize: -1 })).toThrow(
      expect.objectContaining({ code: "invalid-option", option: "maxEventSize" }),
    );
  });
});

describe("the text of a stream", () => {
  const heard = async (...chunks: (string | Uint8Array)[]): Promise<unknown[]> => {
    await using server = await serve(async (response) => {
      stream(response);
      for (const chunk of chunks) {
        response.write(chunk);
        await new Promise(setImmediate);
      }
      response.end();
    });
    return await dataOf(fetchEvents(server.url));
  };

  it("loses one byte order mark and never two: double BOM", async () => {
    expect(await heard("\ufeffdata: 1\n\n")).toEqual(["1"]);
    expect(await heard("\ufeff\ufeffdata: 1\n\ndata: 2\n\n")).toEqual(["2"]);
    expect(await heard(bytes("\ufeff").subarray(0, 1), bytes("\ufeff").subarray(1), "data: 1\n\n")).toEqual([
      "1",
    ]);
    expect(await heard("data: \ufeff1\n\n\ufeffdata: 2\n\n")).toEqual(["\ufeff1"]);
  });

  it("may be cut anywhere, with CR, LF and CRLF", async () => {
    const text = bytes("data: é€😀\r\ndata:  b\rdata\n\nevent: x\r\n\r\ndata: last\r\r");
    const chunks = Array.from(text, (_byte, i) => text.subarray(i, i + 1));
    expect(await heard(...chunks)).toEqual(["é€😀\n b\n", "last"]);
  });

  it("has U+FFFD where it is not UTF-8", async () => {
    expect(await heard("data: a", new Uint8Array([0xff, 0xe2, 0x82]), "\n\n")).toEqual(["a\ufffd\ufffd"]);
  });

  it("has its last, unfinished event discarded", async () => {
    expect(await heard("data: 1\n\ndata: 2\n")).toEqual(["1"]);
    expect(await heard("data: 1\n\ndata: 2")).toEqual(["1"]);
  });
});

describe("schemas", () => {
  const TICK = 'event: tick\ndata: {"symbol":"ES","price":"4.5"}\n\n';
  const libraries: [name: string, tick: StandardSchema<{ symbol: string; price: number }>][] = [
    ["zod", z.object({ symbol: z.string(), price: z.coerce.number() })],
    ["valibot", v.object({ symbol: v.string(), price: v.pipe(v.string(), v.transform(Number)) })],
    ["arktype", type({ symbol: "string", price: "string.numeric.parse" })],
  ];

  it.each(libraries)(
    "of %s check and transform the data of their event; others are text",
    async (_name, tick) => {
      await using server = await serve((response) =>
        stream(response, `${TICK}data: {"not": "touched"}\n\n`).end(),
      );
      const events = await collect(fetchEvents(server.url, { decode: schemas({ tick }) }));
      expect(events.map(({ data }) => data)).toEqual([{ symbol: "ES", price: 4.5 }, '{"not": "touched"}']);
      expect(events[0]!.raw).toBe('{"symbol":"ES","price":"4.5"}');
    },
  );

  it.each(libraries)(
    "of %s refuse one event, with the issues as the cause, and the stream stays",
    async (_name, tick) => {
      await using server = await serve((response) =>
        stream(response, `event: tick\ndata: {"symbol":1}\n\n${TICK}`),
      );
      using source = createEventSource(server.url, { decode: schemas({ tick }) });
      const error = nextError(source);
      const [event] = await take(source, 1);
      expect(event!.data).toEqual({ symbol: "ES", price: 4.5 });
      const { code, event: refused, cause } = await error;
      expect(code).toBe("decode-failed");
      expect(refused!.raw).toBe('{"symbol":1}');
      expect((cause as { issues: unknown[] }).issues.length).toBeGreaterThan(0);
      expect((cause as Error).message).not.toBe("");
    },
  );

  it("may be asynchronous", async () => {
    const tick = z.object({ symbol: z.string() }).refine(async ({ symbol }) => symbol === "ES");
    await using server = await serve((response) =>
      stream(response, `${TICK}event: tick\ndata: {"symbol":"X"}\n\n`),
    );
    using source = createEventSource(server.url, { decode: schemas({ tick }) });
    source.on("tick", () => {});
    const error = nextError(source);
    const [event] = await take(source, 1);
    expect(event).toMatchObject({ type: "tick", data: { symbol: "ES" } });
    expect((await error).code).toBe("decode-failed");
  });

  it("are not found on the prototype of the map", async () => {
    const decode = schemas({ tick: z.string() });
    const events = readEvents(streamOf("event: constructor\ndata: a\n\nevent: __proto__\ndata: b\n\n"), {
      decode,
    });
    expect(await dataOf(events)).toEqual(["a", "b"]);
  });
});

function locked(body: ReadableStream): ReadableStream {
  body.getReader();
  return body;
}

function lockedResponse(text: string): Response {
  const response = new Response(text);
  response.body!.getReader();
  return response;
}

function used(response: Response): Response {
  void response.text();
  return response;
}

function holding(chunk: unknown): ReadableStream<unknown> {
  return new ReadableStream({
    start(controller) {
      controller.enqueue(chunk);
      controller.close();
    },
  });
}
