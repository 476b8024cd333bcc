import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { z } from "zod";
import { createClient } from "../../src/client/client.ts";
import type { EventSourceClient } from "../../src/client/event-source-client.ts";
import type { ConnectionStatus } from "../../src/connection/status.ts";
import { json, schemas } from "../../src/client/decode.ts";
import { EventSourceError } from "../../src/core/errors.ts";
import { createNativeTransport, type NativeOptions } from "../../src/http/native-transport.ts";
import { createEventSource, type EventSourceOptions } from "../../src/index.ts";
import { deferred } from "../helpers/deferred.ts";
import { createFakeClock, settled, type FakeClock } from "../helpers/fake-clock.ts";
import { FakeNative } from "../helpers/fake-native.ts";
import { describe as describeStatus } from "../helpers/machine.ts";

const url = "http://example.test/events";

beforeEach(() => {
  FakeNative.made = [];
  vi.stubGlobal("EventSource", FakeNative);
});
afterEach(() => void vi.unstubAllGlobals());

interface Played {
  source: EventSourceClient;
  clock: FakeClock;
  statuses: ConnectionStatus[];
}

/** A client on the native class, with its first object made. */
async function played(options: EventSourceOptions = {}, on: string[] = []): Promise<Played> {
  const clock = createFakeClock();
  const environment = { clock, random: () => 0, whenOnline: () => undefined };
  const source = createClient(url, { transport: "native", open: false, ...options }, environment);
  const statuses: ConnectionStatus[] = [];
  source.onStatus((status) => statuses.push(status));
  for (const type of on) source.on(type, () => {});
  source.open();
  await settled();
  return { source, clock, statuses };
}

const native = (n = 1) => FakeNative.made[n - 1]!;

describe("the native transport", () => {
  test("delivers the same events and statuses as fetch", async () => {
    const { source, statuses } = await played({ decode: json }, ["tick"]);
    const events: unknown[] = [];
    source.onEvent((event) => events.push(event));
    expect([native().url, native().withCredentials]).toEqual([url, false]);
    native().answer();
    native().give("1", "a");
    native().give('{"x":2}', "b", "tick", "http://other.test");
    await settled();
    expect(statuses.map(describeStatus)).toEqual(["connecting 1", "open"]);
    expect(source.status).toMatchObject({ url });
    expect(events).toEqual([
      { type: "message", data: 1, raw: "1", lastEventId: "a", origin: "http://example.test" },
      { type: "tick", data: { x: 2 }, raw: '{"x":2}', lastEventId: "b", origin: "http://other.test" },
    ]);
  });

  test("makes a new object by our retry policy if the native one is closed", async () => {
    const { source, clock, statuses } = await played({ retry: { initialDelay: 100, maxRetries: 1 } });
    const errors: EventSourceError[] = [];
    source.onError((error) => errors.push(error));
    native().fail(2);
    await settled();
    expect(source.status).toMatchObject({ state: "waiting", delay: 100, error: { code: "network" } });
    await clock.advance(100);
    expect(FakeNative.made).toHaveLength(2);
    native(2).fail(2);
    await settled();
    expect(statuses.map(describeStatus)).toEqual([
      "connecting 1",
      "waiting 1",
      "connecting 2",
      "closed error",
    ]);
    expect(errors.map(({ code }) => code)).toEqual(["network", "retries-exhausted"]);
    expect(errors[0]).toMatchObject({ message: `Request to ${url} failed`, url, cause: { type: "error" } });
  });

  test("keeps its object while that reconnects, and what the object delivers", async () => {
    const { source } = await played({}, ["tick"]);
    const events: string[] = [];
    source.onEvent(({ data, lastEventId }) => events.push(`${data} ${lastEventId}`));
    native().answer();
    native().give("x", "8");
    native().fail(0);
    await settled();
    expect(native().readyState).toBe(0);
    source.on("late", () => {});
    native().answer();
    native().give("y", "8");
    native().give("z", "9", "tick");
    native().give("w", "10", "late");
    await settled();
    expect(FakeNative.made).toHaveLength(1);
    expect(events).toEqual(["x 8", "y 8", "z 9", "w 10"]);
    source.close();
    expect(native().readyState).toBe(2);
  });

  test("resumes by the parameter, which takes a new object for each connection", async () => {
    const { clock } = await played({ lastEventIdParam: "after", lastEventId: "7" });
    expect(native().url).toBe(`${url}?after=7`);
    native().answer();
    native().give("x", "8");
    native().fail();
    await settled();
    await clock.advance(1000);
    expect(native(2).url).toBe(`${url}?after=8`);
  });

  test("keeps the last event ID over a reconnect, which the new object does not know", async () => {
    const { source, clock } = await played();
    const ids: string[] = [];
    source.onEvent(({ lastEventId }) => ids.push(lastEventId));
    native().answer();
    native().give("x", "8");
    native().fail(2);
    await settled();
    await clock.advance(1000);
    native(2).answer();
    native(2).give("y");
    native(2).give("z", "9");
    native(2).give("cleared");
    await settled();
    expect(ids).toEqual(["8", "8", "9", ""]);
  });

  test("listens for the names of `on`, of schemas, and those that come later", async () => {
    const { source } = await played({ decode: schemas({ known: z.number() }) }, ["early"]);
    expect([...native().names].toSorted()).toEqual(["early", "error", "known", "message", "open"]);
    source.on("late", () => {});
    expect(native().names).toContain("late");
  });

  test("distinguishes a server's events named open and error from those of the connection", async () => {
    const { source } = await played({}, ["open", "error"]);
    const types: string[] = [];
    source.onEvent(({ type }) => types.push(type));
    native().answer();
    native().give("x", "", "error");
    native().give("x", "", "open");
    await settled();
    expect(types).toEqual(["error", "open"]);
    expect(source.status.state).toBe("open");
  });

  test("keeps what comes while a listener holds, and delivers it before the failure that follows", async () => {
    const { source } = await played();
    const gate = deferred();
    const heard: string[] = [];
    source.onEvent(({ data }) => {
      heard.push(data);
      return gate.promise;
    });
    native().answer();
    for (const data of ["1", "2", "3"]) native().give(data);
    native().fail(2);
    await settled();
    expect([heard, source.status.state]).toEqual([["1"], "open"]);
    gate.resolve();
    await settled();
    expect([heard, source.status.state]).toEqual([["1", "2", "3"], "waiting"]);
  });

  test.each(["close", "pause", "reconnect"] as const)("%s() closes the native object", async (how) => {
    const { source, clock } = await played({ connectTimeout: 1000 });
    expect(clock.pending).toBe(1);
    source[how]();
    await settled();
    expect(native().readyState).toBe(2);
    expect(FakeNative.made).toHaveLength(how === "reconnect" ? 2 : 1);
    expect(clock.pending).toBe(how === "reconnect" ? 1 : 0);
  });

  test("gives up connecting after connectTimeout, and only connecting", async () => {
    const { source, clock } = await played({ connectTimeout: 500 });
    await clock.advance(500);
    expect(source.status).toMatchObject({ state: "waiting", error: { code: "connect-timeout" } });
    expect(native().readyState).toBe(2);
    await clock.advance(1000);
    native(2).answer();
    await clock.advance(10_000);
    expect(source.status.state).toBe("open");
    expect(clock.pending).toBe(0);
  });

  test("ignores checkLiveness(): the native class does not expose comments, so silence proves nothing", async () => {
    const { source, clock } = await played();
    native().answer();
    source.checkLiveness(100);
    await clock.advance(1000);
    expect(source.status.state).toBe("open");
    expect(clock.pending).toBe(0);
  });

  test("accepts a URL function and credentials", async () => {
    const calls: number[] = [];
    const source = createEventSource(
      async ({ attempt }) => {
        calls.push(attempt);
        return `${url}/${attempt}`;
      },
      { transport: "native", credentials: "include" },
    );
    await settled();
    expect([calls, native().url, native().withCredentials]).toEqual([[1], `${url}/1`, true]);
    source.close();
  });

  test("is unsupported where there is no EventSource", async () => {
    vi.stubGlobal("EventSource", undefined);
    const source = createEventSource(url, { transport: "native" });
    expect((await source.closed).error).toMatchObject({
      code: "unsupported",
      message: "This runtime has no EventSource",
    });
  });

  test("closed before the URL is known makes no object", async () => {
    const gate = deferred<string>();
    const source = createEventSource(() => gate.promise, { transport: "native" });
    source.close();
    gate.resolve(url);
    await settled();
    expect(FakeNative.made).toEqual([]);
  });
});

describe("one attempt of the native transport", () => {
  /** Starts an attempt. `log` is what its sink received. */
  async function attempt(options: NativeOptions = {}) {
    const clock = createFakeClock();
    const controller = new AbortController();
    const log: string[] = [];
    const fail = (error: unknown) => void log.push((error as Error).message);
    const names = { names: () => [], onName: () => () => {} };
    const transport = createNativeTransport({ url }, options, names, clock);
    const result = transport(
      { attempt: 1, lastEventId: "", signal: controller.signal },
      {
        open: () => void log.push("open"),
        deliver: ({ data }) => void log.push(`event ${data}`),
        fail,
        reconnecting: (error) => void log.push(`reconnecting: ${error.code}, ${error.message}`),
        retry() {},
      },
    ).then(undefined, (error: EventSourceError) => log.push(`failed: ${error.code}, ${error.message}`));
    await settled();
    return { clock, log, result, abort: () => controller.abort() };
  }

  test("reports each loss and each open of an object that reconnects", async () => {
    const { log, abort, result } = await attempt();
    native().fail(0);
    native().answer();
    native().give("1");
    native().fail(0);
    native().fail(0);
    native().answer();
    native().give("2");
    native().fail(2);
    await result;
    expect(log).toEqual([
      `reconnecting: network, Request to ${url} failed`,
      "open",
      "event 1",
      `reconnecting: network, Connection to ${url} lost`,
      `reconnecting: network, Connection to ${url} lost`,
      "open",
      "event 2",
      `failed: network, Connection to ${url} lost`,
    ]);
    abort();
  });

  test.each<NativeOptions>([{ retry: false }, { lastEventIdParam: "after" }])(
    "ends at the first error with %o, and closes its object",
    async (options) => {
      const { log, result } = await attempt(options);
      native().answer();
      native().fail(0);
      expect(native().readyState).toBe(2);
      await result;
      expect(log).toEqual(["open", `failed: network, Connection to ${url} lost`]);
    },
  );

  test("applies connectTimeout to the first connection only", async () => {
    const { log, clock } = await attempt({ connectTimeout: 500 });
    native().fail(0);
    native().answer();
    native().fail(0);
    await clock.advance(1000);
    expect(log.filter((line) => line.includes("Timeout"))).toEqual([]);
    const { log: late, clock: time } = await attempt({ connectTimeout: 500 });
    native(2).fail(0);
    await time.advance(500);
    expect(late.at(-1)).toBe("No response headers within connectTimeout (500 ms)");
  });
});

describe("an option that needs fetch", () => {
  const refused: [EventSourceOptions, string][] = [
    [{ headers: { "x-a": "1" } }, "headers"],
    [{ method: "POST", body: "x" }, "method, body"],
    [{ onUnauthorized() {} }, "onUnauthorized"],
    [{ fetch }, "fetch"],
    [{ idleTimeout: 1 }, "idleTimeout"],
    [{ maxEventSize: 1 }, "maxEventSize"],
    [{ credentials: "omit" }, "credentials"],
    [{ lastEventId: "1" }, "lastEventId"],
    [{ redirect: "same-origin", cache: "reload" }, "redirect, cache"],
  ];
  test.each(refused)("%o is unsupported, by name", (options, names) => {
    expect(() => createEventSource(url, { ...options, transport: "native" })).toThrow(
      new EventSourceError("unsupported", `The native EventSource does not support: ${names}`),
    );
    expect(FakeNative.made).toEqual([]);
  });
});

test("An option that the native class implies does not need fetch", () => {
  const options: EventSourceOptions = {
    method: "GET",
    body: null,
    redirect: "follow",
    mode: "cors",
    cache: "no-store",
    idleTimeout: 0,
    credentials: "same-origin",
  };
  createEventSource(url, { ...options, transport: "native" }).close();
});

describe('transport: "auto"', () => {
  const open = async (options: EventSourceOptions = {}) => {
    const asked = vi.fn<() => Promise<Response>>(() => new Promise(() => {}));
    vi.stubGlobal("fetch", asked);
    const source = createEventSource(url, options);
    await settled();
    source.close();
    return { fetched: asked.mock.calls.length, native: FakeNative.made.length };
  };

  test("is fetch where bodies stream, though there is a native class", async () => {
    expect(await open()).toEqual({ fetched: 1, native: 0 });
  });

  test("is the native class where there is no Response", async () => {
    vi.stubGlobal("Response", undefined);
    expect(await open()).toEqual({ fetched: 0, native: 1 });
  });

  test("is the native class where a response has no body", async () => {
    vi.stubGlobal("Response", class {});
    expect(await open()).toEqual({ fetched: 0, native: 1 });
    expect(() => createEventSource(url, { headers: {} })).toThrow(
      "This runtime's fetch cannot stream response bodies, and the native EventSource does not support: headers",
    );
  });

  test("is fetch if there is a fetch option, which may well stream", async () => {
    vi.stubGlobal("Response", class {});
    const brought = vi.fn<() => Promise<Response>>(() => new Promise(() => {}));
    expect(await open({ fetch: brought })).toEqual({ fetched: 0, native: 0 });
    expect(brought).toHaveBeenCalledTimes(1);
  });

  test("can be overruled", async () => {
    expect(await open({ transport: "native" })).toEqual({ fetched: 0, native: 1 });
    vi.stubGlobal("Response", undefined);
    expect(await open({ transport: "fetch" })).toMatchObject({ native: 1 });
  });
});
