import { afterEach, describe, expect, test, vi } from "vitest";
import { trace, type TraceOptions, type TraceRecord } from "../../src/debug.ts";
import { EventSourceError, json, type ConnectionStatus, type ServerSentEvent } from "../../src/index.ts";
import type { EventSourceOptions } from "../../src/client/options.ts";
import { createFakeClock, settled } from "../helpers/fake-clock.ts";
import { item } from "../helpers/machine.ts";
import { play, type Play } from "../helpers/play.ts";

/** An answer by fetch, which tells of comments. */
const stream = {
  headers: new Headers({ "content-type": "text/event-stream" }),
  check: () => {},
};

const comment = (text: string) => ({ type: "", data: undefined, lastEventId: "", comment: text });
const id = (lastEventId: string) => ({ type: "", data: undefined, lastEventId });

interface Traced extends Play {
  records: TraceRecord[];
  hints(): string[];
  end: () => void;
}

/** A client that is traced from the beginning, by its own clock. */
function traced(options: TraceOptions = {}, own: EventSourceOptions = {}): Traced {
  const it = play(own);
  const records: TraceRecord[] = [];
  const end = trace(it.source, (record) => records.push(record), { clock: it.clock, ...options });
  return {
    ...it,
    records,
    end,
    hints: () => records.flatMap((record) => (record.kind === "hint" ? [record.hint] : [])),
  };
}

/** One more connection that is answered and ended at once. */
async function endAtOnce({ source, attempts, clock }: Play): Promise<void> {
  source.open();
  await attempts.at(-1)!.answer(stream);
  await attempts.at(-1)!.end();
  await clock.advance(0);
}

afterEach(() => void vi.unstubAllGlobals());

describe("a trace", () => {
  test("tells the life of a client in records without data, IDs and query", async () => {
    const it = traced();
    it.source.open();
    await it.clock.advance(40);
    await it.attempts[0]!.answer({
      url: "http://example.test/events?token=s3cret",
      headers: new Headers({ "content-type": "text/event-stream", "x-user": "s3cret" }),
    });
    await it.attempts[0]!.give(comment("s3cret"), item("s3cret"), {
      ...item("s3cret!", "s3cret"),
      type: "tick",
    });
    await it.attempts[0]!.fail(
      new EventSourceError("network", "The connection was lost", { cause: new TypeError("s3cret") }),
    );
    await it.clock.advance(1000);
    it.source.close();

    expect(it.records).toEqual([
      { at: 0, kind: "status", state: "idle" },
      { at: 0, kind: "status", state: "connecting", attempt: 1 },
      {
        at: 40,
        kind: "status",
        state: "open",
        url: "http://example.test/events?token=…",
        headers: { "content-type": "text/event-stream", "x-user": "…" },
      },
      { at: 40, kind: "comment", length: 6 },
      { at: 40, kind: "event", type: "message", length: 6, hasId: false },
      { at: 40, kind: "event", type: "tick", length: 7, hasId: true },
      { at: 40, kind: "status", state: "waiting", attempt: 1, delay: 1000, error: "network" },
      {
        at: 40,
        kind: "error",
        code: "network",
        message: "The connection was lost",
        attempt: 1,
        willRetry: true,
        delay: 1000,
        cause: "TypeError",
      },
      { at: 1040, kind: "status", state: "connecting", attempt: 2 },
      { at: 1040, kind: "status", state: "closed", reason: "client" },
    ]);
    expect(JSON.parse(JSON.stringify(it.records))).toEqual(it.records);
  });

  test("shows data, comments, IDs, header values and the query when it is to reveal them", async () => {
    const it = traced({ reveal: true });
    it.source.open();
    await it.attempts[0]!.answer({
      url: "http://example.test/events?token=abc",
      headers: new Headers({ "x-user": "abc" }),
    });
    await it.attempts[0]!.give(comment("hello"), item("text", "7"));
    expect(it.records.slice(2)).toEqual([
      {
        at: 0,
        kind: "status",
        state: "open",
        url: "http://example.test/events?token=abc",
        headers: { "x-user": "abc" },
      },
      { at: 0, kind: "comment", length: 5, comment: "hello" },
      { at: 0, kind: "event", type: "message", length: 4, hasId: true, data: "text", lastEventId: "7" },
    ]);
  });

  test.each(["yes", 1, {}])("reveals nothing for reveal: %j, which is not true", async (reveal) => {
    const it = traced({ reveal: reveal as never });
    it.source.open();
    await it.attempts[0]!.answer({ url: "http://example.test/?a=s3cret" });
    await it.attempts[0]!.give(item("s3cret", "s3cret"));
    expect(JSON.stringify(it.records)).not.toContain("s3cret");
  });

  test("tells of an event that cannot be decoded by its outline", async () => {
    const it = traced({}, { decode: json });
    it.source.open();
    await it.attempts[0]!.answer(stream);
    await it.attempts[0]!.give(item("s3cret", "7"));
    expect(it.records.at(-1)).toEqual({
      at: 0,
      kind: "error",
      code: "decode-failed",
      message: "The data could not be decoded",
      willRetry: false,
      cause: "SyntaxError",
      event: { type: "message", length: 6, hasId: true },
    });
  });

  test("tells why a client is paused or closed", async () => {
    const it = traced({}, { retry: false });
    it.source.open();
    it.source.pause("hidden");
    it.source.open();
    await it.attempts[1]!.fail(
      new EventSourceError("http-status", "The server answered 404", { status: 404 }),
    );
    expect(it.records.slice(2)).toMatchObject([
      { kind: "status", state: "paused", reason: "hidden" },
      { kind: "status", state: "connecting" },
      { kind: "status", state: "closed", reason: "error", error: "http-status" },
      { kind: "error", code: "http-status", status: 404, willRetry: false },
    ]);
  });

  test("begins with the status that it finds", async () => {
    const it = play();
    it.source.open();
    await it.attempts[0]!.answer(stream);
    const records: TraceRecord[] = [];
    trace(it.source, (record) => records.push(record), { clock: it.clock });
    expect(records).toMatchObject([{ at: 0, kind: "status", state: "open" }]);
  });

  test("that begins while listeners are being told tells of each status once", () => {
    const it = play();
    const records: TraceRecord[] = [];
    it.source.onStatus(({ state }) => state === "connecting" && it.source.close());
    it.source.onStatus(({ state }) => {
      if (state === "connecting") trace(it.source, (record) => records.push(record), { clock: it.clock });
    });
    it.source.open();
    expect(records).toEqual([{ at: 0, kind: "status", state: "closed", reason: "client" }]);
  });

  test("does not hold the client back, whatever the log returns", async () => {
    const it = play();
    const seen: string[] = [];
    it.source.onEvent(({ data }) => seen.push(data));
    trace(it.source, () => new Promise(() => {}), { clock: it.clock });
    it.source.open();
    await it.attempts[0]!.answer(stream);
    await it.attempts[0]!.give(item("1"), item("2"));
    expect(seen).toEqual(["1", "2"]);
  });

  test.each([
    [
      "throws",
      () => {
        throw new Error("full");
      },
    ],
    ["rejects", () => Promise.reject(new Error("full"))],
  ])("a log that %s is reported for each record, and the client goes on", async (_how, log) => {
    const reported: unknown[] = [];
    vi.stubGlobal("queueMicrotask", (callback: () => void) => {
      try {
        callback();
      } catch (error) {
        reported.push(error);
      }
    });
    const it = play();
    const seen: string[] = [];
    trace(it.source, log, { clock: it.clock });
    it.source.onEvent(({ data }) => seen.push(data));
    it.source.open();
    await it.attempts[0]!.answer(stream);
    await it.attempts[0]!.give(item("1"));
    await settled();
    expect(seen).toEqual(["1"]);
    expect(it.source.status.state).toBe("open");
    expect(reported).toEqual(Array.from({ length: 4 }, () => new Error("full")));
  });

  test("leaves nothing behind: no listener, no timer, and no record after its end", async () => {
    const it = play();
    let listeners = 0;
    let added = 0;
    const counting =
      <T>(on: (listener: (value: T) => void) => () => void) =>
      (listener: (value: T) => void) => {
        const undo = on(listener);
        listeners++;
        added++;
        return () => {
          listeners--;
          undo();
        };
      };
    const source = {
      get status() {
        return it.source.status;
      },
      get lastEventId() {
        return it.source.lastEventId;
      },
      onStatus: counting<ConnectionStatus>((listener) => it.source.onStatus(listener)),
      onEvent: counting<ServerSentEvent>((listener) => it.source.onEvent(listener)),
      onError: counting<EventSourceError>((listener) => it.source.onError(listener)),
      onComment: counting<string>((listener) => it.source.onComment(listener)),
    };
    const traceTime = createFakeClock();
    const records: TraceRecord[] = [];
    const end = trace(source, (record) => records.push(record), { clock: traceTime });
    it.source.open();
    await it.attempts[0]!.answer(stream);
    expect([listeners, traceTime.pending]).toEqual([added, 1]);
    expect(added).toBeGreaterThanOrEqual(4);
    end();
    expect([listeners, traceTime.pending]).toEqual([0, 0]);
    const told = records.length;
    await it.attempts[0]!.give(item("1"), comment("x"));
    await it.attempts[0]!.end();
    await traceTime.advance(60_000);
    expect(records).toHaveLength(told);
  });

  test("that its own log ends at the opening sets no timer any more", async () => {
    const it = play();
    const traceTime = createFakeClock();
    const end = trace(it.source, (record) => "url" in record && end(), { clock: traceTime });
    it.source.open();
    await it.attempts[0]!.answer(stream);
    expect(traceTime.pending).toBe(0);
  });
});

describe('the hint "held-back"', () => {
  test("is told once, when a connection has been open and silent for ten seconds", async () => {
    const it = traced();
    it.source.open();
    await it.attempts[0]!.answer(stream);
    await it.clock.advance(9999);
    expect(it.hints()).toEqual([]);
    await it.clock.advance(1);
    expect(it.hints()).toEqual(["held-back"]);
    expect(it.records.at(-1)).toMatchObject({ message: expect.stringMatching(/X-Accel-Buffering.*gzip/) });
    it.source.reconnect();
    await it.attempts[1]!.answer(stream);
    await it.clock.advance(60_000);
    // The error of the core says the same once more: it is told already.
    await it.attempts[1]!.end();
    expect(it.records.findLast(({ kind }) => kind === "error")).toMatchObject({ hint: "held-back" });
    expect(it.hints()).toEqual(["held-back"]);
  });

  test("names what the answer tells of those on the way", async () => {
    const it = traced({ silence: 50 });
    it.source.open();
    const headers = new Headers({
      "content-type": "text/event-stream",
      "content-encoding": "gzip",
      server: "nginx",
      via: "1.1 edge",
      "x-user": "s3cret",
    });
    await it.attempts[0]!.answer({ ...stream, headers });
    await it.clock.advance(50);
    const { message } = it.records.at(-1) as { message: string };
    expect(message).toContain("; content-encoding: gzip; server: nginx; via: 1.1 edge");
    expect(message).not.toContain("s3cret");
  });

  test.each([
    ["an event", item("1")],
    ["a comment", comment("alive")],
    ["an ID", id("7")],
  ])("is not told when %s came", async (_what, what) => {
    const it = traced();
    it.source.open();
    await it.attempts[0]!.answer(stream);
    await it.attempts[0]!.give(what);
    await it.clock.advance(60_000);
    expect(it.hints()).toEqual([]);
  });

  test("is not told when an event came that could not be decoded", async () => {
    const it = traced({}, { decode: json });
    it.source.open();
    await it.attempts[0]!.answer(stream);
    await it.attempts[0]!.give(item("{"));
    await it.clock.advance(60_000);
    expect(it.hints()).toEqual([]);
  });

  test.each(["close", "pause", "end"] as const)(
    "is not told of a connection that is over: %s",
    async (how) => {
      const it = traced();
      it.source.open();
      await it.attempts[0]!.answer(stream);
      await (how === "end" ? it.attempts[0]!.end() : it.source[how]());
      it.source.pause();
      await it.clock.advance(60_000);
      expect(it.hints()).toEqual([]);
    },
  );

  test("is not told of a connection that was open before, of which nobody knows what came", async () => {
    const it = play();
    it.source.open();
    await it.attempts[0]!.answer(stream);
    const records: TraceRecord[] = [];
    trace(it.source, (record) => records.push(record), { clock: it.clock });
    await it.clock.advance(60_000);
    expect(records).toHaveLength(1);
  });

  test("is not told of the native class, which is silent about comments", async () => {
    const it = traced();
    it.source.open();
    await it.attempts[0]!.answer();
    await it.clock.advance(60_000);
    expect(it.hints()).toEqual([]);
  });

  test("is told when the error says so, whatever the trace saw", async () => {
    const it = play();
    it.source.open();
    await it.attempts[0]!.answer(stream);
    const records: TraceRecord[] = [];
    trace(it.source, (record) => records.push(record), { clock: it.clock });
    await it.clock.advance(60_000);
    await it.attempts[0]!.end();
    expect(records.slice(2)).toMatchObject([
      { kind: "error", hint: "held-back" },
      { kind: "hint", hint: "held-back" },
    ]);
  });
});

describe('the hint "ends-at-once"', () => {
  test("is told once, at the third connection in a row that ended within a second without an event", async () => {
    const it = traced();
    for (const told of [0, 0, 1, 1, 1]) {
      await endAtOnce(it);
      expect(it.hints()).toHaveLength(told);
    }
    expect(it.hints()).toEqual(["ends-at-once"]);
    const { message } = it.records.find(({ kind }) => kind === "hint") as { message: string };
    expect(message).toContain("the handler");
  });

  test("is told when the client gave up at the third one", async () => {
    const it = traced({}, { retry: { maxRetries: 2 } });
    for (let n = 0; n < 3; n++) await endAtOnce(it);
    expect(it.source.status).toMatchObject({ state: "closed", error: { code: "retries-exhausted" } });
    expect(it.hints()).toEqual(["ends-at-once"]);
  });

  test("is told where a sentinel was missing, too", async () => {
    const it = traced({}, { endOn: "[DONE]" });
    for (let n = 0; n < 3; n++) await endAtOnce(it);
    expect(it.hints()).toEqual(["ends-at-once"]);
  });

  test.each<[string, (it: Traced) => Promise<void>]>([
    [
      "an event",
      async ({ attempts }) => {
        await attempts.at(-1)!.answer(stream);
        await attempts.at(-1)!.give(item("1"));
        await attempts.at(-1)!.end();
      },
    ],
    [
      "a second",
      async ({ attempts, clock }) => {
        await attempts.at(-1)!.answer(stream);
        await clock.advance(1000);
        await attempts.at(-1)!.end();
      },
    ],
    [
      "a connection that broke",
      async ({ attempts }) => {
        await attempts.at(-1)!.answer(stream);
        await attempts.at(-1)!.fail(new TypeError("terminated"));
      },
    ],
    [
      "a failure",
      ({ attempts }) =>
        attempts
          .at(-1)!
          .fail(
            new EventSourceError("network", "The request failed", { cause: new TypeError("fetch failed") }),
          ),
    ],
    [
      "a status",
      ({ attempts }) =>
        attempts
          .at(-1)!
          .fail(new EventSourceError("http-status", "The server answered 503", { status: 503 })),
    ],
  ])("is not told where %s came between", async (_what, between) => {
    const it = traced();
    for (let n = 0; n < 3; n++) {
      await endAtOnce(it);
      await endAtOnce(it);
      it.source.open();
      await between(it);
    }
    expect(it.hints()).toEqual([]);
  });

  test("counts what we end ourselves neither way", async () => {
    const it = traced();
    await endAtOnce(it);
    await endAtOnce(it);
    for (const how of ["reconnect", "pause", "close"] as const) {
      it.source.open();
      await it.attempts.at(-1)!.answer(stream);
      it.source[how]();
    }
    expect(it.hints()).toEqual([]);
    await endAtOnce(it);
    expect(it.hints()).toEqual(["ends-at-once"]);
  });
});

describe("marks", () => {
  test("are made for each record, with it as detail, and leave nothing in the timeline", async () => {
    const seen: [string, unknown][] = [];
    const observer = new PerformanceObserver((list) => {
      for (const { name, detail } of list.getEntries() as PerformanceMark[]) seen.push([name, detail]);
    });
    observer.observe({ entryTypes: ["mark"] });
    const it = traced({ marks: true, silence: 20 });
    it.source.open();
    await it.attempts[0]!.answer(stream);
    await it.clock.advance(20);
    await it.attempts[0]!.give(comment("x"), { ...item("1"), type: "tick" });
    await it.attempts[0]!.fail(new EventSourceError("network", "The connection was lost"));
    await settled();
    observer.disconnect();
    expect(seen.map(([name]) => name)).toEqual([
      "everspring:status:idle",
      "everspring:status:connecting",
      "everspring:status:open",
      "everspring:hint:held-back",
      "everspring:comment",
      "everspring:event:tick",
      "everspring:status:waiting",
      "everspring:error:network",
    ]);
    expect(seen.map(([, detail]) => detail)).toEqual(it.records);
    expect(performance.getEntriesByType("mark")).toEqual([]);
  });

  test("are not made unasked, and not missed where there is no performance", async () => {
    const mark = vi.spyOn(performance, "mark");
    traced();
    expect(mark).not.toHaveBeenCalled();
    vi.stubGlobal("performance", undefined);
    expect(traced({ marks: true }).records).toHaveLength(1);
    vi.stubGlobal("performance", {});
    expect(traced({ marks: true }).records).toHaveLength(1);
  });
});

describe("a silence", () => {
  test.each([Infinity, 2 ** 40])("of %d ms never fires at once", async (silence) => {
    vi.useFakeTimers();
    const it = play();
    const records: TraceRecord[] = [];
    const end = trace(it.source, (record) => records.push(record), { silence });
    it.source.open();
    it.attempts[0]!.sink.open({ url: "http://example.test/", ...stream });
    vi.advanceTimersByTime(1e9);
    expect(records.filter(({ kind }) => kind === "hint")).toEqual([]);
    end();
    expect(vi.getTimerCount()).toBe(0);
    vi.useRealTimers();
  });
});
