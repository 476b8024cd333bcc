import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { createClient } from "../../src/client/client.ts";
import { createEventSource } from "../../src/client/create-event-source.ts";
import type { EventSourceClient } from "../../src/client/event-source-client.ts";
import { json } from "../../src/client/decode.ts";
import { EventSourceError } from "../../src/core/errors.ts";
import type { Transport } from "../../src/core/types.ts";
import { deferred } from "../helpers/deferred.ts";
import { createFakeClock, settled } from "../helpers/fake-clock.ts";
import { abortListeners, describe as describeStatus, item } from "../helpers/machine.ts";
import { opened, play, type Play } from "../helpers/play.ts";

const reported = vi.fn<(error: unknown) => void>();
beforeEach(() => void vi.stubGlobal("reportError", reported));
afterEach(() => {
  vi.unstubAllGlobals();
  reported.mockReset();
});

const network = () => new EventSourceError("network", "reset");
const comment = { type: "", data: undefined, lastEventId: "", comment: "hi" };

describe("status listeners", () => {
  test.each(["connecting", "open", "waiting"])(
    "hear the terminal status last, also those behind the one that closes while %s",
    async (state) => {
      const { source, attempts } = play();
      source.onStatus((status) => status.state === state && source.close());
      const heard: string[] = [];
      source.onStatus((status) => heard.push(status.state));
      source.open();
      if (attempts.length) await attempts[0]!.answer();
      if (attempts.length) await attempts[0]!.fail(network());
      expect(source.status).toEqual({ state: "closed", reason: "client" });
      expect(heard.at(-1)).toBe("closed");
      expect(heard.filter((one) => one === "closed")).toHaveLength(1);
    },
  );

  test("hear the states of a whole life, and the snapshot is what they hear", async () => {
    const { source, attempts, clock, statuses } = play();
    source.onStatus((status) => expect(source.status).toBe(status));
    expect([source.status.state, source.readyState]).toEqual(["idle", 2]);
    source.open();
    expect([source.status.state, source.readyState]).toEqual(["connecting", 0]);
    await attempts[0]!.answer();
    expect([source.status.state, source.readyState]).toEqual(["open", 1]);
    await attempts[0]!.end();
    expect([source.status.state, source.readyState]).toEqual(["waiting", 0]);
    await clock.advance(1000);
    source.close();
    expect([source.status.state, source.readyState]).toEqual(["closed", 2]);
    expect(statuses.map(describeStatus)).toEqual([
      "connecting 1",
      "open",
      "waiting 1",
      "connecting 2",
      "closed client",
    ]);
    expect(clock.pending).toBe(0);
  });

  test("that throw are reported, and never taken for a failure of the connection", async () => {
    const { source, attempts, statuses } = play();
    const error = new Error("listener");
    const fails = () => {
      throw error;
    };
    source.onStatus(fails);
    source.onEvent(fails);
    source.on("message", fails);
    source.onComment(fails);
    source.onError(fails);
    source.open();
    await attempts[0]!.answer();
    await attempts[0]!.give(item("a"), comment);
    expect(statuses.map(describeStatus)).toEqual(["connecting 1", "open"]);
    await attempts[0]!.fail(network());
    expect(reported.mock.calls).toEqual(Array.from({ length: 7 }, () => [error]));
  });
});

describe("close() inside a callback lets no further event through, not even from the same chunk:", () => {
  const places: Record<string, (source: EventSourceClient) => void> = {
    onEvent: (source) => void source.onEvent(() => source.close(), { once: true }),
    on: (source) => void source.on("message", () => source.close(), { once: true }),
    onComment: (source) => void source.onComment(() => source.close(), { once: true }),
  };

  test.each(Object.entries(places))("%s", async (where, place) => {
    const { source, attempts, statuses } = await opened();
    place(source);
    const seen: string[] = [];
    source.onEvent(({ data }) => seen.push(data));
    source.onComment((text) => seen.push(text));
    await attempts[0]!.give(
      ...(where === "onComment" ? [{ ...comment, lastEventId: "1" }] : [item("1", "1")]),
      item("2", "2"),
      { ...comment, lastEventId: "3" },
      item("4", "4"),
    );
    expect(seen).toEqual([where === "onComment" ? "hi" : "1"]);
    expect(source.lastEventId).toBe(where === "onComment" ? "" : "1");
    expect(statuses.map(describeStatus)).toEqual(["connecting 1", "open", "closed client"]);
    expect(attempts[0]!.context.signal.aborted).toBe(true);
  });

  test("decode, and the event that it decodes is not delivered", async () => {
    const { source, attempts } = await opened({ decode: (raw) => (source.close(), raw) });
    const seen: unknown[] = [];
    source.onEvent((event) => seen.push(event));
    await attempts[0]!.give(item("1"), item("2"));
    expect(seen).toEqual([]);
  });

  test.each([true, false])("endOn, whatever it answers (%s)", async (answer) => {
    const { source, attempts, statuses } = await opened({ endOn: () => (source.close(), answer) });
    const seen: unknown[] = [];
    source.onEvent((event) => seen.push(event));
    await attempts[0]!.give(item("1"), item("2"));
    expect(seen).toEqual([]);
    expect(statuses.map(describeStatus)).toEqual(["connecting 1", "open", "closed client"]);
  });

  test("onError, about an event", async () => {
    const { source, attempts } = await opened({ decode: json });
    source.onError(() => source.close());
    const seen: unknown[] = [];
    source.onEvent(({ data }) => seen.push(data));
    await attempts[0]!.give(item("1"), item("{"), item("3"));
    expect(seen).toEqual([1]);
    expect(source.status).toEqual({ state: "closed", reason: "client" });
  });

  test.each(["close", "reconnect"] as const)(
    "%s during an asynchronous decode drops the event",
    async (how) => {
      const gate = deferred<string>();
      const { source, attempts } = await opened({ decode: () => gate.promise });
      const seen: unknown[] = [];
      source.onEvent((event) => seen.push(event));
      await attempts[0]!.give(item("1"), item("2"));
      source[how]();
      gate.resolve("late");
      await settled();
      expect(seen).toEqual([]);
    },
  );
});

describe("close() inside a function that the request asks ends the attempt:", () => {
  /** Like the real one, it waits for its answer unless it is aborted. */
  const waitingFetch = (init: RequestInit) =>
    new Promise<Response>((_, reject) => {
      const { signal } = init;
      if (signal?.aborted) reject(signal.reason as Error);
      signal?.addEventListener("abort", () => reject(signal.reason as Error));
    });

  test.each(["headers", "body", "fetch", "onUnauthorized"])("%s", async (where) => {
    const sent: boolean[] = [];
    const close = () => {
      it.source.close();
      return undefined;
    };
    const it: Play = play({
      transport: "fetch",
      retry: {},
      ...(where === "headers" && { headers: () => (close(), {}) }),
      ...(where === "body" && { body: close, method: "POST", retry: {} }),
      ...(where === "onUnauthorized" && { onUnauthorized: close }),
      fetch(_, init) {
        sent.push(init.signal!.aborted);
        if (where === "fetch") close();
        return where === "onUnauthorized" && sent.length === 1
          ? Promise.resolve(new Response(null, { status: 401 }))
          : waitingFetch(init);
      },
    });
    const errors: EventSourceError[] = [];
    it.source.onError((error) => errors.push(error));
    it.source.open();
    await it.clock.advance(100_000);
    expect(it.statuses.map(describeStatus)).toEqual(["connecting 1", "closed client"]);
    expect(errors).toEqual([]);
    expect(it.clock.pending).toBe(0);
    // What is sent after the close is aborted already, so that no request leaves.
    const alive = sent.filter((aborted) => !aborted);
    expect(alive).toHaveLength(where === "fetch" || where === "onUnauthorized" ? 1 : 0);
  });

  test("url", async () => {
    const fetch = vi.fn<() => Promise<Response>>(() => new Promise(() => {}));
    const clock = createFakeClock();
    const source: EventSourceClient = createClient(
      () => {
        source.close();
        return "http://example.test/events";
      },
      { fetch, open: false },
      { clock, random: () => 0, whenOnline: () => undefined },
    );
    source.open();
    await clock.advance(100_000);
    expect(source.status).toEqual({ state: "closed", reason: "client" });
    expect([fetch.mock.calls.length, clock.pending]).toEqual([0, 0]);
  });
});

describe("the ID to resume after", () => {
  test("is that of the last event handed over, not of the last one read", async () => {
    const gate = deferred();
    const { source, attempts, clock } = await opened();
    source.onEvent(() => gate.promise);
    await attempts[0]!.give(item("1", "1"), item("2", "2"));
    expect(source.lastEventId).toBe("1");
    await attempts[0]!.fail(network());
    gate.resolve();
    await clock.advance(1000);
    expect(attempts[1]!.context.lastEventId).toBe("1");
  });

  test("moves with events that nobody listens to, and with blocks that are only an ID", async () => {
    const { source, attempts } = await opened();
    await attempts[0]!.give(item("1", "1"));
    expect(source.lastEventId).toBe("1");
    await attempts[0]!.give({ type: "", data: undefined, lastEventId: "2" });
    expect(source.lastEventId).toBe("2");
  });
});

describe("the promise of the terminal status", () => {
  test.each(["close", "fatal", "204", "complete"])("resolves after %s, and never rejects", async (how) => {
    const { source, attempts } = await opened({ endOn: "[DONE]" });
    const { closed } = source;
    if (how === "close") source.close();
    if (how === "fatal") await attempts[0]!.fail(new EventSourceError("event-too-large", ""));
    if (how === "204") await attempts[0]!.fail(new EventSourceError("no-content", ""));
    if (how === "complete") await attempts[0]!.give(item("[DONE]"));
    expect(await closed).toBe(source.status);
    const reasons = { close: "client", fatal: "error", "204": "server", complete: "complete" };
    expect((await closed).reason).toBe(reasons[how as keyof typeof reasons]);
  });

  test("is a new one after each open() of a closed client", async () => {
    const { source } = await opened();
    const first = source.closed;
    source.close();
    source.open();
    const second = source.closed;
    expect(second).not.toBe(first);
    source.close();
    expect(await second).toBe(source.status);
  });
});

describe("iterating", () => {
  test("tells a fatal error to the loop that waits, after the events before it", async () => {
    const { source, attempts } = await opened();
    const seen: string[] = [];
    const fatal = new EventSourceError("http-status", "", { status: 404 });
    const loop = (async () => {
      for await (const { data } of source) seen.push(data);
    })();
    const failed = expect(loop).rejects.toBe(fatal);
    await attempts[0]!.give(item("1"));
    await attempts[0]!.fail(fatal);
    await failed;
    expect(seen).toEqual(["1"]);
  });

  test.each(["close", "204", "complete"])("is over after %s, without an error", async (how) => {
    const { source, attempts } = await opened({ endOn: "[DONE]" });
    const loop = (async () => {
      for await (const event of source) expect(event.data).not.toBe("[DONE]");
      return "over";
    })();
    await settled();
    if (how === "close") source.close();
    if (how === "204") await attempts[0]!.fail(new EventSourceError("no-content", ""));
    if (how === "complete") await attempts[0]!.give(item("[DONE]"));
    expect(await loop).toBe("over");
  });

  test("goes on over reconnects, and leaving it closes", async () => {
    const { source, attempts, clock } = await opened();
    const seen: string[] = [];
    const loop = (async () => {
      for await (const { data } of source) if (seen.push(data) === 2) break;
    })();
    await attempts[0]!.give(item("1"));
    await attempts[0]!.end();
    await clock.advance(1000);
    await attempts[1]!.answer();
    await attempts[1]!.give(item("2"), item("3"));
    await loop;
    expect([seen, source.status]).toEqual([["1", "2"], { state: "closed", reason: "client" }]);
  });

  test("a client that is idle opens it, one that is closed ends at once", async () => {
    const { source, attempts } = play();
    const iterator = source[Symbol.asyncIterator]();
    await settled();
    expect(attempts).toHaveLength(1);
    source.close();
    expect(await iterator.next()).toEqual({ done: true, value: undefined });
    expect(await source[Symbol.asyncIterator]().next()).toEqual({ done: true, value: undefined });
  });

  test("an iterator that has ended holds nothing back when the client is opened again", async () => {
    const { source, attempts } = await opened();
    source[Symbol.asyncIterator]();
    source.close();
    source.open();
    await attempts[1]!.answer();
    const seen: string[] = [];
    source.onEvent(({ data }) => seen.push(data));
    await attempts[1]!.give(item("1"), item("2"));
    expect(seen).toEqual(["1", "2"]);
  });
});

test("a listener's promise holds the next event, and its rejection is reported", async () => {
  const gates = [deferred(), deferred()];
  const { source, attempts } = await opened();
  const seen: string[] = [];
  source.onEvent(({ data }) => gates[seen.push(data) - 1]?.promise);
  const [delivered] = ["1", "2", "3"].map((data) => attempts[0]!.sink.deliver(item(data))).slice(-1);
  expect([seen, delivered]).toEqual([["1"], expect.any(Promise)]);
  gates[0]!.reject(new Error("listener"));
  await settled();
  expect(seen).toEqual(["1", "2"]);
  gates[1]!.resolve();
  await delivered;
  expect(seen).toEqual(["1", "2", "3"]);
  expect(reported).toHaveBeenCalledTimes(1);
});

test("nothing that is printed of a client's error contains the query of its URL", async () => {
  const { source, attempts, clock } = await opened();
  const errors: EventSourceError[] = [];
  source.onError((error) => errors.push(error));
  await attempts[0]!.end();
  await clock.advance(1000);
  // As some implementations of fetch do.
  await attempts[1]!.fail(new TypeError(`request to ${source.url} failed, reason: refused`));
  expect(errors).toHaveLength(2);
  const printed = JSON.stringify(errors);
  expect(source.url).toContain("s3cret");
  expect(printed).not.toContain("s3cret");
  expect(printed).toContain("failed, reason: refused");
});

test("1,000 clients on one long-lived signal leave no listener on it", async () => {
  const { signal } = new AbortController();
  for (let n = 0; n < 1000; n++) {
    const { source, attempts } = play({ signal });
    source.open();
    if (n % 2) source.close();
    else await attempts[0]!.fail(new EventSourceError("unsupported", ""));
  }
  expect(abortListeners(signal)).toBe(0);
});

describe("a transport that delivers as soon as it is asked", () => {
  const prompt: Transport = (_, sink) => {
    sink.open({ url: "http://example.test/", headers: new Headers() });
    for (const id of ["1", "2"]) void sink.deliver(item(id));
    return new Promise(() => {});
  };

  test("is not heard before the status that explains it, though a status listener opened it", async () => {
    const heard: string[] = [];
    const source = createEventSource("http://example.test/", { transport: prompt, open: false });
    await settled();
    source.onStatus(({ state }) => {
      heard.push(state);
      if (state === "closed" && heard.length < 6) source.open();
    });
    source.onEvent(({ data }) => heard.push(data));
    source.open();
    await settled();
    source.close();
    await settled();
    expect(heard).toEqual(["connecting", "open", "1", "2", "closed", "connecting", "open", "1", "2"]);
    source.close();
  });

  test("is heard by whoever listens in the same breath", async () => {
    const source = createEventSource("http://example.test/", { transport: prompt });
    const heard: string[] = [];
    source.on("message", ({ data }) => void heard.push(data));
    await settled();
    expect(heard).toEqual(["1", "2"]);
    source.close();
  });

  test("is not, by a client that was closed in the same breath", async () => {
    const source = createEventSource("http://example.test/", { transport: prompt });
    const heard: string[] = [];
    source.on("message", ({ data }) => void heard.push(data));
    source.close();
    await settled();
    expect([heard, source.lastEventId]).toEqual([[], ""]);
  });
});
