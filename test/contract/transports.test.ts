// Contract: custom transports and the native class (design.md §2 "transport", §4 "Closing").
import { describe, expect, onTestFinished, test, vi } from "vitest";
import {
  createEventSource,
  EventSourceError,
  type ConnectionStatus,
  type EventSourceOptions,
  type Transport,
} from "../../src/index.ts";
import { EventSource } from "../../src/eventsource.ts";
import { FakeNative } from "../helpers/fake-native.ts";
import { drop, refuse, serve, stream } from "../helpers/server.ts";
import { reach } from "../helpers/watch.ts";
import { blocks, closing, collectUncaught, dataOf, quickRetry, turns, until, within } from "./support.ts";

const URL_OF_NOTHING = "http://example.test/events";

function revokedProxy(): object {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}

/** Throws whatever is done with it. */
const hostileProxy = () =>
  new Proxy(
    {},
    new Proxy({} as ProxyHandler<object>, {
      get: () => () => {
        throw new Error("hands off");
      },
    }),
  );

const circular = () => {
  const error: Error & { self?: unknown } = new Error("circular");
  error.self = error;
  error.cause = error;
  return error;
};

const reasons: [string, () => unknown][] = [
  ["undefined", () => undefined],
  ["null", () => null],
  ["a text", () => "text"],
  ["an empty text", () => ""],
  ["zero", () => 0],
  ["false", () => false],
  ["a BigInt", () => 1n],
  ["a symbol", () => Symbol("odd")],
  ["a function", () => () => {}],
  ["an empty object", () => ({})],
  ["an object without a prototype", () => Object.create(null) as object],
  ["an error", () => new Error("plain")],
  ["a frozen error", () => Object.freeze(new Error("frozen"))],
  ["a circular error", circular],
  ["an error of this package", () => new EventSourceError("network", "ours")],
  ["a frozen error of this package", () => Object.freeze(new EventSourceError("network", "ours"))],
  ["a sealed error of this package", () => Object.seal(new EventSourceError("network", "ours"))],
  ["an abort that nobody asked for", () => new DOMException("aborted", "AbortError")],
  ["a revoked Proxy", revokedProxy],
  ["a Proxy that throws from every trap", hostileProxy],
  [
    "an object whose getters throw",
    () =>
      Object.defineProperties(
        {},
        Object.fromEntries(
          ["name", "message", "code", "cause", "stack", "status", "willRetry", "toString"].map((name) => [
            name,
            {
              get() {
                throw new Error("hands off");
              },
            },
          ]),
        ),
      ),
  ],
  [
    "an error whose code and message are no texts",
    () =>
      Object.assign(new Error("odd"), { code: {}, message: Symbol("odd"), name: 7, cause: revokedProxy() }),
  ],
];

/** How an attempt of a transport fails. */
const failures: [string, (reason: unknown) => Transport][] = [
  ["rejects with", (reason) => () => Promise.reject(reason as Error)],
  [
    "throws",
    (reason) => () => {
      throw reason;
    },
  ],
  [
    "reports by fail()",
    (reason) => (_, sink) => {
      sink.fail(reason);
      return new Promise(() => {});
    },
  ],
  [
    "rejects, after it was open, with",
    (reason) => async (_, sink) => {
      sink.open({ url: URL_OF_NOTHING, headers: new Headers() });
      void sink.deliver({ type: "message", data: "1", lastEventId: "1" });
      throw reason;
    },
  ],
];

describe.each(failures)("A custom transport that %s", (_, make) => {
  test.each(reasons)(
    "%s gives one typed error, which is retried, and no unhandled rejection",
    async (__, reason) => {
      const uncaught = collectUncaught();
      const transport = vi.fn(make(reason()));
      const source = closing(
        createEventSource(URL_OF_NOTHING, {
          transport,
          open: false,
          retry: { initialDelay: 1, factor: 1e6, jitter: 0, maxDelay: 1e7 },
        }),
      );
      const errors: EventSourceError[] = [];
      const statuses: ConnectionStatus[] = [];
      source.onError((error) => void errors.push(error));
      source.onStatus((status) => void statuses.push(status));
      source.open();
      const waiting = await within("a wait for a retry", reach(source, "waiting"));
      source.pause();
      await turns();
      expect(errors).toHaveLength(1);
      const [error] = errors;
      expect(error).toBeInstanceOf(EventSourceError);
      expect(error).toMatchObject({ code: "network", willRetry: true, delay: 1, attempt: 1 });
      expect(error!.message).toBeTypeOf("string");
      expect(() => JSON.stringify(error)).not.toThrow();
      expect(waiting.error).toBe(error);
      expect(transport).toHaveBeenCalledOnce();
      expect(uncaught).toEqual([]);
    },
  );

  test.each(reasons)("%s closes the client with one typed error if it is not retried", async (__, reason) => {
    const uncaught = collectUncaught();
    const source = closing(
      createEventSource(URL_OF_NOTHING, { transport: make(reason()), open: false, retry: false }),
    );
    const errors: EventSourceError[] = [];
    source.onError((error) => void errors.push(error));
    source.open();
    const status = await within("the end of the client", source.closed);
    await turns();
    expect(status).toMatchObject({
      reason: "error",
      error: { name: "EventSourceError", code: "network", willRetry: false },
    });
    expect(errors).toEqual([status.error]);
    expect(uncaught).toEqual([]);
  });
});

describe("A custom transport", () => {
  test("that rejects twice with the same error does not change the one that was reported before", async () => {
    const same = new EventSourceError("network", "again");
    const source = closing(
      createEventSource(URL_OF_NOTHING, {
        transport: () => Promise.reject(same),
        open: false,
        retry: { initialDelay: 1, factor: 2, jitter: 0, maxRetries: 3 },
      }),
    );
    const reports: { error: EventSourceError; text: string }[] = [];
    source.onError(
      (error) => void (error.code === "network" && reports.push({ error, text: JSON.stringify(error) })),
    );
    source.open();
    await within("the end of the client", source.closed);
    expect(reports.length).toBeGreaterThan(2);
    for (const { error, text } of reports) expect(JSON.stringify(error)).toBe(text);
  });

  test("that rejects after it was given up changes nothing", async () => {
    const uncaught = collectUncaught();
    const rejects: ((reason: unknown) => void)[] = [];
    const source = closing(
      createEventSource(URL_OF_NOTHING, {
        open: false,
        retry: quickRetry,
        transport: (_, sink) => {
          sink.open({ url: URL_OF_NOTHING, headers: new Headers() });
          return new Promise((__, reject) => rejects.push(reject));
        },
      }),
    );
    source.open();
    source.reconnect();
    const { status } = source;
    rejects[0]!(revokedProxy());
    await turns();
    expect(source.status).toBe(status);
    source.close();
    rejects[1]!(undefined);
    await turns();
    expect(source.status).toMatchObject({ state: "closed", reason: "client" });
    expect(uncaught).toEqual([]);
  });

  test("that goes on delivering after it was given up delivers nothing", async () => {
    const sinks: Parameters<Transport>[1][] = [];
    const signals: AbortSignal[] = [];
    const source = closing(
      createEventSource(URL_OF_NOTHING, {
        open: false,
        transport: ({ signal }, sink) => {
          sinks.push(sink);
          signals.push(signal);
          return new Promise(() => {});
        },
      }),
    );
    const data = dataOf(source);
    source.open();
    source.reconnect();
    expect(signals.map(({ aborted }) => aborted)).toEqual([true, false]);
    sinks[0]!.open({ url: URL_OF_NOTHING, headers: new Headers() });
    expect(source.status.state).toBe("connecting");
    void sinks[0]!.deliver({ type: "message", data: "stale", lastEventId: "9" });
    sinks[0]!.retry(5);
    sinks[0]!.fail(new Error("stale"));
    expect(source.status.state).toBe("connecting");
    sinks[1]!.open({ url: URL_OF_NOTHING, headers: new Headers() });
    void sinks[1]!.deliver({ type: "message", data: "fresh", lastEventId: "1" });
    await until("the event", () => data.length === 1);
    source.close();
    void sinks[1]!.deliver({ type: "message", data: "late", lastEventId: "2" });
    await turns();
    expect(data).toEqual(["fresh"]);
    expect(source.lastEventId).toBe("1");
  });

  test("whose first attempt fails at once can be retried without end, one attempt at a time", async () => {
    let live = 0;
    let most = 0;
    let calls = 0;
    const source = closing(
      createEventSource(URL_OF_NOTHING, {
        open: false,
        retry: quickRetry,
        transport: async () => {
          most = Math.max(most, ++live);
          calls++;
          await turns(1);
          live--;
          throw new EventSourceError("network", "down");
        },
      }),
    );
    source.open();
    await until("twenty attempts", () => calls >= 20);
    source.close();
    expect(most).toBe(1);
  });
});

describe("The native transport", () => {
  function fakeNative() {
    FakeNative.made = [];
    vi.stubGlobal("EventSource", FakeNative);
    onTestFinished(() => void vi.unstubAllGlobals());
    return FakeNative.made;
  }
  const make = (options: EventSourceOptions = {}) => {
    const source = closing(
      createEventSource(URL_OF_NOTHING, { transport: "native", open: false, retry: quickRetry, ...options }),
    );
    const states: string[] = [];
    source.onStatus(({ state }) => void states.push(state));
    source.open();
    return { source, states };
  };

  test("keeps its object while it says CONNECTING, and waits for it", async () => {
    const made = fakeNative();
    const { source, states } = make();
    const data = dataOf(source);
    await until("an object", () => FakeNative.made.length === 1);
    const native = FakeNative.made[0]!;
    for (let n = 1; n <= 3; n++) {
      native.answer();
      native.give(`${n}`, `${n}`);
      await until(`event ${n}`, () => data.length === n);
      native.fail(0);
      await turns(50);
      const start = performance.now();
      await until("the time of several retries", () => performance.now() - start > 20);
      expect(source.status.state).not.toBe("open");
      expect(source.status.state).not.toBe("closed");
    }
    native.answer();
    await within("an open connection", reach(source, "open"));
    native.give("4", "4");
    await until("event 4", () => data.length === 4);
    expect(made).toHaveLength(1);
    expect(data).toEqual(["1", "2", "3", "4"]);
    expect(source.lastEventId).toBe("4");
    expect(states.filter((state) => state === "open")).toHaveLength(4);
  });

  test("makes a new object by our policy only when it says CLOSED", async () => {
    const made = fakeNative();
    const { source } = make({ retry: { ...quickRetry, initialDelay: 5 } });
    await until("an object", () => FakeNative.made.length === 1);
    FakeNative.made[0]!.answer();
    await within("an open connection", reach(source, "open"));
    FakeNative.made[0]!.fail(2);
    const { delay } = await within("a wait for a retry", reach(source, "waiting"));
    expect(delay).toBe(5);
    await until("a new object", () => FakeNative.made.length === 2);
    FakeNative.made[1]!.answer();
    await within("an open connection", reach(source, "open"));
    expect(made).toHaveLength(2);
    source.close();
    expect(made.map(({ readyState }) => readyState)).toEqual([2, 2]);
  });

  test.each<[string, (source: ReturnType<typeof make>["source"]) => void, number]>([
    ["close()", (source) => source.close(), 1],
    ["pause()", (source) => source.pause(), 1],
    ["reconnect()", (source) => source.reconnect(), 2],
    ["fail()", (source) => source.fail(), 2],
  ])("closes its object by %s, also while that reconnects", async (_, act, count) => {
    for (const isReconnecting of [false, true]) {
      const made = fakeNative();
      const { source } = make();
      await until("an object", () => FakeNative.made.length === 1);
      const [native] = FakeNative.made;
      native!.answer();
      if (isReconnecting) native!.fail(0);
      act(source);
      expect(native!.readyState).toBe(2);
      await until("all objects", () => FakeNative.made.length === count);
      await turns();
      expect(FakeNative.made).toHaveLength(count);
      source.close();
      expect(
        made.every(({ readyState }) => readyState === 2) &&
          FakeNative.made.every(({ readyState }) => readyState === 2),
      ).toBe(true);
    }
  });

  test("counts no failed attempt of ours while the object reconnects", async () => {
    fakeNative();
    const { source } = make({ retry: { ...quickRetry, maxRetries: 0 } });
    await until("an object", () => FakeNative.made.length === 1);
    const [native] = FakeNative.made;
    native!.answer();
    for (let i = 0; i < 5; i++) {
      native!.fail(0);
      native!.answer();
    }
    await within("an open connection", reach(source, "open"));
    expect(FakeNative.made).toHaveLength(1);
  });

  test("loses nothing where the bare class loses nothing", async () => {
    vi.stubGlobal("EventSource", EventSource);
    onTestFinished(() => void vi.unstubAllGlobals());
    const length = 30;
    /** Without Last-Event-ID it starts with what comes next, as a live stream does. */
    let live = 0;
    await using server = await serve(async (response, { headers, socket }) => {
      const id = headers["last-event-id"] as string | undefined;
      const from = id === undefined ? live : Number(id);
      live = Math.min(from + 4, length);
      stream(response, `retry: 1\n\n${blocks(from + 1, live)}`);
      if (live === length) return;
      await until("the events", () => data.length >= live);
      // Some events pass by while no connection is open.
      live = Math.min(live + 2, length - 1);
      drop({ socket } as never);
    });
    const source = closing(
      createEventSource(server.url, { transport: "native", open: false, retry: quickRetry }),
    );
    const data = dataOf(source);
    source.open();
    await until("all events", () => data.includes(`${length}`));
    expect(data).toEqual(Array.from({ length }, (_, i) => `${i + 1}`));
  });

  test("is unsupported with options that need fetch, and names them", () => {
    fakeNative();
    expect(() =>
      createEventSource(URL_OF_NOTHING, {
        transport: "native",
        headers: { a: "1" },
        idleTimeout: 5,
        open: false,
      }),
    ).toThrow(
      expect.objectContaining({
        code: "unsupported",
        message: expect.stringMatching(/headers.*idleTimeout|idleTimeout.*headers/),
      }),
    );
  });
});

test('transport: "auto" without streaming bodies and without a native class is unsupported', async () => {
  await using server = await serve((response) => refuse(response, 404));
  vi.stubGlobal("fetch", undefined);
  vi.stubGlobal("EventSource", undefined);
  onTestFinished(() => void vi.unstubAllGlobals());
  const make = async () => {
    const source = closing(createEventSource(server.url));
    const { error } = await within("the end of the client", source.closed);
    throw error;
  };
  await expect(make()).rejects.toMatchObject({ code: "unsupported" });
});
