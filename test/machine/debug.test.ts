import { afterEach, describe, expect, it, vi } from "vitest";
import { trace, type TraceOptions, type TraceRecord } from "../../src/debug.ts";
import { EventSourceError, json, type ConnectionStatus, type ServerSentEvent } from "../../src/index.ts";
import type { EventSourceOptions } from "../../src/client/options.ts";
import { createFakeClock, settled } from "../helpers/fake-clock.ts";
import { item } from "../helpers/machine.ts";
import { play, type Play } from "../helpers/play.ts";

/** A response of fetch, whose comments are exposed. */
const stream = { headers: new Headers({ "content-type": "text/event-stream" }) };

const comment = (text: string) => ({ type: "", data: undefined, lastEventId: "", comment: text });
const id = (lastEventId: string) => ({ type: "", data: undefined, lastEventId });

interface Traced extends Play {
  records: TraceRecord[];
  hints(): string[];
  end: () => void;
}

/** A client that is traced from the beginning, with its own clock. */
function traced(options: TraceOptions = {}, own: EventSourceOptions = {}): Traced {
  const playing = play(own);
  const records: TraceRecord[] = [];
  const end = trace(playing.source, (record) => records.push(record), { clock: playing.clock, ...options });
  return {
    ...playing,
    records,
    end,
    hints: () => records.flatMap((record) => (record.kind === "hint" ? [record.hint] : [])),
  };
}

/** Makes one more connection that opens and ends at once. */
async function endAtOnce({ source, attempts, clock }: Play): Promise<void> {
  source.open();
  await attempts.at(-1)!.answer(stream);
  await attempts.at(-1)!.end();
  await clock.advance(0);
}

afterEach(() => void vi.unstubAllGlobals());

describe("trace", () => {
  it("logs the life of a client in records without data, IDs and query values", async () => {
    const playing = traced();
    playing.source.open();
    await playing.clock.advance(40);
    await playing.attempts[0]!.answer({
      url: "http://example.test/events?token=s3cret",
      headers: new Headers({ "content-type": "text/event-stream", "x-user": "s3cret" }),
    });
    await playing.attempts[0]!.give(comment("s3cret"), item("s3cret"), {
      ...item("s3cret!", "s3cret"),
      type: "tick",
    });
    await playing.attempts[0]!.fail(
      new EventSourceError("network", "The connection was lost", { cause: new TypeError("s3cret") }),
    );
    await playing.clock.advance(1000);
    playing.source.close();

    expect(playing.records).toEqual([
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
    expect(JSON.parse(JSON.stringify(playing.records))).toEqual(playing.records);
  });

  it("logs data, comments, IDs, header values and the query with reveal: true", async () => {
    const playing = traced({ reveal: true });
    playing.source.open();
    await playing.attempts[0]!.answer({
      url: "http://example.test/events?token=abc",
      headers: new Headers({ "x-user": "abc" }),
    });
    await playing.attempts[0]!.give(comment("hello"), item("text", "7"));
    expect(playing.records.slice(2)).toEqual([
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

  it.each(["yes", 1, {}])("reveals nothing with reveal: %j, which is not true", async (reveal) => {
    const playing = traced({ reveal: reveal as never });
    playing.source.open();
    await playing.attempts[0]!.answer({ url: "http://example.test/?a=s3cret" });
    await playing.attempts[0]!.give(item("s3cret", "s3cret"));
    expect(JSON.stringify(playing.records)).not.toContain("s3cret");
  });

  it("logs an event that cannot be decoded by its outline", async () => {
    const playing = traced({}, { decode: json });
    playing.source.open();
    await playing.attempts[0]!.answer(stream);
    await playing.attempts[0]!.give(item("s3cret", "7"));
    expect(playing.records.at(-1)).toEqual({
      at: 0,
      kind: "error",
      code: "decode-failed",
      message: "The data could not be decoded",
      willRetry: false,
      cause: "SyntaxError",
      event: { type: "message", length: 6, hasId: true },
    });
  });

  it("logs why a client is paused or closed", async () => {
    const playing = traced({}, { retry: false });
    playing.source.open();
    playing.source.pause("hidden");
    playing.source.open();
    await playing.attempts[1]!.fail(
      new EventSourceError("http-status", "The server answered 404", { status: 404 }),
    );
    expect(playing.records.slice(2)).toMatchObject([
      { kind: "status", state: "paused", reason: "hidden" },
      { kind: "status", state: "connecting" },
      { kind: "status", state: "closed", reason: "error", error: "http-status" },
      { kind: "error", code: "http-status", status: 404, willRetry: false },
    ]);
  });

  it("begins with the current status", async () => {
    const playing = play();
    playing.source.open();
    await playing.attempts[0]!.answer(stream);
    const records: TraceRecord[] = [];
    trace(playing.source, (record) => records.push(record), { clock: playing.clock });
    expect(records).toMatchObject([{ at: 0, kind: "status", state: "open" }]);
  });

  it("logs each status once if it begins inside a status listener", () => {
    const playing = play();
    const records: TraceRecord[] = [];
    playing.source.onStatus(({ state }) => state === "connecting" && playing.source.close());
    playing.source.onStatus(({ state }) => {
      if (state === "connecting")
        trace(playing.source, (record) => records.push(record), { clock: playing.clock });
    });
    playing.source.open();
    expect(records).toEqual([{ at: 0, kind: "status", state: "closed", reason: "client" }]);
  });

  it("applies no backpressure, whatever the log returns", async () => {
    const playing = play();
    const seen: string[] = [];
    playing.source.onEvent(({ data }) => seen.push(data));
    trace(playing.source, () => new Promise(() => {}), { clock: playing.clock });
    playing.source.open();
    await playing.attempts[0]!.answer(stream);
    await playing.attempts[0]!.give(item("1"), item("2"));
    expect(seen).toEqual(["1", "2"]);
  });

  it.each([
    [
      "throws",
      () => {
        throw new Error("full");
      },
    ],
    ["rejects", () => Promise.reject(new Error("full"))],
  ])("reports the error of a log that %s for each record, and the client continues", async (_how, log) => {
    const reported: unknown[] = [];
    vi.stubGlobal("queueMicrotask", (callback: () => void) => {
      try {
        callback();
      } catch (error) {
        reported.push(error);
      }
    });
    const playing = play();
    const seen: string[] = [];
    trace(playing.source, log, { clock: playing.clock });
    playing.source.onEvent(({ data }) => seen.push(data));
    playing.source.open();
    await playing.attempts[0]!.answer(stream);
    await playing.attempts[0]!.give(item("1"));
    await settled();
    expect(seen).toEqual(["1"]);
    expect(playing.source.status.state).toBe("open");
    expect(reported).toEqual(Array.from({ length: 4 }, () => new Error("full")));
  });

  it("leaves no listener and no timer, and writes no record, after it was ended", async () => {
    const playing = play();
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
        return playing.source.status;
      },
      get lastEventId() {
        return playing.source.lastEventId;
      },
      onStatus: counting<ConnectionStatus>((listener) => playing.source.onStatus(listener)),
      onEvent: counting<ServerSentEvent>((listener) => playing.source.onEvent(listener)),
      onError: counting<EventSourceError>((listener) => playing.source.onError(listener)),
      onComment: counting<string>((listener) => playing.source.onComment(listener)),
    };
    const traceTime = createFakeClock();
    const records: TraceRecord[] = [];
    const end = trace(source, (record) => records.push(record), { clock: traceTime });
    playing.source.open();
    await playing.attempts[0]!.answer(stream);
    expect([listeners, traceTime.pending]).toEqual([added, 1]);
    expect(added).toBeGreaterThanOrEqual(4);
    end();
    expect([listeners, traceTime.pending]).toEqual([0, 0]);
    const told = records.length;
    await playing.attempts[0]!.give(item("1"), comment("x"));
    await playing.attempts[0]!.end();
    await traceTime.advance(60_000);
    expect(records).toHaveLength(told);
  });

  it("sets no timer after its own log has ended it", async () => {
    const playing = play();
    const traceTime = createFakeClock();
    const end = trace(playing.source, (record) => "url" in record && end(), { clock: traceTime });
    playing.source.open();
    await playing.attempts[0]!.answer(stream);
    expect(traceTime.pending).toBe(0);
  });
});

describe('the hint "held-back"', () => {
  it("is given once, when a connection has been open and silent for 10 s", async () => {
    const playing = traced();
    playing.source.open();
    await playing.attempts[0]!.answer(stream);
    await playing.clock.advance(9999);
    expect(playing.hints()).toEqual([]);
    await playing.clock.advance(1);
    expect(playing.hints()).toEqual(["held-back"]);
    expect(playing.records.at(-1)).toMatchObject({
      message: expect.stringMatching(/X-Accel-Buffering.*gzip/),
    });
    playing.source.reconnect();
    await playing.attempts[1]!.answer(stream);
    await playing.clock.advance(60_000);
    await playing.attempts[1]!.end();
    expect(playing.hints()).toEqual(["held-back"]);
  });

  it("names the headers of the response that identify servers and proxies", async () => {
    const playing = traced({ silence: 50 });
    playing.source.open();
    const headers = new Headers({
      "content-type": "text/event-stream",
      "content-encoding": "gzip",
      server: "nginx",
      via: "1.1 edge",
      "x-user": "s3cret",
    });
    await playing.attempts[0]!.answer({ ...stream, headers });
    await playing.clock.advance(50);
    const { message } = playing.records.at(-1) as { message: string };
    expect(message).toContain("; content-encoding: gzip; server: nginx; via: 1.1 edge");
    expect(message).not.toContain("s3cret");
  });

  it.each([
    ["an event", item("1")],
    ["a comment", comment("alive")],
    ["an ID", id("7")],
  ])("is not given after %s", async (_what, what) => {
    const playing = traced();
    playing.source.open();
    await playing.attempts[0]!.answer(stream);
    await playing.attempts[0]!.give(what);
    await playing.clock.advance(60_000);
    expect(playing.hints()).toEqual([]);
  });

  it("is not given after an event that could not be decoded", async () => {
    const playing = traced({}, { decode: json });
    playing.source.open();
    await playing.attempts[0]!.answer(stream);
    await playing.attempts[0]!.give(item("{"));
    await playing.clock.advance(60_000);
    expect(playing.hints()).toEqual([]);
  });

  it.each(["close", "pause", "end"] as const)(
    "is not given for a connection that is over: %s",
    async (how) => {
      const playing = traced();
      playing.source.open();
      await playing.attempts[0]!.answer(stream);
      await (how === "end" ? playing.attempts[0]!.end() : playing.source[how]());
      playing.source.pause();
      await playing.clock.advance(60_000);
      expect(playing.hints()).toEqual([]);
    },
  );

  it("is not given for a connection that opened before the trace began", async () => {
    const playing = play();
    playing.source.open();
    await playing.attempts[0]!.answer(stream);
    const records: TraceRecord[] = [];
    trace(playing.source, (record) => records.push(record), { clock: playing.clock });
    await playing.clock.advance(60_000);
    expect(records).toHaveLength(1);
  });

  it("is not given for the native class, which exposes no comments", async () => {
    const playing = traced();
    playing.source.open();
    await playing.attempts[0]!.answer();
    await playing.clock.advance(60_000);
    expect(playing.hints()).toEqual([]);
  });

  it("is given when there is no response within the time, also for a client that was connecting before", async () => {
    const playing = play();
    playing.source.open();
    const records: TraceRecord[] = [];
    trace(playing.source, (record) => records.push(record), { clock: playing.clock });
    await playing.clock.advance(9999);
    expect(records).toHaveLength(1);
    await playing.clock.advance(1);
    expect(records.at(-1)).toMatchObject({ kind: "hint", hint: "held-back" });
    await playing.attempts[0]!.answer(stream);
    await playing.clock.advance(60_000);
    expect(records.filter(({ kind }) => kind === "hint")).toHaveLength(1);
  });

  it("does not name the headers of an earlier connection when there is no response", async () => {
    const playing = traced();
    playing.source.open();
    const headers = new Headers({ "content-type": "text/event-stream", server: "edge" });
    await playing.attempts[0]!.answer({ headers });
    playing.source.reconnect();
    await playing.clock.advance(10_000);
    expect(playing.hints()).toEqual(["held-back"]);
    expect((playing.records.at(-1) as { message: string }).message).not.toContain("edge");
  });
});

describe('the hint "ends-at-once"', () => {
  it("is given once, for the third connection in a row that ended within 1 s without an event", async () => {
    const playing = traced();
    for (const told of [0, 0, 1, 1, 1]) {
      await endAtOnce(playing);
      expect(playing.hints()).toHaveLength(told);
    }
    expect(playing.hints()).toEqual(["ends-at-once"]);
    const { message } = playing.records.find(({ kind }) => kind === "hint") as { message: string };
    expect(message).toContain("the handler");
  });

  it("is given if the client gives up after the third connection", async () => {
    const playing = traced({}, { retry: { maxRetries: 2 } });
    for (let n = 0; n < 3; n++) await endAtOnce(playing);
    expect(playing.source.status).toMatchObject({ state: "closed", error: { code: "retries-exhausted" } });
    expect(playing.hints()).toEqual(["ends-at-once"]);
  });

  it("is given if the endOn event is missing", async () => {
    const playing = traced({}, { endOn: "[DONE]" });
    for (let n = 0; n < 3; n++) await endAtOnce(playing);
    expect(playing.hints()).toEqual(["ends-at-once"]);
  });

  it.each<[string, (playing: Traced) => Promise<void>]>([
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
  ])("is not given if %s came between", async (_what, between) => {
    const playing = traced();
    for (let n = 0; n < 3; n++) {
      await endAtOnce(playing);
      await endAtOnce(playing);
      playing.source.open();
      await between(playing);
    }
    expect(playing.hints()).toEqual([]);
  });

  it("ignores connections that the client ended", async () => {
    const playing = traced();
    await endAtOnce(playing);
    await endAtOnce(playing);
    for (const how of ["reconnect", "pause", "close"] as const) {
      playing.source.open();
      await playing.attempts.at(-1)!.answer(stream);
      playing.source[how]();
    }
    expect(playing.hints()).toEqual([]);
    await endAtOnce(playing);
    expect(playing.hints()).toEqual(["ends-at-once"]);
  });
});

describe("marks", () => {
  it("are made for each record, with the record as detail, and leave nothing in the timeline", async () => {
    const seen: [string, unknown][] = [];
    const observer = new PerformanceObserver((list) => {
      for (const { name, detail } of list.getEntries() as PerformanceMark[]) seen.push([name, detail]);
    });
    observer.observe({ entryTypes: ["mark"] });
    const playing = traced({ marks: true, silence: 20 });
    playing.source.open();
    await playing.attempts[0]!.answer(stream);
    await playing.clock.advance(20);
    await playing.attempts[0]!.give(comment("x"), { ...item("1"), type: "tick" });
    await playing.attempts[0]!.fail(new EventSourceError("network", "The connection was lost"));
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
    expect(seen.map(([, detail]) => detail)).toEqual(playing.records);
    expect(performance.getEntriesByType("mark")).toEqual([]);
  });

  it("are not made by default, nor where performance is missing", async () => {
    const mark = vi.spyOn(performance, "mark");
    traced();
    expect(mark).not.toHaveBeenCalled();
    vi.stubGlobal("performance", undefined);
    expect(traced({ marks: true }).records).toHaveLength(1);
    vi.stubGlobal("performance", {});
    expect(traced({ marks: true }).records).toHaveLength(1);
  });
});

describe("the silence option", () => {
  it.each([Infinity, 2 ** 40])("of %d ms does not expire at once", async (silence) => {
    vi.useFakeTimers();
    const playing = play();
    const records: TraceRecord[] = [];
    const end = trace(playing.source, (record) => records.push(record), { silence });
    playing.source.open();
    playing.attempts[0]!.sink.open({ url: "http://example.test/", ...stream });
    vi.advanceTimersByTime(1e9);
    expect(records.filter(({ kind }) => kind === "hint")).toEqual([]);
    end();
    expect(vi.getTimerCount()).toBe(0);
    vi.useRealTimers();
  });
});
