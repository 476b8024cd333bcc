import { describe, expect, test, vi } from "vitest";
import {
  createEventSource,
  EventSourceError,
  fetchEvents,
  readEvents,
  type EventSourceOptions,
} from "../../src/index.ts";
import { deferred } from "../helpers/deferred.ts";

const url = "http://example.test/events";

/** What a mistaken caller, whom no type checker stops, gets. */
function thrownBy(
  options: Record<string, unknown>,
  create: (options: EventSourceOptions) => unknown,
): unknown {
  try {
    create(options as EventSourceOptions);
  } catch (error) {
    return error;
  }
  return undefined;
}

const neverFetch = () => new Promise<Response>(() => {});
const entries = {
  createEventSource: (options: EventSourceOptions) => createEventSource(url, { open: false, ...options }),
  fetchEvents: (options: EventSourceOptions) => fetchEvents(url, { fetch: neverFetch, ...options }).close(),
  readEvents: (options: EventSourceOptions) => readEvents(new ReadableStream(), options).close(),
};

const numbers = [-1, -Infinity, NaN, "5", "soon", {}, true, null];

/** Options that {@link readEvents} has too. */
const streamRows: [option: string, values: unknown[]][] = [["maxEventSize", numbers]];
const requestRows: typeof streamRows = [
  ["connectTimeout", numbers],
  ["idleTimeout", numbers],
  ["headers", [{ "a b": "1" }, { a: "1\n2" }, [["a"]]]],
  ["cache", ["same-origin", "never"]],
];

const cells = (rows: typeof streamRows) =>
  rows.flatMap(([option, values]) => values.map((value) => [option, value] as const));

describe("a bad option throws at once, as invalid-option that names it", () => {
  test.each([
    ...cells([...streamRows, ...requestRows]).flatMap((cell) => [
      ["createEventSource", ...cell] as const,
      ["fetchEvents", ...cell] as const,
    ]),
    ...cells(streamRows).map((cell) => ["readEvents", ...cell] as const),
  ])("%s: %s %j", (entry, option, value) => {
    const error = thrownBy({ [option]: value }, entries[entry]);
    expect(error).toBeInstanceOf(EventSourceError);
    expect(error).toMatchObject({ code: "invalid-option", option });
    expect((error as Error).message).toContain(option);
  });

  test.each(
    ["initialDelay", "factor", "maxDelay", "jitter", "maxRetries", "maxElapsedTime", "resetAfter"].flatMap(
      (name) => numbers.map((value) => [name, value] as const),
    ),
  )("retry.%s %s", (name, value) => {
    const error = thrownBy({ retry: { [name]: value } }, entries.createEventSource);
    expect(error).toMatchObject({ code: "invalid-option", option: `retry.${name}` });
  });

  test.each(["http://", "http://u:p4ss@example.test/"])("the URL %s", (bad) => {
    for (const create of [() => createEventSource(bad), () => fetchEvents(bad)]) {
      const error = thrownBy({}, create);
      expect(error).toMatchObject({ code: "invalid-option", option: "url" });
      expect((error as Error).message).not.toContain("p4ss");
    }
  });

  test("headers, without quoting a value, which may be a credential", () => {
    const error = thrownBy({ headers: { Authorization: "Bearer s3cret\u0000" } }, entries.createEventSource);
    expect(error).toMatchObject({ code: "invalid-option", option: "headers" });
    expect(JSON.stringify(error)).not.toContain("s3cret");
  });

  test("without making a request", () => {
    const fetch = vi.fn<() => Promise<Response>>(neverFetch);
    thrownBy({ fetch, idleTimeout: -1, open: true }, entries.createEventSource);
    thrownBy({ fetch, idleTimeout: -1 }, entries.fetchEvents);
    expect(fetch).not.toHaveBeenCalled();
  });
});

describe("a good option is taken", () => {
  test.each<EventSourceOptions>([
    {},
    { retry: false },
    { retry: {} },
    {
      retry: {
        initialDelay: 0,
        factor: 1,
        maxDelay: Infinity,
        jitter: 0,
        maxRetries: Infinity,
        maxElapsedTime: 0,
        resetAfter: 0,
      },
    },
    { connectTimeout: 0, idleTimeout: Infinity, maxEventSize: Infinity },
    { decode: (raw) => raw, endOn: "", lastEventId: "", lastEventIdParam: "from" },
    { endOn: () => false, transport: () => new Promise(() => {}) },
    { transport: "fetch", method: "GET", headers: [["a", "1"]], body: null, redirect: "same-origin" },
    {
      retry: undefined,
      connectTimeout: undefined,
      decode: undefined,
      endOn: undefined,
      lastEventId: undefined,
      headers: undefined,
      signal: undefined,
      transport: undefined,
      fetch: undefined,
    },
  ])("%j", (options) => {
    expect(thrownBy({ ...options }, entries.createEventSource)).toBeUndefined();
  });
});

describe("what goes to fetch", () => {
  /** The second argument of the first fetch that a client with these options makes. */
  async function initOf(options: EventSourceOptions): Promise<Record<string, unknown>> {
    const { promise, resolve } = deferred<RequestInit>();
    const source = createEventSource(url, {
      ...options,
      fetch(_, init) {
        resolve(init);
        return neverFetch();
      },
    });
    const init = await promise;
    source.close();
    return { ...init };
  }

  const passed = {
    method: "GET",
    credentials: "include",
    mode: "cors",
    cache: "reload",
    integrity: "sha256-x",
    keepalive: true,
    referrer: "http://example.test/page",
    referrerPolicy: "no-referrer",
    priority: "high",
    dispatcher: { name: "undici" },
    agent: { name: "node-fetch" },
    cf: { cacheTtl: 0 },
    somethingNew: 42,
  };

  test("is every member that is not ours, as it is", async () => {
    const init = await initOf(passed as EventSourceOptions);
    expect(init).toMatchObject(passed);
    for (const [name, value] of Object.entries(passed)) expect(init[name]).toBe(value);
  });

  test("is none of our own options", async () => {
    const ours: EventSourceOptions = {
      retry: { maxRetries: 1 },
      decode: (raw) => raw,
      endOn: "x",
      lastEventId: "4",
      lastEventIdParam: "from",
      connectTimeout: 1000,
      idleTimeout: 1000,
      maxEventSize: 1000,
      onUnauthorized: () => {},
      transport: "fetch",
      open: true,
    };
    const init = await initOf(ours);
    expect(Object.keys(init).filter((name) => name in ours || name === "fetch")).toEqual([]);
  });

  test("has no member that nobody asked for beyond what a stream needs: some workers throw", async () => {
    const init = await initOf({});
    const known = new Set(["headers", "body", "redirect", "signal", "method"]);
    const given = Object.entries(init).filter(([, value]) => value !== undefined);
    expect(given.map(([name]) => name).filter((name) => !known.has(name))).toEqual([]);
    expect(init["headers"]).toEqual({ accept: "text/event-stream" });
  });

  test("is a signal of the attempt, not that of the caller", async () => {
    const { signal } = new AbortController();
    const init = await initOf({ signal });
    expect(init["signal"]).toBeInstanceOf(AbortSignal);
    expect(init["signal"]).not.toBe(signal);
  });
});
