// Contract: what is retried, after which delay, and when a client gives up (design.md §4, "Retrying").
import { describe, expect, onTestFinished, test, vi } from "vitest";
import {
  createEventSource,
  EventSourceError,
  fetchEvents,
  type ConnectionStatus,
  type EventSourceClient,
  type EventSourceOptions,
} from "../../src/index.ts";
import { collect } from "../helpers/collect.ts";
import { deferred } from "../helpers/deferred.ts";
import { bodyOf as requestBody, drop, refuse, serve, stream } from "../helpers/server.ts";
import { reach } from "../helpers/watch.ts";
import { allReleased, answerRaw, blocks, closing, quickRetry, turns, until, within } from "./support.ts";

type Waiting = Extract<ConnectionStatus, { state: "waiting" }>;

/** The waiting statuses from now on. */
function waitsOf(source: EventSourceClient): Waiting[] {
  const waits: Waiting[] = [];
  source.onStatus((status) => void (status.state === "waiting" && waits.push(status)));
  return waits;
}

/** The first wait of a client, which is then closed. */
async function firstWait(url: string, options: EventSourceOptions = {}): Promise<Waiting> {
  const source = closing(createEventSource(url, options));
  const waiting = await within("a wait for a retry", reach(source, "waiting"));
  source.close();
  return waiting;
}

describe("Statuses", () => {
  test.each([408, 425, 429, 500, 502, 503, 504, 507, 599])("%i is retried", async (status) => {
    await using server = await serve((response, _, n) =>
      n === 1 ? refuse(response, status) : stream(response),
    );
    const source = closing(createEventSource(server.url, { retry: quickRetry }));
    const waits = waitsOf(source);
    await within("an open connection", reach(source, "open"));
    expect(waits.map(({ error }) => [error.code, error.status, error.willRetry])).toEqual([
      ["http-status", status, true],
    ]);
  });

  test.each([201, 206, 400, 403, 404, 410, 418, 501, 505])("%i is fatal", async (status) => {
    await using server = await serve((response) =>
      refuse(response, status, { "content-type": "text/event-stream" }, blocks(1, 1)),
    );
    const source = closing(createEventSource(server.url, { retry: quickRetry }));
    const { reason, error } = await within("the end of the client", source.closed);
    expect([reason, error?.code, error?.status, error?.willRetry]).toEqual([
      "error",
      "http-status",
      status,
      false,
    ]);
    expect(server.requests).toHaveLength(1);
  });

  test("204 closes the client as ended by the server, also where shouldRetry says otherwise", async () => {
    await using server = await serve((response) => response.writeHead(204).end());
    const source = closing(
      createEventSource(server.url, { retry: { ...quickRetry, shouldRetry: () => true } }),
    );
    expect((await within("the end of the client", source.closed)).reason).toBe("server");
    expect(server.requests).toHaveLength(1);
  });

  test("shouldRetry overrides the verdict both ways", async () => {
    await using server = await serve((response, _, n) => refuse(response, n === 1 ? 404 : 503));
    const source = closing(
      createEventSource(server.url, {
        retry: { ...quickRetry, shouldRetry: ({ error }) => error.status === 404 },
      }),
    );
    const { error } = await within("the end of the client", source.closed);
    expect(error?.status).toBe(503);
    expect(server.requests).toHaveLength(2);
  });
});

describe("Retry-After", () => {
  const inSeconds = (seconds: number) => new Date(Date.now() + seconds * 1000).toUTCString();
  const retry = { initialDelay: 1, jitter: 0, maxDelay: 30_000 };

  test.each([
    [["3"], 3000],
    [["3", "9"], 3000],
    [["9", "3"], 9000],
    [["soon", "2"], 2000],
    [["-1", "2"], 2000],
    [["1.5x", "2"], 2000],
    [["", "2"], 2000],
    [["3, 9"], 3000],
    [["soon, 2"], 2000],
    [["soon"], 1],
    [["3600"], 30_000],
  ])("%j asks for a delay of %i ms", async (values, delay) => {
    await using server = await serve((response) =>
      answerRaw(response, [
        "503 Down",
        ...values.map((value) => `retry-after: ${value}`),
        "content-length: 0",
      ]),
    );
    expect((await firstWait(server.url, { retry })).delay).toBe(delay);
  });

  test.each([
    ["a date", () => [inSeconds(10)], 10_000],
    ["a date before seconds", () => [inSeconds(10), "3"], 10_000],
    ["seconds before a date", () => ["3", inSeconds(10)], 3000],
    ["an invalid value before a date", () => ["soon", inSeconds(10)], 10_000],
  ])("as %s is understood", async (_, values, delay) => {
    await using server = await serve((response) =>
      answerRaw(response, [
        "429 Slow",
        ...values().map((value) => `retry-after: ${value}`),
        "content-length: 0",
      ]),
    );
    const waiting = await firstWait(server.url, { retry });
    expect(waiting.delay).toBeGreaterThan(delay - 2000);
    expect(waiting.delay).toBeLessThanOrEqual(delay + 1000);
  });

  test("is a floor: jitter comes on top", async () => {
    await using server = await serve((response) => refuse(response, 503, { "retry-after": "2" }));
    for (let i = 0; i < 5; i++) {
      const { delay } = await firstWait(server.url, { retry: { ...retry, jitter: 0.5 } });
      expect(delay).toBeGreaterThanOrEqual(2000);
      expect(delay).toBeLessThanOrEqual(3000);
    }
  });
});

describe("The retry field", () => {
  test("replaces initialDelay", async () => {
    await using server = await serve((response) => stream(response, "retry: 70\n\n").end());
    expect((await firstWait(server.url, { retry: { initialDelay: 1000, jitter: 0 } })).delay).toBe(70);
  });

  test("is the floor, also above maxDelay", async () => {
    await using server = await serve((response) => stream(response, "retry: 5000\n\n").end());
    expect((await firstWait(server.url, { retry: { ...quickRetry, maxDelay: 100 } })).delay).toBe(5000);
  });

  test.each([11, 400])("of %i digits is clamped to what a timer can keep", async (digits) => {
    await using server = await serve((response) =>
      stream(response, `retry: ${"9".repeat(digits)}\n\n`).end(),
    );
    const source = closing(createEventSource(server.url, { retry: { jitter: 0.5 } }));
    const { delay } = await within("a wait for a retry", reach(source, "waiting"));
    expect(delay).toBe(2 ** 31 - 1);
    await turns(50);
    expect(source.status.state).toBe("waiting");
    expect(server.requests).toHaveLength(1);
  });

  test.each(["1e3", "-5", "1.5", " 5", "5 ", "0x5", ""])("of %j is ignored", async (value) => {
    await using server = await serve((response) => stream(response, `retry:  ${value}\n\n`).end());
    expect((await firstWait(server.url, { retry: { initialDelay: 123, jitter: 0 } })).delay).toBe(123);
  });
});

describe("The failure count", () => {
  test("does not reset on headers: delays grow while the server ends each stream without an event", async () => {
    await using server = await serve((response) => stream(response, ": hello\n\n").end());
    const source = closing(
      createEventSource(server.url, { retry: { initialDelay: 1, factor: 2, jitter: 0 } }),
    );
    const waits = waitsOf(source);
    await within("the fifth request", server.request(5));
    expect(waits.slice(0, 4).map(({ attempt, delay }) => [attempt, delay])).toEqual([
      [1, 1],
      [2, 2],
      [3, 4],
      [4, 8],
    ]);
    expect(waits[0]!.error.code).toBe("stream-ended");
  });

  test("resets when an event was delivered", async () => {
    await using server = await serve((response, _, n) =>
      n === 3 ? stream(response, blocks(1, 1)).end() : refuse(response, 503),
    );
    const source = closing(
      createEventSource(server.url, { retry: { initialDelay: 1, factor: 2, jitter: 0 } }),
    );
    const waits = waitsOf(source);
    await within("the fifth request", server.request(5));
    expect(waits.slice(0, 4).map(({ attempt }) => attempt)).toEqual([1, 2, 1, 2]);
  });
});

test("A stream that the server ended is stream-ended, routine and retried", async () => {
  await using server = await serve((response, _, n) => {
    stream(response, blocks(n, n));
    if (n === 1) response.end();
  });
  const errors: EventSourceError[] = [];
  const source = closing(createEventSource(server.url, { retry: { ...quickRetry, initialDelay: 3 } }));
  source.onError((error) => void errors.push(error));
  await until("the second event", () => source.lastEventId === "2");
  expect(errors.map(({ code, willRetry, delay }) => ({ code, willRetry, delay }))).toEqual([
    { code: "stream-ended", willRetry: true, delay: 3 },
  ]);
});

test("A connection that breaks off in the middle of an event is a network failure, and the event comes once", async () => {
  await using server = await serve(async (response, request, n) => {
    stream(response, n === 1 ? "id: 1\ndata: 1\n\nid: 2\ndata: hal" : blocks(2, 2));
    if (n > 1) return;
    await until("the first event", () => data.length === 1);
    drop(request);
  });
  const data: unknown[] = [];
  const source = closing(createEventSource(server.url, { retry: quickRetry }));
  source.onEvent((event) => void data.push(event.data));
  const waiting = await within("a wait for a retry", reach(source, "waiting"));
  expect(waiting.error.code).toBe("network");
  await until("the second event", () => data.length === 2);
  expect(data).toEqual(["1", "2"]);
  expect(server.requests[1]!.headers["last-event-id"]).toBe("1");
});

describe("A POST", () => {
  test("is never resent: a dropped connection ends the client", async () => {
    await using server = await serve((response, request, n) => {
      stream(response, blocks(n, n));
      setImmediate(() => drop(request));
    });
    const source = closing(createEventSource(server.url, { method: "POST", body: "order" }));
    const { reason, error } = await within("the end of the client", source.closed);
    expect([reason, error?.code, error?.willRetry]).toEqual(["error", "network", false]);
    await turns();
    expect(server.requests).toHaveLength(1);
  });

  test.each([503, 429, 408])("is never resent after %i", async (status) => {
    await using server = await serve((response) => refuse(response, status, { "retry-after": "0" }));
    const source = closing(createEventSource(server.url, { method: "POST", body: "order" }));
    const { error } = await within("the end of the client", source.closed);
    expect(error?.status).toBe(status);
    await turns();
    expect(server.requests).toHaveLength(1);
  });

  test("is never resent after a regular end, which closes the client as ended by the server", async () => {
    await using server = await serve((response, _, n) => stream(response, blocks(n, n)).end());
    const source = closing(createEventSource(server.url, { method: "POST", body: "order" }));
    const { reason } = await within("the end of the client", source.closed);
    expect(reason).toBe("server");
    await turns();
    expect(server.requests).toHaveLength(1);
  });

  test.each(["PUT", "DELETE", "post"])("is like any other method than GET and HEAD (%s)", async (method) => {
    await using server = await serve((response) => refuse(response, 503));
    const source = closing(createEventSource(server.url, { method }));
    await within("the end of the client", source.closed);
    expect(server.requests).toHaveLength(1);
  });

  test("whose method comes from a function is never resent either", async () => {
    await using server = await serve((response) => refuse(response, 503));
    const source = closing(createEventSource(server.url, { method: () => "POST", body: "order" }));
    await within("the end of the client", source.closed);
    await turns();
    expect(server.requests).toHaveLength(1);
  });

  test.each([true, {}])("with retry: %j is resent with its body", async (retry) => {
    const bodies: string[] = [];
    await using server = await serve(async (response, request, n) => {
      bodies.push(`${request.method} ${await requestBody(request)}`);
      if (n === 1) drop(request);
      else stream(response, blocks(1, 1));
    });
    const source = closing(createEventSource(server.url, { method: "POST", body: "order", retry }));
    await within("a wait for a retry", reach(source, "waiting"));
    source.open();
    await within("an open connection", reach(source, "open"));
    expect(bodies).toEqual(["POST order", "POST order"]);
  });

  test("of fetchEvents is never resent", async () => {
    await using server = await serve((response, request) => {
      stream(response, blocks(1, 1));
      setImmediate(() => drop(request));
    });
    const read = async () => collect(fetchEvents(server.url, { method: "POST", body: "question" }));
    await expect(within("the end of the answer", read())).rejects.toMatchObject({ code: "network" });
    expect(server.requests).toHaveLength(1);
  });
});

test("retry: true retries a GET as the default does", async () => {
  await using server = await serve((response) => stream(response).end());
  const { delay, attempt } = await firstWait(server.url, { retry: true });
  expect(attempt).toBe(1);
  expect(delay).toBeGreaterThanOrEqual(1000);
  expect(delay).toBeLessThanOrEqual(1500);
});

test("retry: false closes after the regular end of a GET, and after a failure", async () => {
  await using server = await serve((response, _, n) =>
    n === 1 ? stream(response, blocks(1, 1)).end() : refuse(response, 503),
  );
  const source = closing(createEventSource(server.url, { retry: false }));
  expect(await within("the end of the client", source.closed)).toMatchObject({ reason: "server" });
  source.open();
  const { reason, error } = await within("the second end of the client", source.closed);
  expect([reason, error?.code, error?.status]).toEqual(["error", "http-status", 503]);
});

test("maxRetries ends as retries-exhausted, whose cause is the last error", async () => {
  await using server = await serve((response) => refuse(response, 503));
  const source = closing(createEventSource(server.url, { retry: { ...quickRetry, maxRetries: 2 } }));
  const { reason, error } = await within("the end of the client", source.closed);
  expect([reason, error?.code, (error?.cause as EventSourceError | undefined)?.status]).toEqual([
    "error",
    "retries-exhausted",
    503,
  ]);
  expect(server.requests).toHaveLength(3);
});

test("open() while waiting connects now", async () => {
  await using server = await serve((response, _, n) => (n === 1 ? refuse(response, 503) : stream(response)));
  const source = closing(createEventSource(server.url, { retry: { initialDelay: 1e6 } }));
  await within("a wait for a retry", reach(source, "waiting"));
  source.open();
  await within("an open connection", reach(source, "open"));
});

describe("fail()", () => {
  const overloaded = "event: overloaded\ndata: try later\n\n";

  test("in a listener retries with backoff, not at once", async () => {
    const times: number[] = [];
    await using server = await serve((response) => {
      times.push(performance.now());
      stream(response, overloaded.repeat(3));
    });
    const initialDelay = 40;
    const source = closing(createEventSource(server.url, { retry: { initialDelay, jitter: 0 } }));
    const waits = waitsOf(source);
    let calls = 0;
    source.on("overloaded", () => {
      calls++;
      source.fail(new Error("overloaded"));
    });
    await within("the fourth request", server.request(4));
    source.close();
    expect(calls, "events delivered: the rest of the chunk is dropped").toBe(3);
    expect(server.requests).toHaveLength(4);
    expect(waits).toHaveLength(3);
    for (const { delay } of waits) expect(delay).toBeGreaterThanOrEqual(initialDelay);
    for (const [i, time] of times.slice(1).entries())
      expect(time - times[i]!).toBeGreaterThan(initialDelay - 5);
  });

  test("is reported once, as an error that is retried and has the given cause", async () => {
    await using server = await serve((response) => stream(response, blocks(1, 1)));
    const cause = new Error("overloaded");
    const errors: EventSourceError[] = [];
    const source = closing(createEventSource(server.url, { retry: { initialDelay: 1e6 } }));
    source.onError((error) => void errors.push(error));
    await within("an open connection", reach(source, "open"));
    source.fail(cause);
    expect(source.status.state).toBe("waiting");
    await turns();
    expect(errors).toHaveLength(1);
    expect(errors[0]).toBeInstanceOf(EventSourceError);
    expect(errors[0]!.cause).toBe(cause);
    expect(errors[0]!.willRetry).toBe(true);
    expect(errors[0]!.delay).toBeGreaterThanOrEqual(1e4);
    expect((source.status as Waiting).error).toBe(errors[0]);
    await within("the release of all sockets", allReleased(server));
  });

  test("with retry: false closes with the error", async () => {
    await using server = await serve((response) => stream(response));
    const source = closing(createEventSource(server.url, { retry: false }));
    await within("an open connection", reach(source, "open"));
    source.fail(new Error("overloaded"));
    const { reason, error } = await within("the end of the client", source.closed);
    expect([reason, (error?.cause as Error | undefined)?.message]).toEqual(["error", "overloaded"]);
  });

  test("ends an attempt that is still connecting", async () => {
    await using server = await serve((response, _, n) => n > 1 && stream(response));
    const source = closing(createEventSource(server.url, { retry: quickRetry }));
    await within("a request", server.request(1));
    source.fail();
    await within("an open connection", reach(source, "open"));
    expect(server.requests).toHaveLength(2);
  });

  test("does nothing to a client that is closed, idle or waiting", async () => {
    await using server = await serve((response) => refuse(response, 503));
    const source = closing(createEventSource(server.url, { open: false, retry: { initialDelay: 1e6 } }));
    const idle = source.status;
    source.fail();
    expect(source.status).toBe(idle);
    source.open();
    const waiting = await within("a wait for a retry", reach(source, "waiting"));
    source.fail();
    expect(source.status).toBe(waiting);
    source.close();
    const closed = source.status;
    source.fail();
    expect(source.status).toBe(closed);
  });

  test.each([undefined, null, "text", Object.freeze(new Error("frozen"))])(
    "takes any cause (%s)",
    async (cause) => {
      await using server = await serve((response) => stream(response));
      const source = closing(createEventSource(server.url, { retry: quickRetry }));
      await within("an open connection", reach(source, "open"));
      const waiting = reach(source, "waiting");
      source.fail(cause);
      const { error } = await within("a wait for a retry", waiting);
      expect(error).toBeInstanceOf(EventSourceError);
      expect(() => JSON.stringify(error)).not.toThrow();
    },
  );
});

describe("onUnauthorized", () => {
  test("is called on 401, then one immediate retry costs no backoff", async () => {
    await using server = await serve((response, _, n) =>
      n === 1 ? refuse(response, 401) : stream(response),
    );
    let token = "old";
    const states: string[] = [];
    const responses: Response[] = [];
    const source = createEventSource(server.url, {
      open: false,
      headers: () => ({ authorization: token }),
      onUnauthorized: async (response) => {
        responses.push(response as Response);
        token = "new";
      },
    });
    closing(source).onStatus(({ state }) => void states.push(state));
    source.open();
    await within("an open connection", reach(source, "open"));
    expect(states).toEqual(["connecting", "open"]);
    expect(responses.map(({ status }) => status)).toEqual([401]);
    expect(server.requests.map(({ headers }) => headers.authorization)).toEqual(["old", "new"]);
  });

  test("is not called again for a second 401 in a row, which is fatal", async () => {
    await using server = await serve((response) => refuse(response, 401));
    const onUnauthorized = vi.fn();
    const source = closing(createEventSource(server.url, { onUnauthorized, retry: quickRetry }));
    const { error } = await within("the end of the client", source.closed);
    expect(error?.code).toBe("unauthorized");
    expect(onUnauthorized).toHaveBeenCalledOnce();
    expect(server.requests).toHaveLength(2);
  });

  test("resends the body of a POST once after a 401", async () => {
    const bodies: string[] = [];
    await using server = await serve(async (response, request, n) => {
      bodies.push(await requestBody(request));
      if (n === 1) refuse(response, 401);
      else stream(response, blocks(1, 1)).end();
    });
    const source = closing(
      createEventSource(server.url, { method: "POST", body: "order", onUnauthorized() {} }),
    );
    expect((await within("the end of the client", source.closed)).reason).toBe("server");
    expect(bodies).toEqual(["order", "order"]);
  });

  test("that several clients share has one call in flight", async () => {
    await using server = await serve((response, { headers }) =>
      headers.authorization === "new" ? stream(response) : refuse(response, 401),
    );
    let token = "old";
    const refreshed = deferred<void>();
    const onUnauthorized = vi.fn(async () => {
      await refreshed.promise;
      token = "new";
    });
    const options = { onUnauthorized, headers: () => ({ authorization: token }) };
    const sources = [1, 2, 3].map(() => closing(createEventSource(server.url, options)));
    await within("three requests", server.request(3));
    await within("the release of all sockets", allReleased(server));
    await turns();
    refreshed.resolve();
    await within("open connections", Promise.all(sources.map((source) => reach(source, "open"))));
    expect(onUnauthorized).toHaveBeenCalledOnce();
  });

  /** Clients that share a refresh, once the first of them has begun it and the others wait for it. */
  async function sharing(count: number, refresh: (call: number, starter: AbortController) => Promise<void>) {
    const server = await serve((response, { headers }) =>
      headers.authorization === "new" ? stream(response) : refuse(response, 401),
    );
    onTestFinished(() => server[Symbol.asyncDispose]());
    let token = "old";
    let calls = 0;
    const starter = new AbortController();
    const onUnauthorized = async () => {
      await refresh(++calls, starter);
      token = "new";
    };
    const make = (signal?: AbortSignal) =>
      closing(
        createEventSource(server.url, {
          onUnauthorized,
          headers: () => ({ authorization: token }),
          retry: quickRetry,
          signal,
        }),
      );
    const first = make(starter.signal);
    await until("the first refresh", () => calls === 1);
    const others = Array.from({ length: count - 1 }, () => make());
    await within("all requests", server.request(count));
    await within("the release of all sockets", allReleased(server));
    await turns();
    return { first, others, make, starter, calls: () => calls };
  }

  /** A refresh that fails when the client that began it is aborted, as one does that passes a signal on. */
  const failsWithStarter = (call: number, { signal }: AbortController) =>
    call > 1
      ? Promise.resolve()
      : new Promise<void>((_, reject) =>
          signal.addEventListener("abort", () => reject(signal.reason as Error)),
        );

  test("whose starter is closed fails for the starter alone: the others begin their own", async () => {
    const { first, others, starter, calls } = await sharing(3, failsWithStarter);
    const errors: string[] = [];
    for (const source of others) source.onError(({ code }) => void errors.push(code));
    starter.abort();
    await within("open connections", Promise.all(others.map((source) => reach(source, "open"))));
    expect(first.status.state).toBe("closed");
    expect(errors).toEqual([]);
    expect(calls()).toBe(2);
  });

  test("that never settles is left behind when its starter was aborted", async () => {
    const { others, make, starter, calls } = await sharing(3, (call) =>
      call > 1 ? Promise.resolve() : new Promise<void>(() => {}),
    );
    starter.abort();
    await within("the waiting clients to open", Promise.all(others.map((source) => reach(source, "open"))));
    await within("a later client to open", reach(make(), "open"));
    expect(calls()).toBe(2);
  });

  test("that never settles does not lock later clients out when its only starter was closed", async () => {
    const { first, make, calls } = await sharing(1, (call) =>
      call > 1 ? Promise.resolve() : new Promise<void>(() => {}),
    );
    first.close();
    await within("a later client to open", reach(make(), "open"));
    expect(calls()).toBe(2);
  });

  test("whose starter is reconnected does not fail the others", async () => {
    const gate = deferred<void>();
    const { first, others } = await sharing(2, () => gate.promise);
    const errors: string[] = [];
    others[0]!.onError(({ code }) => void errors.push(code));
    first.reconnect();
    gate.resolve();
    await within("open connections", Promise.all([first, ...others].map((source) => reach(source, "open"))));
    expect(errors).toEqual([]);
  });

  test("that fails is an unauthorized error with its cause, retried with backoff", async () => {
    await using server = await serve((response) => refuse(response, 401));
    const cause = new Error("no token");
    const source = closing(
      createEventSource(server.url, {
        onUnauthorized: () => Promise.reject(cause),
        retry: { initialDelay: 1e6 },
      }),
    );
    const { error } = await within("a wait for a retry", reach(source, "waiting"));
    expect([error.code, error.cause, error.status]).toEqual(["unauthorized", cause, 401]);
  });

  test("in fetchEvents refreshes once and repeats the request", async () => {
    await using server = await serve((response, _, n) =>
      n === 1 ? refuse(response, 401) : stream(response, blocks(1, 1)).end(),
    );
    const answer = fetchEvents(server.url, { method: "POST", body: "question", onUnauthorized() {} });
    expect(await within("the end of the answer", collect(answer))).toHaveLength(1);
  });
});

const HOUR = 3_600_000;
/** Makes the wall clock jump once more, by so many ms. */
function jump(by: number): void {
  const real = Date.now;
  vi.spyOn(Date, "now").mockImplementation(() => real() + by);
  onTestFinished(() => void vi.restoreAllMocks());
}

describe.each([
  ["forward", HOUR],
  ["back", -HOUR],
])("A wall clock that jumps an hour %s", (_, by) => {
  test("does not change the delay of a retry", async () => {
    await using server = await serve((response, __, n) =>
      n === 1 ? refuse(response, 503) : stream(response),
    );
    const initialDelay = 60;
    const source = closing(createEventSource(server.url, { retry: { initialDelay, jitter: 0 } }));
    await within("a wait for a retry", reach(source, "waiting"));
    const start = performance.now();
    jump(by);
    await within("a second request", server.request(2));
    const waited = performance.now() - start;
    expect(waited).toBeGreaterThan(initialDelay - 15);
    expect(waited).toBeLessThan(initialDelay + 1500);
  });

  test("does not end retries by maxElapsedTime", async () => {
    await using server = await serve((response, __, n) => (n < 4 ? refuse(response, 503) : stream(response)));
    const source = closing(
      createEventSource(server.url, { retry: { ...quickRetry, maxElapsedTime: 60_000 } }),
    );
    const waits = waitsOf(source);
    source.onStatus(({ state }) => state === "waiting" && waits.length === 2 && jump(by));
    await within("an open connection", reach(source, "open"));
    expect(waits).toHaveLength(3);
  });

  test("does not keep maxElapsedTime from ending retries", async () => {
    await using server = await serve((response) => refuse(response, 503));
    const source = closing(createEventSource(server.url, { retry: { ...quickRetry, maxElapsedTime: 60 } }));
    await within("a wait for a retry", reach(source, "waiting"));
    const start = performance.now();
    jump(by);
    const { error } = await within("the end of the client", source.closed);
    expect(error?.code).toBe("retries-exhausted");
    expect(performance.now() - start).toBeGreaterThan(30);
  });

  test("does not reset the failure count before resetAfter", async () => {
    await using server = await serve((response, __, n) =>
      n === 1 ? refuse(response, 503) : stream(response),
    );
    const source = closing(createEventSource(server.url, { retry: { ...quickRetry, resetAfter: 60_000 } }));
    const waits = waitsOf(source);
    await within("an open connection", reach(source, "open"));
    jump(by);
    (await server.request(2)).socket.destroy();
    await until("a second wait", () => waits.length === 2);
    expect(waits[1]!.attempt).toBe(2);
  });

  test("does not keep resetAfter from resetting the failure count", async () => {
    await using server = await serve((response, __, n) =>
      n === 1 ? refuse(response, 503) : stream(response),
    );
    const source = closing(createEventSource(server.url, { retry: { ...quickRetry, resetAfter: 30 } }));
    const waits = waitsOf(source);
    await within("an open connection", reach(source, "open"));
    const start = performance.now();
    jump(by);
    await until("the time of resetAfter", () => performance.now() - start > 60);
    (await server.request(2)).socket.destroy();
    await until("a second wait", () => waits.length === 2);
    expect(waits[1]!.attempt).toBe(1);
  });

  test("does not change what shouldRetry sees as elapsed", async () => {
    await using server = await serve((response) => refuse(response, 503));
    const elapsed: number[] = [];
    const source = closing(
      createEventSource(server.url, {
        retry: {
          ...quickRetry,
          shouldRetry: (context) => {
            if (elapsed.push(context.elapsed) === 1) jump(by);
            return context.attempt < 4;
          },
        },
      }),
    );
    await within("the end of the client", source.closed);
    expect(elapsed).toHaveLength(4);
    for (const time of elapsed) {
      expect(time).toBeGreaterThanOrEqual(0);
      expect(time).toBeLessThan(5000);
    }
  });

  test("does not end an open connection by idleTimeout, nor keep it from ending", async () => {
    await using server = await serve((response, __, n) => stream(response, blocks(n, n)));
    const source = closing(createEventSource(server.url, { idleTimeout: 80, retry: quickRetry }));
    await within("an open connection", reach(source, "open"));
    await until("the first event", () => source.lastEventId === "1");
    const start = performance.now();
    jump(by);
    const { error } = await within("a wait for a retry", reach(source, "waiting"));
    expect(error.code).toBe("idle-timeout");
    expect(performance.now() - start).toBeGreaterThan(50);
  });
});
