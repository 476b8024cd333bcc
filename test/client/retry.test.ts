import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createClient } from "../../src/client/client.ts";
import { createEventSource, type ConnectionStatus, type RetryContext } from "../../src/index.ts";
import { BEGINNING, fakeTime } from "../helpers/fake-time.ts";
import { bodyOf, drop, refuse, serve, stream } from "../helpers/server.ts";
import { roundTrips } from "../helpers/turns.ts";
import { nextError, reach, take } from "../helpers/watch.ts";

const soon = { initialDelay: 1, jitter: 0 };
const LONGEST_TIMEOUT = 2 ** 31 - 1;

describe("a status", () => {
  it.each([408, 425, 429, 500, 502, 503, 504, 507, 511, 520, 599])("of %i is retried", async (status) => {
    await using server = await serve((response, _request, n) =>
      n === 1 ? refuse(response, status, {}, "later") : stream(response),
    );
    using source = createEventSource(server.url, { retry: soon });
    const { error } = await reach(source, "waiting");
    expect(error).toMatchObject({ code: "http-status", status, body: "later", willRetry: true, attempt: 1 });
    await reach(source, "open");
    expect(server.requests).toHaveLength(2);
  });

  it.each([201, 202, 206, 300, 304, 400, 402, 403, 404, 405, 409, 410, 418, 422, 451, 501, 505])(
    "of %i is fatal, whatever the type",
    async (status) => {
      await using server = await serve((response) =>
        response.writeHead(status, { "content-type": "text/event-stream" }).end(),
      );
      using source = createEventSource(server.url, { retry: soon });
      const heard = nextError(source);
      const closed = await source.closed;
      expect(closed).toMatchObject({ state: "closed", reason: "error" });
      expect(closed.error).toMatchObject({ code: "http-status", status, willRetry: false });
      expect(await heard).toBe(closed.error);
      expect(server.requests).toHaveLength(1);
    },
  );

  it("of 204 is the server's word to stop", async () => {
    await using server = await serve((response) => response.writeHead(204).end());
    using source = createEventSource(server.url, { retry: soon });
    expect(await source.closed).toMatchObject({
      reason: "server",
      error: { code: "no-content", status: 204, willRetry: false },
    });
    expect(server.requests).toHaveLength(1);
  });

  it("never makes the client open before the response proved to be an event stream", async () => {
    await using server = await serve((response, _request, n) =>
      n === 1 ? refuse(response, 503) : refuse(response, 404),
    );
    const states: ConnectionStatus["state"][] = [];
    using source = createEventSource(server.url, { retry: soon, open: false });
    source.onStatus(({ state }) => states.push(state));
    source.open();
    await source.closed;
    expect(states).toEqual(["connecting", "waiting", "connecting", "closed"]);
  });
});

describe("the delay", () => {
  it("grows with each failure in a row and stays below max, jitter included", async () => {
    await using server = await serve((response) => drop(response));
    using source = createEventSource(server.url, {
      retry: { initialDelay: 1000, factor: 2, maxDelay: 8000, jitter: 0.5 },
    });
    const delays: number[] = [];
    for (let i = 0; i < 6; i++) {
      delays.push((await reach(source, "waiting")).delay);
      source.open();
    }
    delays.forEach((delay, i) => {
      const least = Math.min(1000 * 2 ** i, 8000 / 1.5);
      expect(delay).toBeGreaterThanOrEqual(Math.floor(least));
      expect(delay).toBeLessThanOrEqual(Math.min(Math.ceil(least * 1.5), 8000));
    });
  });

  it.each([
    ["seconds", "7", 7000],
    ["an HTTP date", new Date(BEGINNING + 9000).toUTCString(), 9000],
    ["a date in the past", new Date(BEGINNING - 9000).toUTCString(), 1000],
    ["less than our own delay", "0", 1000],
    ["more than max, which caps it", "999999999999", 30_000],
    ["nonsense", "soon", 1000],
  ])("has Retry-After as its floor: %s", async (_form, value, delay) => {
    await using server = await serve((response) => refuse(response, 503, { "retry-after": value }));
    const time = fakeTime();
    using source = createClient(server.url, {}, time.environment);
    expect((await reach(source, "waiting")).delay).toBe(delay);
    time.advance(delay - 1);
    expect(source.status.state).toBe("waiting");
    time.advance(1);
    expect(source.status.state).toBe("connecting");
  });

  it("has jitter added on top of Retry-After, so that clients do not come back all at once", async () => {
    await using server = await serve((response) => refuse(response, 429, { "retry-after": "10" }));
    const { environment } = fakeTime();
    using source = createClient(server.url, { retry: { jitter: 0.5 } }, { ...environment, random: () => 1 });
    expect((await reach(source, "waiting")).delay).toBe(15_000);
  });

  it("is that of Retry-After once only", async () => {
    await using server = await serve((response, _request, n) =>
      refuse(response, 503, n === 1 ? { "retry-after": "20" } : {}),
    );
    const time = fakeTime();
    using source = createClient(server.url, {}, time.environment);
    expect((await reach(source, "waiting")).delay).toBe(20_000);
    time.advance(20_000);
    expect((await reach(source, "waiting")).delay).toBe(2000);
  });

  it("is set by the retry field, which replaces initial and stays the floor of later delays", async () => {
    await using server = await serve((response, _request, n) =>
      n === 1 ? stream(response, "retry: 40000\ndata: x\n\n").end() : drop(response),
    );
    const time = fakeTime();
    using source = createClient(server.url, {}, time.environment);
    const delays: number[] = [];
    for (let i = 0; i < 3; i++) {
      const { delay } = await reach(source, "waiting");
      delays.push(delay);
      time.advance(delay);
    }
    expect(delays).toEqual([40_000, 40_000, 40_000]);
  });

  it.each(["retry: 5s", "retry: -5", "retry: 1e3", "retry:", "retry: 1.5"])(
    "is not touched by %j, since the field takes digits only",
    async (field) => {
      await using server = await serve((response) => stream(response, `${field}\ndata: x\n\n`).end());
      const { environment } = fakeTime();
      using source = createClient(server.url, {}, environment);
      expect((await reach(source, "waiting")).delay).toBe(1000);
    },
  );
});

describe("retry: 99999999999", () => {
  const warnings: string[] = [];
  const note = ({ name }: Error) => void warnings.push(name);
  beforeEach(() => void process.on("warning", note));
  afterEach(() => void process.off("warning", note));

  it("does not overflow the timer and hammer the server", async () => {
    await using server = await serve((response) => stream(response, "retry: 99999999999\ndata: x\n\n").end());
    using source = createEventSource(server.url);
    const { delay } = await reach(source, "waiting");
    expect(delay).toBe(LONGEST_TIMEOUT);
    // A delay that wrapped around would be 1 ms, and the server would have been asked again and again by now.
    await roundTrips(50);
    expect(server.requests).toHaveLength(1);
    expect(warnings).toEqual([]);
    expect(source.status.state).toBe("waiting");
  });
});

describe("a 200 that ends at once", () => {
  it("backs off as any failure does: for 30 s of fake time a handful of attempts", async () => {
    await using server = await serve((response) => stream(response).end());
    const time = fakeTime();
    using source = createClient(server.url, {}, time.environment);
    const delays: number[] = [];
    while (time.elapsed < 30_000) {
      const { delay } = await reach(source, "waiting");
      delays.push(delay);
      time.advance(delay);
    }
    expect(delays).toEqual([1000, 2000, 4000, 8000, 16_000]);
    await reach(source, "waiting");
    expect(server.requests).toHaveLength(6);
  });

  it("backs off even when it sends comments and ids", async () => {
    await using server = await serve((response) => stream(response, ": hello\n\nid: 1\n\n").end());
    const time = fakeTime();
    using source = createClient(server.url, {}, time.environment);
    const delays: number[] = [];
    for (let i = 0; i < 4; i++) {
      const { delay } = await reach(source, "waiting");
      delays.push(delay);
      time.advance(delay);
    }
    expect(delays).toEqual([1000, 2000, 4000, 8000]);
  });

  it("backs off even with retry: 0", async () => {
    await using server = await serve((response) => stream(response, "retry: 0\n\n").end());
    const time = fakeTime();
    using source = createClient(server.url, {}, time.environment);
    const delays: number[] = [];
    for (let i = 0; i < 12; i++) {
      const { delay } = await reach(source, "waiting");
      delays.push(delay);
      time.advance(delay);
    }
    expect(delays.at(-1)).toBeGreaterThan(1000);
  });

  it("forgives earlier failures after an event", async () => {
    await using server = await serve((response, _request, n) =>
      stream(response, n % 3 === 0 ? "data: x\n\n" : "").end(),
    );
    const time = fakeTime();
    using source = createClient(server.url, {}, time.environment);
    const attempts: number[] = [];
    for (let i = 0; i < 6; i++) {
      const { attempt, delay } = await reach(source, "waiting");
      attempts.push(attempt);
      time.advance(delay);
    }
    expect(attempts).toEqual([1, 2, 1, 2, 3, 1]);
  });

  it.each([
    ["forgives", 5000, 1],
    ["does not forgive", 4999, 2],
  ])("%s earlier failures after it was open for %i ms without an event", async (_verb, open, attempt) => {
    await using server = await serve((response, _request, n) =>
      n === 1 ? drop(response) : stream(response),
    );
    const time = fakeTime();
    using source = createClient(server.url, {}, time.environment);
    time.advance((await reach(source, "waiting")).delay);
    await reach(source, "open");
    time.advance(open);
    drop(server.requests[1]!);
    expect(await reach(source, "waiting")).toMatchObject({ attempt });
  });
});

describe("giving up", () => {
  it("happens after `attempts` retries in a row, with the last error as the cause", async () => {
    await using server = await serve((response) => refuse(response, 503));
    using source = createEventSource(server.url, { retry: { ...soon, maxRetries: 2 } });
    const { reason, error } = await source.closed;
    expect(reason).toBe("error");
    expect(error).toMatchObject({
      code: "retries-exhausted",
      willRetry: false,
      attempt: 3,
      cause: { code: "http-status", status: 503 },
    });
    expect(server.requests).toHaveLength(3);
  });

  it("counts failures in a row only", async () => {
    await using server = await serve((response, _request, n) =>
      n < 8 ? stream(response, "data: x\n\n").end() : stream(response),
    );
    using source = createEventSource(server.url, { retry: { ...soon, maxRetries: 1 } });
    await server.request(8);
    await reach(source, "open");
  });

  it("happens once a retry would begin later than `elapsed` after the first failure", async () => {
    await using server = await serve((response) => drop(response));
    const time = fakeTime();
    using source = createClient(server.url, { retry: { maxElapsedTime: 10_000 } }, time.environment);
    for (let i = 0; i < 3; i++) time.advance((await reach(source, "waiting")).delay);
    expect((await source.closed).error).toMatchObject({
      code: "retries-exhausted",
      cause: { code: "network" },
    });
    expect(time.elapsed).toBe(7000);
    expect(server.requests).toHaveLength(4);
    expect(time.timers).toBe(0);
  });

  it("happens at the first failure with retry: false", async () => {
    await using server = await serve((response) => drop(response));
    using source = createEventSource(server.url, { retry: false });
    expect((await source.closed).error).toMatchObject({ code: "network", willRetry: false, attempt: 1 });
    expect(server.requests).toHaveLength(1);
  });
});

describe("shouldRetry", () => {
  it("overrides the default rules both ways and is told what they say", async () => {
    await using server = await serve((response, _request, n) => refuse(response, n === 1 ? 404 : 503));
    const contexts: RetryContext[] = [];
    using source = createEventSource(server.url, {
      retry: {
        ...soon,
        shouldRetry(context) {
          contexts.push(context);
          return context.error.status === 404;
        },
      },
    });
    expect((await source.closed).error).toMatchObject({ code: "http-status", status: 503 });
    expect(server.requests).toHaveLength(2);
    expect(contexts).toMatchObject([
      { error: { status: 404 }, attempt: 1, elapsed: 0, willRetry: false },
      { error: { status: 503 }, attempt: 2, willRetry: true },
    ]);
  });

  it("leaves the verdict to the rules when it gives undefined", async () => {
    await using server = await serve((response, _request, n) => refuse(response, n === 1 ? 503 : 404));
    using source = createEventSource(server.url, { retry: { ...soon, shouldRetry: () => undefined } });
    expect((await source.closed).error).toMatchObject({ status: 404 });
    expect(server.requests).toHaveLength(2);
  });
});

describe("a request with a body", () => {
  it("is made once when it is dropped in mid-stream", async () => {
    const bodies: string[] = [];
    await using server = await serve(async (response, request) => {
      bodies.push(await bodyOf(request));
      stream(response, "data: x\n\n");
    });
    using source = createEventSource(server.url, { method: "POST", body: "order" });
    await take(source, 1);
    drop(server.requests[0]!);
    expect(await source.closed).toMatchObject({
      reason: "error",
      error: { code: "network", willRetry: false },
    });
    await roundTrips(20);
    expect(bodies).toEqual(["order"]);
    expect(server.requests).toHaveLength(1);
  });

  it.each(["POST", "PUT", "PATCH", "DELETE", "QUERY"])(
    "or a method such as %s is never replayed unasked",
    async (method) => {
      await using server = await serve((response) => refuse(response, 503));
      using source = createEventSource(server.url, { method });
      expect((await source.closed).error).toMatchObject({ code: "http-status", status: 503 });
      await roundTrips(5);
      expect(server.requests).toHaveLength(1);
    },
  );

  it("is over when the server ends the stream", async () => {
    await using server = await serve((response) => stream(response, "data: x\n\n").end());
    using source = createEventSource(server.url, { method: "POST", body: "ask" });
    const [event] = await take(source, 1);
    expect(event!.data).toBe("x");
    const status = await source.closed;
    expect(status).toEqual({ state: "closed", reason: "server" });
    expect(server.requests).toHaveLength(1);
  });

  it("is replayed where the caller asks for it", async () => {
    await using server = await serve((response, _request, n) =>
      n === 1 ? drop(response) : stream(response, "data: x\n\n"),
    );
    using source = createEventSource(server.url, { method: "POST", body: "ask", retry: soon });
    await take(source, 1);
    expect(server.requests).toHaveLength(2);
  });

  it("of none, with the method in any case, is an ordinary GET or HEAD, which is retried", async () => {
    await using server = await serve((response, _request, n) =>
      n === 1 ? drop(response) : stream(response),
    );
    using source = createEventSource(server.url, { method: "get" });
    await reach(source, "waiting");
    source.open();
    await reach(source, "open");
  });
});
