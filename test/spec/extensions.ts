import type { EventSourceErrorEvent } from "../../src/eventsource.ts";
import { equal, ok, thrown } from "./check.ts";
import type { Context } from "./context.ts";
import { ours, type SpecTest } from "./spec.ts";

const soon = { body: "retry: 1\n\n", finish: "end" } as const;
const encode = (text: string) => new TextEncoder().encode(text);

/** A stream of bytes, and what feeds it. */
function pipe() {
  let controller!: ReadableStreamDefaultController<Uint8Array>;
  let cancelled: () => void;
  const cancel = new Promise<void>((resolve) => (cancelled = resolve));
  const stream = new ReadableStream<Uint8Array>({
    start: (given) => void (controller = given),
    cancel: () => cancelled(),
  });
  return { stream, cancel, controller, send: (text: string) => controller.enqueue(encode(text)) };
}

const errorOf = async (context: Context, ...args: Parameters<Context["open"]>) => {
  const { event } = await context.open(...args).next("error");
  const { code, status, message, willRetry } = event as unknown as EventSourceErrorEvent;
  return { code, status, willRetry, hasMessage: message.length > 5 };
};

/** The coming members of the standard (whatwg/html#12272), and our own. */
export const extensionTests: readonly SpecTest[] = [
  ours("coming: lastEventId and reconnectionTime are getters of the prototype", ({ EventSource }) => {
    for (const name of ["lastEventId", "reconnectionTime"]) {
      const shape = Object.getOwnPropertyDescriptor(EventSource.prototype, name)!;
      equal(
        { ...shape, get: typeof shape.get },
        { get: "function", set: undefined, enumerable: true, configurable: true },
      );
    }
    const { value, enumerable } = Object.getOwnPropertyDescriptor(EventSource, "fromReadableStream")!;
    equal([typeof value, enumerable, EventSource.fromReadableStream.length], ["function", true, 1]);
  }),

  ours("coming: lastEventId is the last event ID string, at each event", async (context) => {
    const heard = context.open(
      await context.lane({ body: "id: 1\ndata: a\n\nid: 2\ndata: b\n\nid\n\n: c\n\ndata: c\n\n" }),
    );
    equal(heard.source.lastEventId, "");
    const ids: string[] = [];
    heard.source.addEventListener("message", () => ids.push(heard.source.lastEventId));
    for (let i = 0; i < 3; i++) await heard.next("message");
    equal(ids, ["1", "2", ""]);
  }),

  ours("coming: reconnectionTime is what retry said, and a few seconds before", async (context) => {
    const heard = context.open(await context.lane({ body: "data: a\n\nretry: 7000\nretry: x\ndata: b\n\n" }));
    equal(heard.source.reconnectionTime, 3000);
    await heard.next("message");
    await heard.next("message");
    equal(heard.source.reconnectionTime, 7000);
    heard.source.close();
    equal(heard.source.reconnectionTime, 7000);
  }),

  ours("coming: fromReadableStream reads the events of a stream", async (context) => {
    const { stream, send } = pipe();
    const source = context.EventSource.fromReadableStream(stream);
    const heard = context.watch(source, "named");
    ok(source instanceof context.EventSource && stream.locked, "a source, and the stream is taken");
    equal([source.url, source.withCredentials, source.readyState], ["about:event-stream", false, 0]);
    equal((await heard.next()).type, "open");
    send("\ufeffid: 1\nevent: named\nda");
    send("ta: a\n\n");
    const { type, event } = await heard.next();
    const { data, origin, lastEventId } = event;
    equal(
      { type, data, origin, lastEventId },
      { type: "named", data: "a", origin: "null", lastEventId: "1" },
    );
  }),

  ours("coming: fromReadableStream fails the connection when the stream ends", async (context) => {
    const { stream, send, controller } = pipe();
    const heard = context.watch(context.EventSource.fromReadableStream(stream));
    send("retry: 1\ndata: a\n\ndata: b");
    controller.close();
    await heard.next("message");
    equal((await heard.next()).readyState, 2);
    await context.settled();
    equal(
      heard.events.map(({ type }) => type),
      ["open", "message", "error"],
    );
  }),

  ours("coming: fromReadableStream fails the connection when the stream errors", async (context) => {
    const { stream, controller } = pipe();
    const heard = context.watch(context.EventSource.fromReadableStream(stream));
    await heard.next("open");
    controller.error(new Error("broken"));
    equal((await heard.next("error")).readyState, 2);
  }),

  ours("coming: fromReadableStream throws for a locked stream, and for what is none", ({ EventSource }) => {
    const { stream } = pipe();
    stream.getReader();
    ok(thrown(() => EventSource.fromReadableStream(stream)) instanceof TypeError, "locked");
    ok(thrown(() => EventSource.fromReadableStream({} as ReadableStream)) instanceof TypeError, "no stream");
    const call = EventSource as unknown as { fromReadableStream: () => unknown };
    ok(thrown(() => call.fromReadableStream()) instanceof TypeError, "no argument");
  }),

  ours("coming: close() cancels the stream of fromReadableStream, at once and later", async (context) => {
    for (const late of [false, true]) {
      const { stream, cancel } = pipe();
      const heard = context.watch(context.EventSource.fromReadableStream(stream));
      if (late) await heard.next("open");
      heard.source.close();
      equal(heard.source.readyState, 2);
      await cancel;
      await context.settled();
      ok(!stream.locked, "the stream is let go");
      equal(heard.events.length, late ? 1 : 0);
    }
  }),

  ours("fetch: is used for every request", async (context) => {
    const lane = await context.lane(soon, {});
    const urls: string[] = [];
    context.open(lane, {
      fetch(url, init) {
        urls.push(url);
        return fetch(url, init);
      },
    });
    await lane.requests(2);
    equal(urls, [lane.url, lane.url]);
  }),

  ours("headers: are sent beside the standard's, and may be a function of the attempt", async (context) => {
    const lane = await context.lane(soon, {});
    let n = 0;
    context.open(lane, { headers: async () => ({ "x-attempt": `${++n}`, "last-event-id": "pinned" }) });
    const requests = await lane.requests(2);
    equal(
      requests.map(({ headers }) => [headers["x-attempt"], headers["accept"], headers["last-event-id"]]),
      [
        ["1", "text/event-stream", undefined],
        ["2", "text/event-stream", undefined],
      ],
    );
  }),

  ...[
    { method: "POST", body: "question" },
    { method: "PUT", body: () => "question" },
    { method: "POST" },
  ].map((init) =>
    ours(`method and body: ${JSON.stringify(init)} is sent once, whatever becomes of it`, async (context) => {
      const lane = await context.lane({ body: "retry: 1\ndata: a\n\n", finish: "end" });
      const heard = context.open(lane, init);
      await heard.next("message");
      const { event, readyState } = await heard.next("error");
      const { code, willRetry } = event as unknown as EventSourceErrorEvent;
      equal({ code, willRetry, readyState }, { code: "network", willRetry: false, readyState: 2 });
      await context.settled();
      const requests = await lane.requests(1);
      equal(
        requests.map(({ method, body }) => [method, body]),
        [[init.method, init.body ? "question" : ""]],
      );
    }),
  ),

  ours(
    "signal: aborting it closes without an event; aborted already it makes no request",
    async (context) => {
      const lane = await context.lane({ body: "data: a\n\n" });
      const controller = new AbortController();
      const heard = context.open(lane, { signal: controller.signal });
      await heard.next("message");
      controller.abort();
      equal(heard.source.readyState, 2);
      await lane.closed(1);
      const late = context.open(lane, { signal: controller.signal });
      equal(late.source.readyState, 2);
      await context.settled();
      equal([heard.events.length, late.events.length, (await lane.requests(0)).length], [2, 0, 1]);
    },
  ),

  ours("lastEventId: is where the first request resumes", async (context) => {
    const lane = await context.lane({ body: "data: a\n\n" });
    const heard = context.open(lane, { lastEventId: "41" });
    equal(heard.source.lastEventId, "41");
    equal((await heard.next("message")).event.lastEventId, "41");
    equal((await lane.requests(1))[0]!.headers["last-event-id"], "41");
  }),

  ours("an error event tells code, status, message and willRetry", async (context) => {
    equal(await errorOf(context, await context.lane({ status: 503, finish: "end" })), {
      code: "http-status",
      status: 503,
      willRetry: false,
      hasMessage: true,
    });
    equal(await errorOf(context, await context.lane({ status: 204, finish: "end" })), {
      code: "no-content",
      status: 204,
      willRetry: false,
      hasMessage: true,
    });
    equal(
      await errorOf(context, await context.lane({ headers: { "content-type": "text/html" }, finish: "end" })),
      {
        code: "content-type",
        status: 200,
        willRetry: false,
        hasMessage: true,
      },
    );
    equal(await errorOf(context, await context.lane({ status: 0 })), {
      code: "network",
      status: undefined,
      willRetry: true,
      hasMessage: true,
    });
  }),

  ours(
    "an error event that is printed shows what happened, in Node, Bun and Deno",
    async (context) => {
      const { event } = await context.open(await context.lane({ status: 503, finish: "end" })).next();
      const specifier = "node:util";
      const { inspect } = (await import(/* @vite-ignore */ specifier)) as typeof import("node:util");
      const { Deno } = globalThis as { Deno?: { inspect: typeof inspect } };
      for (const print of [inspect, Deno?.inspect ?? inspect]) {
        const printed = print(event);
        for (const part of ["error", "http-status", "503", "willRetry"])
          ok(printed.includes(part), `${part} in ${printed}`);
      }
    },
    ({ kind, name }) => kind === "server" && name !== "workerd",
  ),

  ours("a reconnect begins at the original URL, not where a redirect led", async (context) => {
    const target = await context.lane(soon);
    const lane = await context.lane(
      { status: 301, headers: { location: target.url, "cache-control": "max-age=60" }, finish: "end" },
      { body: "data: b\n\n" },
    );
    const heard = context.open(lane);
    equal((await heard.next("message")).event.data, "b");
    equal((await target.requests(0)).length, 1);
  }),

  ours("a URL that can never answer fails the connection", async (context) => {
    for (const url of ["about:blank", "mailto:a@example.com", "ftp://127.0.0.1/"]) {
      const { event, readyState } = await context.open(url).next();
      equal({ type: event.type, readyState }, { type: "error", readyState: 2 }, url);
    }
  }),

  ours("no event object is made for a type that nobody listens to", async (context) => {
    const body = "event: unheard\ndata: a\n\nevent: heard\ndata: b\n\n";
    const lane = await context.lane({ body });
    const source = new context.EventSource(lane.url);
    const made: string[] = [];
    source.dispatchEvent = (event) => {
      made.push(event.type);
      return context.EventSource.prototype.dispatchEvent.call(source, event);
    };
    await new Promise((resolve) => source.addEventListener("heard", resolve));
    source.close();
    equal(made, ["heard"]);
  }),
];
