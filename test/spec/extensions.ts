import type { ErrorEvent } from "../../src/eventsource.ts";
import { equal, ok, thrown } from "./check.ts";
import type { Context, Heard } from "./context.ts";
import { ours, type SpecTest } from "./spec.ts";

const never = "about:blank";

const soon = { body: "retry: 1\n\n", finish: "end" } as const;
const encode = (text: string) => new TextEncoder().encode(text);

/** A stream of bytes, and functions that feed it. */
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

/** The next error event, as plain data. */
const nextError = async (heard: Heard) => {
  const { event, readyState } = await heard.next("error");
  const { code, message, error } = event as unknown as ErrorEvent;
  const { code: reason, status, willRetry, attempt, delay } = error!;
  equal([message, status], [error!.message, code], "message and status of event.error");
  ok(message!.length > 5, "a message");
  return { code, reason, willRetry, attempt, delay, readyState };
};

const fromStream = ({ EventSource }: Context, stream: ReadableStream) =>
  EventSource.fromReadableStream!(stream);

/** The proposed members of the standard (whatwg/html#12272), and extensions. */
export const extensionTests: readonly SpecTest[] = [
  ours("Proposed: lastEventId and reconnectionTime are getters of the prototype", ({ EventSource }) => {
    for (const name of ["lastEventId", "reconnectionTime"]) {
      const shape = Object.getOwnPropertyDescriptor(EventSource.prototype, name)!;
      equal(
        { ...shape, get: typeof shape.get },
        { get: "function", set: undefined, enumerable: true, configurable: true },
      );
    }
    const { value, enumerable } = Object.getOwnPropertyDescriptor(EventSource, "fromReadableStream")!;
    equal([typeof value, enumerable, EventSource.fromReadableStream!.length], ["function", true, 1]);
  }),

  ours("Proposed: lastEventId is the last event ID string, at each event", async (context) => {
    const heard = context.open(
      await context.lane({ body: "id: 1\ndata: a\n\nid: 2\ndata: b\n\nid\n\n: c\n\ndata: c\n\n" }),
    );
    equal(heard.source.lastEventId, "");
    const ids: string[] = [];
    heard.source.addEventListener("message", () => ids.push(heard.source.lastEventId!));
    for (let i = 0; i < 3; i++) await heard.next("message");
    equal(ids, ["1", "2", ""]);
  }),

  ours("Proposed: reconnectionTime is the value of the retry field, 3000 before", async (context) => {
    const heard = context.open(await context.lane({ body: "data: a\n\nretry: 7000\nretry: x\ndata: b\n\n" }));
    equal(heard.source.reconnectionTime, 3000);
    await heard.next("message");
    await heard.next("message");
    equal(heard.source.reconnectionTime, 7000);
    heard.source.close();
    equal(heard.source.reconnectionTime, 7000);
  }),

  ours("Proposed: fromReadableStream reads the events of a stream", async (context) => {
    const { stream, send } = pipe();
    const source = fromStream(context, stream);
    const heard = context.watch(source, "named");
    ok(source instanceof context.EventSource && stream.locked, "a source, and the stream is locked");
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

  ours("Proposed: fromReadableStream fails the connection when the stream ends", async (context) => {
    const { stream, send, controller } = pipe();
    const heard = context.watch(fromStream(context, stream));
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

  ours("Proposed: fromReadableStream fails the connection when the stream errors", async (context) => {
    const { stream, controller } = pipe();
    const heard = context.watch(fromStream(context, stream));
    await heard.next("open");
    controller.error(new Error("broken"));
    equal((await heard.next("error")).readyState, 2);
  }),

  ours("Proposed: fromReadableStream throws for a locked stream and for other values", (context) => {
    const { stream } = pipe();
    stream.getReader();
    ok(thrown(() => fromStream(context, stream)) instanceof TypeError, "locked");
    ok(thrown(() => fromStream(context, {} as ReadableStream)) instanceof TypeError, "no stream");
    const call = context.EventSource as unknown as { fromReadableStream: () => unknown };
    ok(thrown(() => call.fromReadableStream()) instanceof TypeError, "no argument");
  }),

  ours(
    "Proposed: close() cancels the stream of fromReadableStream, before and after it is open",
    async (context) => {
      for (const late of [false, true]) {
        const { stream, cancel } = pipe();
        const heard = context.watch(fromStream(context, stream));
        if (late) await heard.next("open");
        heard.source.close();
        equal(heard.source.readyState, 2);
        await cancel;
        await context.settled();
        ok(!stream.locked, "the stream is released");
        equal(heard.events.length, late ? 1 : 0);
      }
    },
  ),

  ours("The fetch option is used for every request", async (context) => {
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

  ours("The headers option is sent beside the standard's headers, and may be a function", async (context) => {
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
    ours(`A request with ${JSON.stringify(init)} is never sent again`, async (context) => {
      const lane = await context.lane({ body: "retry: 1\ndata: a\n\n", finish: "end" });
      const heard = context.open(lane, init);
      await heard.next("message");
      equal(await nextError(heard), {
        code: undefined,
        reason: "stream-ended",
        willRetry: false,
        attempt: 1,
        delay: undefined,
        readyState: 2,
      });
      await context.settled();
      const requests = await lane.requests(1);
      equal(
        requests.map(({ method, body }) => [method, body]),
        [[init.method, init.body ? "question" : ""]],
      );
    }),
  ),

  ours(
    "Aborting the signal closes without an event, and with an aborted signal no request is made",
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

  ours("The first request resumes after the lastEventId option", async (context) => {
    const lane = await context.lane({ body: "data: a\n\n" });
    const heard = context.open(lane, { lastEventId: "41" });
    equal(heard.source.lastEventId, "41");
    equal((await heard.next("message")).event.lastEventId, "41");
    equal((await lane.requests(1))[0]!.headers["last-event-id"], "41");
  }),

  ours(
    "The first request resumes after a Last-Event-ID header, later ones after the tracked ID",
    async (context) => {
      const lane = await context.lane({ body: "retry: 1\nid: 42\ndata: a\n\n", finish: "end" }, {});
      const { source } = context.open(lane, { headers: { "Last-Event-ID": "41" } });
      equal(source.lastEventId, "41");
      const requests = await lane.requests(2);
      equal(
        requests.map(({ headers }) => headers["last-event-id"]),
        ["41", "42"],
      );
    },
  ),

  ours(
    "lastEventIdParam sends the last event ID as a query parameter instead of the header",
    async (context) => {
      const lane = await context.lane({ body: "retry: 1\nid: a&b\ndata: a\n\n", finish: "end" }, {});
      const heard = context.open(`${lane.url}&since=41`, { lastEventIdParam: "since" });
      equal(heard.source.lastEventId, "41");
      ok(heard.source.url.endsWith("&since=41"), "url stays the URL that was given");
      const urls: string[] = [];
      await lane.requests(2);
      context.open(`${lane.url}&since=41`, {
        lastEventIdParam: "since",
        lastEventId: "a&b",
        fetch(url, init) {
          urls.push(url);
          return fetch(url, init);
        },
      });
      const requests = await lane.requests(3);
      equal(
        requests.map(({ headers }) => headers["last-event-id"]),
        [undefined, undefined, undefined],
      );
      equal(
        urls.map((url) => new URL(url).searchParams.get("since")),
        ["a&b"],
      );
    },
  ),

  ours("An event may have any size by default, and maxEventSize limits it", async (context) => {
    const size = 2 ** 24 + 1;
    const huge = await context.lane({ body: [`data: ${"x".repeat(size)}\n\n`] });
    equal((await context.open(huge).next("message")).event.data.length, size);
    const lane = await context.lane({ body: `retry: 1\ndata: 12345678\n\ndata: 123456789\n\n` });
    const heard = context.open(lane, { maxEventSize: 8 });
    await heard.next("message");
    const { code, reason, readyState } = await nextError(heard);
    equal([code, reason, readyState], [undefined, "event-too-large", 2]);
    await context.settled();
    equal((await lane.requests(0)).length, 1);
  }),

  ours("An error event has the HTTP status as code, a message, and the error", async (context) => {
    const final = { willRetry: false, attempt: 1, delay: undefined, readyState: 2 };
    for (const [status, reason] of [
      [401, "unauthorized"],
      [503, "http-status"],
      [204, "no-content"],
    ] as const) {
      const heard = context.open(await context.lane({ status, finish: "end" }));
      equal(await nextError(heard), { code: status, reason, ...final });
    }
    const html = await context.lane({ headers: { "content-type": "text/html" }, finish: "end" });
    equal(await nextError(context.open(html)), { code: 200, reason: "content-type", ...final });
  }),

  ours("An error event of a lost connection has the delay, and no code", async (context) => {
    const lane = await context.lane({ status: 0 }, soon, { body: "retry: 1\n\n", finish: "drop" }, {});
    const fast = { code: undefined, willRetry: true, delay: 1, readyState: 0 };
    const heard = context.open(lane);
    equal(await nextError(heard), { ...fast, reason: "network", attempt: 1, delay: 3000 });
    equal(await nextError(heard), { ...fast, reason: "stream-ended", attempt: 2 });
    const cut = await nextError(heard);
    // WebKitGTK takes a response that breaks off for one that has ended.
    ok(/^(network|stream-ended)$/.test(cut.reason), "the reason of a cut");
    equal({ ...cut, reason: "network" }, { ...fast, reason: "network", attempt: 1 });
  }),

  ours("An error event is an ErrorEvent: an Event with more members", async (context) => {
    const { event } = await context.open(never).next("error");
    const ErrorEvent = event.constructor as new (...args: unknown[]) => ErrorEvent;
    ok(Object.getPrototypeOf(ErrorEvent) === Event, "a subclass of Event");
    const { type, code, message, error } = new ErrorEvent("own", { code: 404, message: "Not here" });
    equal([type, code, message, error], ["own", 404, "Not here", undefined]);
    equal(new ErrorEvent("own").code, undefined);
  }),

  ours(
    "An error event prints its details in Node, Bun and Deno",
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

  ours("A reconnect goes to the original URL, not to the target of a redirect", async (context) => {
    const target = await context.lane(soon);
    const lane = await context.lane(
      { status: 301, headers: { location: target.url, "cache-control": "max-age=60" }, finish: "end" },
      { body: "data: b\n\n" },
    );
    const heard = context.open(lane);
    equal((await heard.next("message")).event.data, "b");
    equal((await target.requests(0)).length, 1);
  }),

  ours("A URL without a network fails the connection", async (context) => {
    for (const url of ["about:blank", "mailto:a@example.com", "ftp://127.0.0.1/"]) {
      const { event, readyState } = await context.open(url).next();
      equal({ type: event.type, readyState }, { type: "error", readyState: 2 }, url);
    }
  }),

  ours(
    "Every event is dispatched: listeners added through EventTarget.prototype receive it",
    async (context) => {
      const lane = await context.lane({ body: "event: named\ndata: a\n\n" }, { finish: "end" });
      const source = new context.EventSource(lane.url);
      const received: string[] = [];
      await new Promise<void>((resolve) => {
        for (const type of ["open", "named"])
          EventTarget.prototype.addEventListener.call(source, type, () => {
            received.push(type);
            if (type === "named") resolve();
          });
      });
      source.close();
      equal(received, ["open", "named"]);
    },
  ),

  ours(
    "The class has the symbol by which the eventsource package announces its fetch option",
    ({ EventSource }) => {
      const symbol = Symbol.for("eventsource.supports-fetch-override");
      equal(Object.getOwnPropertyDescriptor(EventSource, symbol), {
        value: true,
        writable: false,
        enumerable: false,
        configurable: false,
      });
    },
  ),
];
