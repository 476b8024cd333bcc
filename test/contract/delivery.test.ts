// Contract: how events reach listeners and loops, and when the next one follows (design.md §2 and §4, "Listeners", "Memory").
import { describe, expect, onTestFinished, test, vi } from "vitest";
import {
  createEventSource,
  EventSourceError,
  fetchEvents,
  json,
  readEvents,
  schema,
  schemas,
  type EventSourceClient,
  type EventSourceOptions,
  type ServerSentEvent,
} from "../../src/index.ts";
import { collect } from "../helpers/collect.ts";
import { deferred, type Deferred } from "../helpers/deferred.ts";
import { drop, flood, serve, stream } from "../helpers/server.ts";
import { reach } from "../helpers/watch.ts";
import {
  allReleased,
  blocks,
  bodyOf,
  closing,
  codesOf,
  collectUncaught,
  dataOf,
  quickRetry,
  turns,
  until,
  within,
} from "./support.ts";

/** A server with a log of `length` events, which goes on after Last-Event-ID and then stays open. */
const serveLog = (length: number) =>
  serve((response, { headers }) =>
    stream(response, blocks(Number(headers["last-event-id"] ?? 0) + 1, length)),
  );

/** A listener whose promises the test resolves, one for each event. */
function held() {
  const calls: { data: unknown; done: Deferred<void> }[] = [];
  return {
    calls,
    data: () => calls.map(({ data }) => data),
    listener: ({ data }: ServerSentEvent<string, unknown>): Promise<void> => {
      const done = deferred();
      calls.push({ data, done });
      return done.promise;
    },
  };
}

type Attach = (
  source: EventSourceClient,
  listener: (event: ServerSentEvent<string, unknown>) => unknown,
) => () => void;
const ways: [string, Attach][] = [
  ["on", (source, listener) => source.on("message", listener as never)],
  ["onEvent", (source, listener) => source.onEvent(listener)],
];

describe.each(ways)("A promise returned by a listener of %s", (_, attach) => {
  test("holds the next event and the checkpoint until it resolves", async () => {
    await using server = await serveLog(3);
    const source = closing(createEventSource(server.url, { open: false }));
    const { calls, data, listener } = held();
    const checkpoints: string[] = [];
    attach(source, listener);
    source.onCheckpoint((id) => void checkpoints.push(id));
    source.open();
    for (let n = 1; n <= 3; n++) {
      await until(`event ${n}`, () => calls.length === n);
      await turns();
      expect(data()).toEqual(["1", "2", "3"].slice(0, n));
      expect(checkpoints).toEqual(["1", "2", "3"].slice(0, n - 1));
      calls[n - 1]!.done.resolve();
    }
    await until("the last checkpoint", () => checkpoints.length === 3);
    expect(checkpoints).toEqual(["1", "2", "3"]);
  });

  test("that rejects is reported, and the next event follows", async () => {
    const uncaught = collectUncaught();
    await using server = await serveLog(2);
    const source = closing(createEventSource(server.url, { open: false }));
    const error = new Error("the listener failed");
    const data: unknown[] = [];
    attach(source, (event) => {
      data.push(event.data);
      return event.data === "1" ? Promise.reject(error) : undefined;
    });
    const codes = codesOf(source);
    source.open();
    await until("the second event", () => data.length === 2);
    await until("a report", () => uncaught.length > 0);
    expect(uncaught.map((report) => report.error)).toEqual([error]);
    expect(codes).toEqual([]);
    expect(source.status.state).toBe("open");
  });

  test("may be any thenable", async () => {
    await using server = await serveLog(2);
    const source = closing(createEventSource(server.url, { open: false }));
    const data: unknown[] = [];
    let release = () => {};
    attach(source, (event) => {
      data.push(event.data);
      // eslint-disable-next-line unicorn/no-thenable
      return { then: (resolve: () => void) => void (release = resolve) };
    });
    source.open();
    await until("the first event", () => data.length === 1);
    await turns();
    expect(data).toEqual(["1"]);
    release();
    await until("the second event", () => data.length === 2);
  });

  test("still holds the first event of the next connection when its own was lost", async () => {
    const source = closing(
      createEventSource("http://example.test/", {
        open: false,
        retry: quickRetry,
        transport: async ({ attempt, lastEventId, signal }, sink) => {
          sink.open({ url: "http://example.test/", headers: new Headers() });
          const id = `${Number(lastEventId) + 1}`;
          void sink.deliver({ type: "message", data: id, lastEventId: id });
          if (id === "1" && attempt === 1) throw new EventSourceError("network", "lost");
          await new Promise((resolve) => signal.addEventListener("abort", resolve));
        },
      }),
    );
    const { calls, data, listener } = held();
    const checkpoints: string[] = [];
    attach(source, listener);
    source.onCheckpoint((id) => void checkpoints.push(id));
    source.open();
    await within("a wait for a retry", reach(source, "waiting"));
    await within("an open connection", reach(source, "open"));
    await turns(50);
    expect(data()).toEqual(["1"]);
    expect(checkpoints).toEqual([]);
    calls[0]!.done.resolve();
    await until("the second event", () => calls.length === 2);
    expect(data()).toEqual(["1", "2"]);
    expect(checkpoints).toEqual(["1"]);
  });

  test("that settles after the connection was reset delays the reconnect at most, and loses nothing", async () => {
    await using server = await serveLog(3);
    const source = closing(createEventSource(server.url, { open: false, retry: quickRetry }));
    const { calls, data, listener } = held();
    attach(source, listener);
    source.open();
    await until("the first event", () => calls.length === 1);
    drop(server.requests[0]!);
    await turns();
    for (let n = 1; n <= 3; n++) {
      await until(`event ${n}`, () => calls.length === n);
      calls[n - 1]!.done.resolve();
    }
    expect(data()).toEqual(["1", "2", "3"]);
  });

  test("that never settles is released by reconnect()", async () => {
    await using server = await serveLog(2);
    const source = closing(createEventSource(server.url, { open: false }));
    const { calls, data, listener } = held();
    attach(source, listener);
    source.open();
    await until("the first event", () => calls.length === 1);
    source.reconnect();
    await until("the second event", () => calls.length === 2);
    expect(data()).toEqual(["1", "2"]);
    expect(server.requests[1]!.headers["last-event-id"]).toBe("1");
  });

  test("that never settles is released by close(): the next life goes on", async () => {
    await using server = await serveLog(2);
    const source = closing(createEventSource(server.url, { open: false }));
    const { calls, data, listener } = held();
    attach(source, listener);
    source.open();
    await until("the first event", () => calls.length === 1);
    source.close();
    await within("the end of the client", source.closed);
    await within("the release of all sockets", allReleased(server));
    source.open();
    await until("the second event", () => calls.length === 2);
    expect(data()).toEqual(["1", "2"]);
  });

  test("slows the socket down", async () => {
    let written = 0;
    await using server = await serve((response) =>
      flood(stream(response), `data: ${"x".repeat(10_000)}\n\n`, 2 ** 28, (bytes) => (written = bytes)),
    );
    const source = closing(createEventSource(server.url, { open: false }));
    const { calls, listener } = held();
    attach(source, listener);
    source.open();
    await until("the first event", () => calls.length === 1);
    let before = -1;
    // The buffers of both kernels fill up, and then nothing more is written.
    await until("the server to stop", () => {
      const isStill = before === written;
      before = written;
      return isStill && written > 2 ** 16;
    });
    await turns(200);
    expect(calls).toHaveLength(1);
    expect(written).toBeLessThan(2 ** 25);
  });
});

test("The checkpoint of an event waits for the promises of all its listeners", async () => {
  await using server = await serveLog(2);
  const source = closing(createEventSource(server.url, { open: false }));
  const a = held();
  const b = held();
  const checkpoints: string[] = [];
  source.on("message", a.listener as never);
  source.onEvent(b.listener);
  source.onCheckpoint((id) => void checkpoints.push(id));
  source.open();
  await until("the first event", () => a.calls.length === 1 && b.calls.length === 1);
  b.calls[0]!.done.resolve();
  await turns();
  expect(checkpoints).toEqual([]);
  expect(a.calls).toHaveLength(1);
  a.calls[0]!.done.resolve();
  await until("the second event", () => a.calls.length === 2);
  expect(checkpoints).toEqual(["1"]);
});

test("The checkpoint of an event waits for a loop to ask for the next one", async () => {
  await using server = await serveLog(3);
  const source = closing(createEventSource(server.url, { open: false }));
  const checkpoints: string[] = [];
  source.onCheckpoint((id) => void checkpoints.push(id));
  const iterator = source[Symbol.asyncIterator]();
  expect((await within("an event", iterator.next())).value?.data).toBe("1");
  await turns(50);
  expect(checkpoints).toEqual([]);
  expect((await within("an event", iterator.next())).value?.data).toBe("2");
  await turns();
  expect(checkpoints).toEqual(["1"]);
});

test("The checkpoint is never reached by an event whose processing was cut off by close()", async () => {
  await using server = await serveLog(3);
  const source = closing(createEventSource(server.url, { open: false }));
  const { calls, listener } = held();
  const checkpoints: string[] = [];
  source.onEvent(listener);
  source.onCheckpoint((id) => void checkpoints.push(id));
  source.open();
  await until("the first event", () => calls.length === 1);
  calls[0]!.done.resolve();
  await until("the second event", () => calls.length === 2);
  source.close();
  await turns();
  expect(checkpoints).toEqual(["1"]);
});

describe("A listener that throws", () => {
  const listeners: [string, (source: EventSourceClient, fail: () => never) => void][] = [
    ["on", (source, fail) => void source.on("message", fail)],
    ["onEvent", (source, fail) => void source.onEvent(fail)],
    ["onStatus", (source, fail) => void source.onStatus(fail)],
    ["onComment", (source, fail) => void source.onComment(fail)],
    ["onCheckpoint", (source, fail) => void source.onCheckpoint(fail)],
  ];

  test.each(listeners)(
    "(%s) is reported and disturbs neither the others nor the connection",
    async (_, attach) => {
      const uncaught = collectUncaught();
      await using server = await serve((response) => stream(response, `: hi\n\n${blocks(1, 3)}`));
      const source = closing(createEventSource(server.url, { open: false }));
      const error = new Error("the listener failed");
      attach(source, () => {
        throw error;
      });
      const data = dataOf(source);
      const checkpoints: string[] = [];
      const codes = codesOf(source);
      source.onCheckpoint((id) => void checkpoints.push(id));
      source.open();
      await until("all events", () => data.length === 3);
      await until("a report", () => uncaught.length > 0);
      expect(new Set(uncaught.map((report) => report.error))).toEqual(new Set([error]));
      expect({ codes, requests: server.requests.length, state: source.status.state }).toEqual({
        codes: [],
        requests: 1,
        state: "open",
      });
      await turns();
      expect(checkpoints).toEqual(["1", "2", "3"]);
    },
  );

  test("is passed to reportError where there is one", async () => {
    const reportError = vi.fn();
    vi.stubGlobal("reportError", reportError);
    onTestFinished(() => void vi.unstubAllGlobals());
    await using server = await serveLog(1);
    const source = closing(createEventSource(server.url, { open: false }));
    const error = new Error("the listener failed");
    source.onEvent(() => {
      throw error;
    });
    source.open();
    await until("a report", () => reportError.mock.calls.length > 0);
    expect(reportError.mock.calls).toEqual([[error]]);
  });

  test("as an onError listener does not change what happens next", async () => {
    const uncaught = collectUncaught();
    await using server = await serve((response, _, n) =>
      n === 1 ? stream(response).end() : stream(response),
    );
    const source = closing(createEventSource(server.url, { open: false, retry: quickRetry }));
    source.onError(() => {
      throw new Error("the listener failed");
    });
    source.open();
    await within("a second request", server.request(2));
    await within("an open connection", reach(source, "open"));
    expect(uncaught).toHaveLength(1);
  });
});

describe("Listeners", () => {
  test("of a name get that name only; server events and the life of the connection are different channels", async () => {
    await using server = await serve((response) =>
      stream(
        response,
        "event: error\ndata: e\n\nevent: open\ndata: o\n\ndata: m\n\nevent: close\ndata: c\n\n",
      ),
    );
    const source = closing(createEventSource(server.url, { open: false }));
    const seen: string[] = [];
    for (const type of ["error", "open", "message", "close", "status"])
      source.on(type, (event) => void seen.push(`${type}: ${event.data}`));
    const codes = codesOf(source);
    source.open();
    await until("all events", () => seen.length === 4);
    expect(seen).toEqual(["error: e", "open: o", "message: m", "close: c"]);
    expect(codes).toEqual([]);
    expect(source.status.state).toBe("open");
  });

  test("are removed by their unsubscribe function, by their signal and by once", async () => {
    await using server = await serveLog(3);
    const source = closing(createEventSource(server.url, { open: false }));
    const seen: string[] = [];
    const controller = new AbortController();
    const undo = source.onEvent(({ data }) => void (seen.push(`undo ${data}`), undo()));
    source.on("message", ({ data }) => void (seen.push(`signal ${data}`), controller.abort()), {
      signal: controller.signal,
    });
    source.on("message", ({ data }) => void seen.push(`once ${data}`), { once: true });
    source.onEvent(({ data }) => void seen.push(`aborted ${data}`), { signal: AbortSignal.abort() });
    const data = dataOf(source);
    source.open();
    await until("all events", () => data.length === 3);
    expect(seen.toSorted()).toEqual(["once 1", "signal 1", "undo 1"]);
  });

  test("get an event object of type, data, raw, lastEventId and origin", async () => {
    await using server = await serve((response) => stream(response, "id: 7\nevent: tick\ndata: [1]\n\n"));
    const source = closing(createEventSource(server.url, { open: false, decode: json }));
    const seen = deferred<unknown>();
    source.on("tick", seen.resolve);
    source.open();
    expect(await within("an event", seen.promise)).toEqual({
      type: "tick",
      data: [1],
      raw: "[1]",
      lastEventId: "7",
      origin: `http://127.0.0.1:${server.port}`,
    });
  });

  test("of comments get their text", async () => {
    await using server = await serve((response) => stream(response, ": one\n:two\n\ndata: 1\n\n"));
    const source = closing(createEventSource(server.url, { open: false }));
    const comments: string[] = [];
    source.onComment((comment) => void comments.push(comment));
    source.open();
    await until("two comments", () => comments.length === 2);
    expect(comments.map((comment) => comment.trim())).toEqual(["one", "two"]);
  });

  test("leave nothing behind: a million names that were given up keep no memory", async () => {
    const source = closing(createEventSource("http://127.0.0.1:1/", { open: false }));
    const listener = () => {};
    const come = (from: number, to: number) => {
      for (let i = from; i < to; i++) source.on(`name ${i}`, listener)();
    };
    come(0, 1000);
    globalThis.gc!();
    const before = process.memoryUsage().heapUsed;
    const start = performance.now();
    come(1000, 1_001_000);
    const took = performance.now() - start;
    globalThis.gc!();
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(10e6);
    expect(took).toBeLessThan(10_000);
  });

  test("of a name that once or a signal removed leave nothing behind either", async () => {
    const source = closing(createEventSource("http://127.0.0.1:1/", { open: false }));
    const listener = () => {};
    globalThis.gc!();
    const before = process.memoryUsage().heapUsed;
    for (let i = 0; i < 100; i++) {
      const controller = new AbortController();
      for (let name = 0; name < 1000; name++)
        source.on(`${i} ${name}`, listener, { signal: controller.signal });
      controller.abort();
    }
    globalThis.gc!();
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(5e6);
  });
});

describe("Options that are listeners", () => {
  test("are attached before the first attempt: no early event or status is missed", async () => {
    const calls: string[] = [];
    closing(
      createEventSource("http://example.test/", {
        transport: async (_, sink) => {
          sink.open({ url: "http://example.test/", headers: new Headers() });
          void sink.deliver({ type: "message", data: "1", lastEventId: "1" });
          throw new EventSourceError("network", "broken");
        },
        retry: false,
        onEvent: (event) => void calls.push(`event ${event.data}`),
        onStatus: ({ state }) => void calls.push(state),
        onError: ({ code }) => void calls.push(`error ${code}`),
      }),
    );
    await until("the end of the client", () => calls.includes("closed"));
    expect(calls.filter((call) => !call.startsWith("error"))).toEqual([
      "connecting",
      "open",
      "event 1",
      "closed",
    ]);
    expect(calls.filter((call) => call.startsWith("error"))).toEqual(["error network"]);
  });

  test("onEvent applies backpressure by its promise, as the method does", async () => {
    await using server = await serveLog(2);
    const { calls, listener } = held();
    const source = closing(createEventSource(server.url, { onEvent: listener }));
    const checkpoints: string[] = [];
    source.onCheckpoint((id) => void checkpoints.push(id));
    await until("the first event", () => calls.length === 1);
    await turns();
    expect([calls.length, checkpoints]).toEqual([1, []]);
    calls[0]!.done.resolve();
    await until("the second event", () => calls.length === 2);
    expect(checkpoints).toEqual(["1"]);
  });

  test("stay attached when the client is closed and opened again", async () => {
    await using server = await serve((response, _, n) => stream(response, blocks(n, n)));
    const data: unknown[] = [];
    const source = closing(createEventSource(server.url, { onEvent: (event) => void data.push(event.data) }));
    await until("the first event", () => data.length === 1);
    source.close();
    source.open();
    await until("the second event", () => data.length === 2);
  });

  test("work with open: false", async () => {
    await using server = await serveLog(1);
    const states: string[] = [];
    const source = closing(
      createEventSource(server.url, { open: false, onStatus: ({ state }) => void states.push(state) }),
    );
    expect(states).toEqual([]);
    source.open();
    await within("an open connection", reach(source, "open"));
    expect(states).toEqual(["connecting", "open"]);
  });
});

describe("endOn", () => {
  const text = "id: 1\ndata: 1\n\nid: 2\ndata: [DONE]\n\nid: 3\ndata: 3\n\n";
  const isDone = ({ data }: { data: string }) => data === "[DONE]";
  const variants: [string, EventSourceOptions["endOn"], string[]][] = [
    ["a string", "[DONE]", ["1"]],
    ["a test that returns true", isDone, ["1"]],
    [
      'a test that returns "deliver"',
      ((event: { data: string }) => isDone(event) && "deliver") as never,
      ["1", "[DONE]"],
    ],
  ];

  describe.each(variants)("as %s", (_, endOn, expected) => {
    test("completes a client", async () => {
      await using server = await serve((response) => stream(response, text));
      const source = closing(createEventSource(server.url, { open: false, endOn }));
      const data = dataOf(source);
      const looped: unknown[] = [];
      const run = (async () => {
        for await (const event of source) looped.push(event.data);
      })();
      expect(await within("the end of the client", source.closed)).toMatchObject({ reason: "complete" });
      await within("the end of the loop", run);
      await within("the release of all sockets", allReleased(server));
      expect({ data, looped }).toEqual({ data: expected, looped: expected });
      expect(server.requests).toHaveLength(1);
    });

    test("completes fetchEvents and readEvents", async () => {
      await using server = await serve((response) => stream(response, text));
      for (const make of [
        () => fetchEvents(server.url, { endOn }),
        () => readEvents(bodyOf([text], false), { endOn }),
      ]) {
        const events = await within("the end of the stream", collect(make()));
        expect(events.map(({ data }) => data)).toEqual(expected);
      }
      await within("the release of all sockets", allReleased(server));
    });

    test("completes a stream whose other events are decoded", async () => {
      const stream = readEvents(bodyOf(["data: 1\n\ndata: [DONE]\n\n"], false), {
        endOn,
        decode: (raw) => raw,
      });
      const events = await within("the end of the stream", collect(stream));
      expect(events.map(({ data }) => data)).toEqual(expected);
    });
  });

  test('"deliver" decodes the last event as any other, and it reaches the checkpoint', async () => {
    await using server = await serve((response) => stream(response, 'id: 1\ndata: {"done":true}\n\n'));
    const source = closing(
      createEventSource(server.url, { open: false, decode: json, endOn: (() => "deliver") as never }),
    );
    const checkpoints: string[] = [];
    const data = dataOf(source);
    source.onCheckpoint((id) => void checkpoints.push(id));
    source.open();
    await within("the end of the client", source.closed);
    await turns();
    expect(data).toEqual([{ done: true }]);
    expect(checkpoints).toEqual(["1"]);
  });

  test("given a sentinel that is no JSON does not decode it", async () => {
    const stream = readEvents(bodyOf(["data: 1\n\ndata: [DONE]\n\n"]), { endOn: "[DONE]", decode: json });
    expect((await within("the end of the stream", collect(stream))).map(({ data }) => data)).toEqual([1]);
  });

  test("that never comes is a premature end, with a message that names it", async () => {
    const read = async () => collect(readEvents(bodyOf([blocks(1, 1)]), { endOn: "[DONE]" }));
    await expect(within("the end of the stream", read())).rejects.toMatchObject({
      code: "premature-end",
      message: "The stream ended before the endOn event",
    });
    await using server = await serve((response) => stream(response, blocks(1, 1)).end());
    const source = closing(createEventSource(server.url, { endOn: "[DONE]", retry: { initialDelay: 1e6 } }));
    expect((await within("a wait for a retry", reach(source, "waiting"))).error.code).toBe("premature-end");
  });
});

describe("decode", () => {
  test("by json gives undefined for empty data, which is no error", async () => {
    await using server = await serve((response) =>
      stream(response, 'id: 1\ndata:\n\nid: 2\ndata: {"a":1}\n\n'),
    );
    const source = closing(createEventSource(server.url, { open: false, decode: json }));
    const data = dataOf(source);
    const codes = codesOf(source);
    source.open();
    await until("both events", () => data.length === 2);
    expect(data).toEqual([undefined, { a: 1 }]);
    expect(codes).toEqual([]);
  });

  test("that fails concerns that one event: its text is reported, and the connection stays", async () => {
    await using server = await serve((response) =>
      stream(response, "data: 1\n\nid: 2\nevent: t\ndata: {oops\n\ndata: 3\n\n"),
    );
    const source = closing(createEventSource(server.url, { open: false, decode: json }));
    const data = dataOf(source);
    const errors: EventSourceError[] = [];
    source.onError((error) => void errors.push(error));
    source.open();
    await until("the last event", () => data.length === 2);
    expect(data).toEqual([1, 3]);
    expect(errors).toHaveLength(1);
    expect(errors[0]).toMatchObject({
      code: "decode-failed",
      event: { type: "t", raw: "{oops", lastEventId: "2" },
    });
    expect(source.status.state).toBe("open");
  });

  test("that fails ends a finite stream with decode-failed", async () => {
    const read = async () => collect(readEvents(bodyOf(["data: {oops\n\n"]), { decode: json }));
    await expect(within("the end of the stream", read())).rejects.toMatchObject({
      code: "decode-failed",
      event: { raw: "{oops" },
    });
  });

  /** A Standard Schema for JSON numbers. */
  const numbers = (isAsync: boolean) => ({
    "~standard": {
      version: 1 as const,
      vendor: "test",
      validate: (value: unknown) => {
        const result =
          typeof value === "number" ? { value: value * 2 } : { issues: [{ message: "no number" }] };
        return isAsync ? Promise.resolve(result) : result;
      },
    },
  });

  test.each([false, true])(
    "by schema(s) checks every event, whatever its name (asynchronous: %s)",
    async (isAsync) => {
      await using server = await serve((response) =>
        stream(response, 'data: 1\n\nevent: a\ndata: 2\n\ndata: "x"\n\ndata: 4\n\n'),
      );
      const source = closing(
        createEventSource(server.url, { open: false, decode: schema(numbers(isAsync)) }),
      );
      const data = dataOf(source);
      const errors: EventSourceError[] = [];
      source.onError((error) => void errors.push(error));
      source.open();
      await until("the last event", () => data.length === 3);
      expect(data).toEqual([2, 4, 8]);
      expect(errors.map(({ code, event }) => [code, event?.raw])).toEqual([["decode-failed", '"x"']]);
    },
  );

  test("by schemas({…}) checks the events that it names", async () => {
    const stream = readEvents(bodyOf(["event: tick\ndata: 3\n\n"]), {
      decode: schemas({ tick: numbers(false) }),
    });
    const events = await within("the end of the stream", collect(stream));
    expect(events.map(({ data }) => data)).toEqual([6]);
  });

  test("that is asynchronous keeps the order", async () => {
    const gates = [deferred(), deferred()];
    await using server = await serveLog(2);
    const source = closing(
      createEventSource(server.url, {
        open: false,
        decode: async (raw) => gates[Number(raw) - 1]!.promise.then(() => raw),
      }),
    );
    const data = dataOf(source);
    source.open();
    gates[1]!.resolve();
    await turns(50);
    expect(data).toEqual([]);
    gates[0]!.resolve();
    await until("both events", () => data.length === 2);
    expect(data).toEqual(["1", "2"]);
  });

  test("that is under way when the client is closed delivers nothing afterwards", async () => {
    const gate = deferred();
    const started = deferred();
    await using server = await serveLog(1);
    const source = closing(
      createEventSource(server.url, {
        open: false,
        decode: async (raw) => {
          started.resolve();
          await gate.promise;
          return raw;
        },
      }),
    );
    const data = dataOf(source);
    source.open();
    await within("a decode", started.promise);
    source.close();
    gate.resolve();
    await turns();
    expect(data).toEqual([]);
  });
});

describe("A loop", () => {
  test("pulls with backpressure to the socket", async () => {
    let written = 0;
    await using server = await serve((response) =>
      flood(stream(response), `data: ${"x".repeat(10_000)}\n\n`, 2 ** 28, (bytes) => (written = bytes)),
    );
    const source = closing(createEventSource(server.url));
    const iterator = source[Symbol.asyncIterator]();
    await within("an event", iterator.next());
    let before = -1;
    await until("the server to stop", () => {
      const isStill = before === written;
      before = written;
      return isStill && written > 2 ** 16;
    });
    await turns(200);
    expect(written).toBeLessThan(2 ** 25);
    await iterator.return!();
    await within("the release of all sockets", allReleased(server));
  });

  test("gets every event once and in order over reconnects, as each of several loops does", async () => {
    await using server = await serve((response, { headers }) => {
      const after = Number(headers["last-event-id"] ?? 0);
      stream(response, blocks(after + 1, Math.min(after + 3, 20)));
      if (after + 3 < 20) response.end();
    });
    const source = closing(createEventSource(server.url, { open: false, retry: quickRetry }));
    const run = async (pause: number) => {
      const ids: string[] = [];
      for await (const { lastEventId } of source) {
        if (ids.push(lastEventId) === 20) return ids;
        await turns(pause);
      }
      return ids;
    };
    const expected = Array.from({ length: 20 }, (_, i) => `${i + 1}`);
    const results = await within("the end of the loops", Promise.all([run(0), run(2), run(5)]));
    expect(results[0]).toEqual(expected);
    // The loop that ends first closes the client; the event was delivered to all before.
    expect(results[1]).toEqual(expected);
    expect(results[2]).toEqual(expected);
  });
});
