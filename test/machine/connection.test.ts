import { afterEach, describe, expect, test, vi } from "vitest";
import { EventSourceError } from "../../src/core/errors.ts";
import type { RetryContext, RetryOptions } from "../../src/connection/retry.ts";
import { settled } from "../helpers/fake-clock.ts";
import {
  abortListeners,
  describe as describeStatus,
  item,
  machine,
  type Machine,
} from "../helpers/machine.ts";
import { table, type Cause } from "./state-table.ts";

const LONGEST = 2 ** 31 - 1;
const network = () => new EventSourceError("network", "reset");
const status = (code: number, headers: Record<string, string> = {}) =>
  new EventSourceError("http-status", `The server answered ${code}`, {
    status: code,
    headers: new Headers(headers),
  });
const noContent = () => new EventSourceError("no-content", "", { status: 204 });

afterEach(() => void vi.unstubAllGlobals());

/** Timers, page watchers and abort listeners that a connection holds. */
const held = ({ clock, page }: Machine, signal?: AbortSignal) => [
  clock.pending,
  page.watchers(),
  signal ? abortListeners(signal) : 0,
];

/** A connection in a state, and the controller of its signal. */
async function at(state: string, options: Parameters<typeof machine>[0] = {}) {
  const controller = new AbortController();
  const it = machine({ signal: controller.signal, ...options });
  if (state !== "idle") it.connection.open();
  if (state === "open") await it.attempt.answer();
  if (state === "paused") it.page.goOffline();
  if (state === "waiting" || state === "paused") await it.attempt.fail(network());
  if (state === "closed") it.connection.close("client");
  expect(it.connection.status.state).toBe(state);
  it.states();
  return { it, controller };
}

type Play = (it: Machine, controller: AbortController) => unknown;
const plays = {
  open: (it) => it.connection.open(),
  close: (it) => it.connection.close("client"),
  complete: (it) => it.connection.close("complete"),
  reconnect: (it) => it.connection.reconnect(),
  pause: (it) => it.connection.pause("asked"),
  answered: (it) => it.attempt.answer(),
  delivered: (it) => it.attempt.give(item("x", "9")),
  "retry field": (it) => it.attempt.sink.retry(1),
  ended: (it) => it.attempt.end(),
  failed: (it) => it.attempt.fail(network()),
  "sink failed": (it) => it.attempt.sink.fail(network()),
  fatal: (it) => it.attempt.fail(status(404)),
  "204": (it) => it.attempt.fail(noContent()),
  timer: (it) => it.clock.advance(1_000_000),
  online: (it) => it.page.goOnline(),
  abort: (_, controller) => controller.abort(),
} satisfies Record<Cause, Play>;

const cells = Object.entries(table).flatMap(([state, row]) =>
  (Object.entries(row) as [Cause, string][])
    .filter(([, next]) => next !== "-")
    .map(([cause, next]) => ({ state, cause, next })),
);

describe("the state table", () => {
  test.each(cells)("$state, $cause: $next", async ({ state, cause, next }) => {
    const { it, controller } = await at(state);
    const attempts = it.attempts.length;
    const before = it.connection.status;
    await plays[cause](it, controller);
    await settled();

    expect(it.states()).toEqual(next ? [next] : []);
    if (!next) expect(it.connection.status).toBe(before);
    const now = it.connection.status.state;
    expect(it.attempts.length - attempts).toBe(next.startsWith("connecting") ? 1 : 0);
    // When asked to pause, it waits for nothing but `open()`.
    const waits = cause === "pause" && next ? "" : now;
    expect(it.clock.pending).toBe(waits === "waiting" || waits === "paused" ? 1 : 0);
    expect(it.page.watchers()).toBe(waits === "paused" ? 1 : 0);
    if (now === "closed") expect(abortListeners(controller.signal)).toBe(0);
    // Whoever is not the running attempt has been told to release everything.
    const running = now === "connecting" || now === "open" ? [it.attempt] : [];
    for (const attempt of it.attempts)
      expect(attempt.context.signal.aborted).toBe(!running.includes(attempt));
  });

  test("every status is a new object, and the same one until it changes", async () => {
    const { it } = await at("idle");
    it.connection.open();
    await it.attempt.answer();
    await it.attempt.end();
    await it.clock.advance(1000);
    it.connection.close("client");
    expect(new Set(it.statuses).size).toBe(5);
    expect(it.connection.status).toBe(it.statuses.at(-1));
  });

  test("a status tells what is known", async () => {
    const { it } = await at("idle");
    expect(it.connection.status).toEqual({ state: "idle" });
    it.connection.open();
    expect(it.connection.status).toEqual({ state: "connecting", attempt: 1 });
    const headers = new Headers({ "x-from": "server" });
    it.attempt.sink.open({ url: "http://example.test/final", headers });
    expect(it.connection.status).toEqual({ state: "open", url: "http://example.test/final", headers });
    const error = network();
    await it.attempt.fail(error);
    expect(it.connection.status).toEqual({ state: "waiting", attempt: 1, delay: 1000, error });
    expect(error).toMatchObject({ attempt: 1, willRetry: true, delay: 1000 });
    await it.clock.advance(1000);
    it.page.goOffline();
    await it.attempt.fail(network());
    expect(it.connection.status).toMatchObject({ state: "paused", reason: "offline" });
    it.connection.close("client");
    expect(it.connection.status).toEqual({ state: "closed", reason: "client" });
  });
});

describe("what an attempt is told", () => {
  test("its number, the last event ID, and a signal of its own", async () => {
    const it = machine({ lastEventId: "start" });
    it.connection.open();
    expect(it.attempt.context).toMatchObject({ attempt: 1, lastEventId: "start" });
    await it.attempt.fail(network());
    await it.clock.advance(1000);
    expect(it.attempt.context).toMatchObject({ attempt: 2, lastEventId: "start" });
    await it.attempt.answer();
    await it.attempt.give(item("a", "7"));
    await it.attempt.end();
    await it.clock.advance(1000);
    expect(it.attempt.context).toMatchObject({ attempt: 2, lastEventId: "7" });
    expect(new Set(it.attempts.map(({ context }) => context.signal)).size).toBe(3);
  });

  test("the last event ID stays when it is closed and opened again", async () => {
    const { it } = await at("open");
    await it.attempt.give(item("a", "7"));
    it.connection.close("client");
    expect(it.connection.lastEventId).toBe("7");
    it.connection.open();
    expect(it.attempt.context).toMatchObject({ attempt: 1, lastEventId: "7" });
  });

  test("the reason of a close, and that of the caller's signal", async () => {
    const closed = await at("open");
    const reason = new Error("enough");
    closed.it.connection.close("client", reason);
    expect(closed.it.attempt.context.signal.reason).toBe(reason);
    const aborted = await at("open");
    aborted.controller.abort(reason);
    expect(aborted.it.attempt.context.signal.reason).toBe(reason);
  });

  test("a transport that throws at once has failed like any other", async () => {
    const it = machine({
      onAttempt: () => {
        throw new TypeError("no transport");
      },
    });
    it.connection.open();
    await settled();
    expect(it.states()).toEqual(["connecting 1", "waiting 1"]);
    expect(it.errors).toMatchObject([{ code: "network", cause: { message: "no transport" } }]);
  });
});

describe("a loss", () => {
  test.each([
    { retry: undefined, endless: false, how: "ended", states: ["waiting 1"], code: "stream-ended" },
    { retry: undefined, endless: true, how: "ended", states: ["waiting 1"], code: "premature-end" },
    { retry: undefined, endless: true, how: "failed", states: ["waiting 1"], code: "network" },
    { retry: undefined, endless: false, how: "204", states: ["closed server"], code: "no-content" },
    { retry: undefined, endless: true, how: "204", states: ["closed server"], code: "no-content" },
    { retry: false, endless: false, how: "ended", states: ["closed server"], code: undefined },
    { retry: false, endless: true, how: "ended", states: ["closed error"], code: "premature-end" },
    { retry: false, endless: false, how: "failed", states: ["closed error"], code: "network" },
    { retry: false, endless: false, how: "204", states: ["closed server"], code: "no-content" },
  ] as const)("retry $retry, endOn set $endless: $how gives $states and $code", async (row) => {
    const { it } = await at("open", { endless: row.endless, ...(row.retry === false && { retry: false }) });
    await plays[row.how](it);
    expect(it.states()).toEqual(row.states);
    expect(it.errors.map((error) => error.code)).toEqual(row.code ? [row.code] : []);
    expect(it.errors.map((error) => error.willRetry)).toEqual(
      row.code ? [row.states[0] === "waiting 1"] : [],
    );
  });

  test("a value that is no error of ours becomes the cause of one", async () => {
    const { it } = await at("connecting");
    await it.attempt.fail("a string");
    expect(it.errors).toMatchObject([{ code: "network", cause: "a string", willRetry: true }]);
  });

  test("is emitted before a status that a listener caused, and stays as it was published", async () => {
    const it = machine({
      inside: () => it.connection.status.state === "waiting" && it.connection.close("client"),
    });
    it.connection.open();
    await it.attempt.fail(network());
    expect(it.states().at(-1)).toBe("closed client");
    expect(it.errors).toMatchObject([{ willRetry: true, delay: 1000 }]);
  });

  test("each is told once, after the status", async () => {
    const log: string[] = [];
    const it = machine({ inside: (callback) => log.push(callback) });
    it.connection.open();
    await it.attempt.fail(network());
    expect(log).toEqual(["status connecting", "status waiting", "error"]);
    await it.clock.advance(1000);
    await it.attempt.fail(status(404));
    expect(log.slice(3)).toEqual(["status connecting", "status closed", "error"]);
    expect(it.errors.at(-1)).toMatchObject({ code: "http-status", attempt: 2, willRetry: false });
  });
});

describe("failures in a row", () => {
  /** Fails the running attempt and lets the wait pass; the result is the delay. */
  async function lose(
    it: Machine,
    how: (it: Machine) => Promise<void> = (m) => m.attempt.end(),
  ): Promise<number> {
    await how(it);
    const { status: now } = it.connection;
    if (now.state !== "waiting") throw new Error(`Not waiting but ${describeStatus(now)}`);
    await it.clock.advance(now.delay);
    return now.delay;
  }

  test("make the delay grow", async () => {
    const { it } = await at("connecting");
    const delays: number[] = [];
    for (let n = 0; n < 7; n++) delays.push(await lose(it, (m) => m.attempt.fail(network())));
    expect(delays).toEqual([1000, 2000, 4000, 8000, 16_000, 20_000, 20_000]);
    expect(it.attempt.context.attempt).toBe(8);
  });

  test("are not forgiven by the headers of a response: 200 followed by an instant end backs off", async () => {
    const { it } = await at("connecting");
    const delays: number[] = [];
    for (let n = 0; n < 4; n++) {
      await it.attempt.answer();
      delays.push(await lose(it));
    }
    expect(delays).toEqual([1000, 2000, 4000, 8000]);
  });

  test("are forgiven once an event was delivered", async () => {
    const { it } = await at("connecting");
    await lose(it);
    await lose(it);
    await it.attempt.answer();
    await it.attempt.give(item("x"));
    expect(await lose(it)).toBe(1000);
    expect(it.attempt.context.attempt).toBe(2);
  });

  test.each([
    ["a comment", { type: "", data: undefined, lastEventId: "", comment: "hi" }],
    ["an id-only block", { type: "", data: undefined, lastEventId: "4" }],
  ])("are not forgiven for %s", async (_, sent) => {
    const { it } = await at("connecting");
    await lose(it);
    await it.attempt.answer();
    await it.attempt.give(sent);
    expect(await lose(it)).toBe(2000);
  });

  test.each([
    { openFor: 4999, delay: 2000, resetAfter: undefined },
    { openFor: 5000, delay: 1000, resetAfter: undefined },
    { openFor: 99, delay: 2000, resetAfter: 100 },
    { openFor: 100, delay: 1000, resetAfter: 100 },
    { openFor: 0, delay: 1000, resetAfter: 0 },
    { openFor: 1_000_000, delay: 2000, resetAfter: Infinity },
  ])("open for $openFor ms (resetAfter $resetAfter): the next delay is $delay", async (row) => {
    const { it } = await at("connecting", {
      retry: row.resetAfter === undefined ? {} : { resetAfter: row.resetAfter },
    });
    await lose(it);
    await it.attempt.answer();
    await it.clock.advance(row.openFor);
    expect(await lose(it)).toBe(row.delay);
  });

  test("are not forgiven for time spent connecting", async () => {
    const { it } = await at("connecting");
    await lose(it);
    await it.clock.advance(60_000);
    await it.attempt.answer();
    expect(await lose(it)).toBe(2000);
  });

  test("an event of one connection forgives nothing of the next", async () => {
    const { it } = await at("connecting");
    await it.attempt.answer();
    await it.attempt.give(item("x"));
    expect(await lose(it)).toBe(1000);
    await it.attempt.answer();
    expect(await lose(it)).toBe(2000);
    await it.attempt.answer();
    expect(await lose(it)).toBe(4000);
  });

  test("are kept by open(), which connects now, and forgotten by reconnect() and by close()", async () => {
    const { it } = await at("connecting");
    await lose(it);
    await it.attempt.fail(network());
    it.connection.open();
    expect(it.attempt.context.attempt).toBe(3);
    await it.attempt.fail(network());
    it.connection.reconnect();
    expect(it.attempt.context.attempt).toBe(1);
    expect(await lose(it)).toBe(1000);
    await it.attempt.fail(network());
    it.connection.close("client");
    it.connection.open();
    expect(it.attempt.context.attempt).toBe(1);
    expect(await lose(it)).toBe(1000);
  });
});

describe("a server that answers 200 and ends at once", () => {
  /** Attempts in 30 s of fake time, when each is played like this. */
  async function attemptsIn30Seconds(play: (it: Machine) => Promise<void>, random: number): Promise<number> {
    const it = machine({ random: () => random });
    it.connection.open();
    const end = it.clock.now() + 30_000;
    while (it.clock.now() < end) {
      await play(it);
      await it.clock.advance(Math.min(it.clock.next ?? 0, end - it.clock.now()) || 1);
    }
    it.connection.close("client");
    return it.attempts.length;
  }
  const endAtOnce = async (it: Machine) => {
    if (it.connection.status.state !== "connecting") return;
    await it.attempt.answer();
    await it.attempt.end();
  };

  test.each([0, 0.5, 0.999])(
    "gets a bounded number of attempts in 30 s of fake time (random %d)",
    async (random) => {
      const attempts = await attemptsIn30Seconds(endAtOnce, random);
      expect(attempts).toBeGreaterThanOrEqual(4);
      expect(attempts).toBeLessThanOrEqual(6);
    },
  );

  test("and says retry: 0 gets a bounded number of attempts in 30 s of fake time", async () => {
    const attempts = await attemptsIn30Seconds(async (it) => {
      if (it.connection.status.state === "connecting") it.attempt.sink.retry(0);
      await endAtOnce(it);
    }, 0);
    expect(attempts).toBeLessThanOrEqual(16);
  });

  test("and says retry: 99999999999 gets no second attempt in 30 s of fake time", async () => {
    const attempts = await attemptsIn30Seconds(async (it) => {
      if (it.connection.status.state === "connecting") it.attempt.sink.retry(99_999_999_999);
      await endAtOnce(it);
    }, 0);
    expect(attempts).toBe(1);
  });
});

describe("what the server asks for", () => {
  test.each([
    { retry: 99_999_999_999, random: 0, delay: LONGEST },
    { retry: 99_999_999_999, random: 1, delay: LONGEST },
    { retry: Infinity, random: 0, delay: LONGEST },
    { retry: 3000, random: 0, delay: 3000 },
    { retry: 3000, random: 1, delay: 4500 },
    { retry: 60_000, random: 0, delay: 60_000 },
  ])("retry: $retry (random $random) means a delay of $delay", async ({ retry, random, delay }) => {
    const { it } = await at("open", { random: () => random });
    it.attempt.sink.retry(retry);
    await it.attempt.end();
    expect(it.connection.status).toMatchObject({ state: "waiting", delay });
    expect(it.clock.next).toBe(delay);
  });

  test("the retry field outlives the connection that it came over", async () => {
    const { it } = await at("open");
    it.attempt.sink.retry(3000);
    await it.attempt.give(item("x"));
    await it.attempt.end();
    await it.clock.advance(3000);
    await it.attempt.answer();
    await it.attempt.give(item("x"));
    await it.attempt.end();
    expect(it.connection.status).toMatchObject({ delay: 3000 });
  });

  test.each([
    { retryAfter: "7", random: 0, delay: 7000 },
    { retryAfter: "7", random: 1, delay: 10_500 },
    { retryAfter: "3600", random: 0, delay: 30_000 },
    { retryAfter: "3600", random: 0.5, delay: 37_500 },
    { retryAfter: "Fri, 20 Nov 2026 00:00:12 GMT", random: 0, delay: 12_000 },
    { retryAfter: "Fri, 20 Nov 2020 00:00:12 GMT", random: 0, delay: 1000 },
    { retryAfter: "soon", random: 0, delay: 1000 },
  ])(
    "Retry-After: $retryAfter (random $random) means a delay of $delay",
    async ({ retryAfter, random, delay }) => {
      const { it } = await at("connecting", { random: () => random });
      await it.attempt.fail(status(503, { "retry-after": retryAfter }));
      expect(it.connection.status).toMatchObject({ state: "waiting", delay });
      await it.clock.advance(delay - 1);
      expect(it.connection.status.state).toBe("waiting");
      await it.clock.advance(1);
      expect(it.connection.status.state).toBe("connecting");
    },
  );

  test("Retry-After concerns the next delay only", async () => {
    const { it } = await at("connecting");
    await it.attempt.fail(status(503, { "retry-after": "20" }));
    await it.clock.advance(20_000);
    await it.attempt.fail(network());
    expect(it.connection.status).toMatchObject({ delay: 2000 });
  });
});

describe("giving up", () => {
  test.each([0, 1, 2, 5])("after %i retries in a row, with the last error as cause", async (attempts) => {
    const { it } = await at("connecting", { retry: { maxRetries: attempts } });
    for (let n = 0; n < attempts; n++) {
      await it.attempt.fail(network());
      await it.clock.advance(100_000);
    }
    const last = status(503);
    await it.attempt.fail(last);
    expect(it.attempts).toHaveLength(attempts + 1);
    expect(it.connection.status).toMatchObject({
      state: "closed",
      reason: "error",
      error: { code: "retries-exhausted", cause: last, willRetry: false },
    });
    expect(it.errors.at(-1)?.code).toBe("retries-exhausted");
    expect(it.errors).toHaveLength(attempts + 1);
    expect(it.clock.pending).toBe(0);
  });

  test("the count begins anew after a healthy connection, and after open()", async () => {
    const { it } = await at("connecting", { retry: { maxRetries: 1 } });
    for (let n = 0; n < 5; n++) {
      await it.attempt.fail(network());
      await it.clock.advance(1000);
      await it.attempt.answer();
      await it.attempt.give(item("x"));
    }
    await it.attempt.end();
    await it.clock.advance(1000);
    await it.attempt.end();
    expect(it.connection.status).toMatchObject({ error: { code: "retries-exhausted" } });
    it.connection.open();
    await it.attempt.end();
    expect(it.connection.status.state).toBe("waiting");
  });

  test("when the next retry would begin later than elapsed allows", async () => {
    const { it } = await at("connecting", { retry: { maxElapsedTime: 7000 } });
    const states: string[] = [];
    for (let n = 0; n < 4 && it.connection.status.state !== "closed"; n++) {
      await it.attempt.fail(network());
      states.push(it.connection.status.state);
      await it.clock.advance(it.clock.next ?? 0);
    }
    // 1 + 2 + 4 s are 7 s; another 8 would be too many.
    expect(states).toEqual(["waiting", "waiting", "waiting", "closed"]);
    expect(it.connection.status).toMatchObject({ error: { code: "retries-exhausted" } });
  });

  test("elapsed counts from the first failure in a row, not from the beginning", async () => {
    const { it } = await at("open", { retry: { maxElapsedTime: 1500 } });
    await it.clock.advance(3_600_000);
    await it.attempt.give(item("x"));
    await it.attempt.end();
    expect(it.connection.status.state).toBe("waiting");
  });
});

describe("shouldRetry", () => {
  test("is told the error, the failures in a row, the time since the first, and the default verdict", async () => {
    const shouldRetry = vi.fn<NonNullable<RetryOptions["shouldRetry"]>>(() => undefined);
    const { it } = await at("connecting", { retry: { shouldRetry } });
    const errors = [network(), status(503), status(404)] as const;
    for (const error of errors) {
      await it.attempt.fail(error);
      await it.clock.advance(it.clock.next ?? 0);
    }
    expect(shouldRetry.mock.calls.map(([context]) => context)).toEqual([
      { error: errors[0], attempt: 1, elapsed: 0, willRetry: true },
      { error: errors[1], attempt: 2, elapsed: 1000, willRetry: true },
      { error: errors[2], attempt: 3, elapsed: 3000, willRetry: false },
    ] satisfies RetryContext[]);
    expect(it.connection.status).toMatchObject({ state: "closed", error: errors[2] });
  });

  test.each([
    { verdict: true, error: status(404), states: ["waiting 1"] },
    { verdict: true, error: new EventSourceError("content-type", ""), states: ["waiting 1"] },
    { verdict: false, error: network(), states: ["closed error"] },
    { verdict: false, error: status(503), states: ["closed error"] },
    { verdict: undefined, error: status(503), states: ["waiting 1"] },
    { verdict: undefined, error: status(404), states: ["closed error"] },
  ])("$verdict about $error.code $error.status leads to $states", async ({ verdict, error, states }) => {
    const { it } = await at("connecting", { retry: { shouldRetry: () => verdict } });
    await it.attempt.fail(error);
    expect(it.states()).toEqual(states);
  });

  test("cannot override the end of the attempts, nor a server that asked to stop", async () => {
    const exhausted = await at("connecting", { retry: { maxRetries: 0, shouldRetry: () => true } });
    await exhausted.it.attempt.fail(network());
    expect(exhausted.it.connection.status).toMatchObject({ error: { code: "retries-exhausted" } });
    const stopped = await at("connecting", { retry: { shouldRetry: () => true } });
    await stopped.it.attempt.fail(noContent());
    expect(stopped.it.states()).toEqual(["closed server"]);
  });

  test("that throws is reported, and leaves the verdict to the default rules", async () => {
    const reported = vi.fn<(error: unknown) => void>();
    vi.stubGlobal("reportError", reported);
    const error = new Error("shouldRetry");
    const shouldRetry = () => {
      throw error;
    };
    const { it } = await at("connecting", { retry: { shouldRetry } });
    await it.attempt.fail(network());
    await it.clock.advance(1000);
    await it.attempt.fail(status(404));
    expect(it.states()).toEqual(["waiting 1", "connecting 2", "closed error"]);
    expect(reported.mock.calls).toEqual([[error], [error]]);
  });
});

describe("while the page is offline", () => {
  test("a loss pauses, and the page coming online connects at once", async () => {
    const { it } = await at("open");
    it.page.goOffline();
    await it.attempt.fail(network());
    expect(it.states()).toEqual(["paused offline"]);
    expect(it.errors).toMatchObject([{ code: "network", willRetry: true }]);
    await it.page.goOnline();
    expect(it.states()).toEqual(["connecting 1"]);
    expect(held(it)).toEqual([0, 0, 0]);
  });

  test("the browser's word is only a hint: after max it looks by itself", async () => {
    const { it } = await at("connecting");
    it.page.goOffline();
    await it.attempt.fail(network());
    expect(it.clock.next).toBe(30_000);
    await it.clock.advance(29_999);
    expect(it.attempts).toHaveLength(1);
    await it.clock.advance(1);
    expect(it.states()).toEqual(["paused offline", "connecting 1"]);
    expect(held(it)).toEqual([0, 0, 0]);
  });

  test("attempts are not spent", async () => {
    const { it } = await at("connecting", { retry: { maxRetries: 2 } });
    await it.attempt.fail(network());
    await it.clock.advance(1000);
    it.page.goOffline();
    for (let n = 0; n < 20; n++) {
      await it.attempt.fail(network());
      expect(it.connection.status.state).toBe("paused");
      await it.clock.advance(30_000);
      expect(it.attempt.context.attempt).toBe(2);
    }
    await it.attempt.fail(network());
    await it.page.goOnline();
    await it.attempt.fail(network());
    expect(it.connection.status).toMatchObject({ state: "waiting", attempt: 2 });
    await it.clock.advance(100_000);
    await it.attempt.fail(network());
    expect(it.connection.status).toMatchObject({ error: { code: "retries-exhausted" } });
  });

  test("the time that passes is not spent: elapsed counts without it", async () => {
    const { it } = await at("connecting", {
      retry: { maxElapsedTime: 60_000, initialDelay: 1000, jitter: 0 },
    });
    await it.attempt.fail(network());
    await it.clock.advance(1000);
    it.page.goOffline();
    for (let n = 0; n < 20; n++) {
      await it.attempt.fail(network());
      expect(it.errors.at(-1)).toMatchObject({ delay: 30_000, willRetry: true });
      await it.clock.advance(30_000);
    }
    await it.attempt.fail(network());
    await it.page.goOnline();
    await it.attempt.fail(network());
    expect(it.connection.status.state).toBe("waiting");
  });

  test("the last attempt is not spent either", async () => {
    const { it } = await at("connecting", { retry: { maxRetries: 1 } });
    await it.attempt.fail(network());
    await it.clock.advance(1000);
    it.page.goOffline();
    await it.attempt.fail(network());
    expect(it.connection.status.state).toBe("paused");
    await it.page.goOnline();
    await it.attempt.fail(network());
    expect(it.connection.status).toMatchObject({ error: { code: "retries-exhausted" } });
  });

  test("what is fatal stays fatal", async () => {
    const { it } = await at("connecting");
    it.page.goOffline();
    await it.attempt.fail(status(404));
    expect(it.states()).toEqual(["closed error"]);
    expect(held(it)).toEqual([0, 0, 0]);
  });

  test("the ceiling of an endless max is still a delay that a timer can keep", async () => {
    const { it } = await at("connecting", { retry: { maxDelay: 1e9 } });
    it.page.goOffline();
    await it.attempt.fail(network());
    expect(it.clock.next).toBe(1e9);
  });
});

describe("a stale attempt", () => {
  /** Everything that an attempt can tell. */
  async function playAll({ attempts }: Machine, n: number): Promise<void> {
    const attempt = attempts[n]!;
    await attempt.answer();
    expect(attempt.sink.deliver(item("stale", "stale"))).toBeUndefined();
    attempt.sink.retry(1_000_000);
    attempt.sink.fail(status(404));
    await attempt.fail(status(404));
  }

  test.each(["reconnect", "close and open", "loss"])("can write nothing after %s", async (how) => {
    const { it } = await at("open");
    if (how === "reconnect") it.connection.reconnect();
    else if (how === "loss") {
      await it.attempt.fail(network());
      await it.clock.advance(1000);
    } else {
      it.connection.close("client");
      it.connection.open();
    }
    it.states();
    await playAll(it, 0);
    expect(it.states()).toEqual([]);
    expect(it.items).toEqual([]);
    expect(it.connection.lastEventId).toBe("");
    await it.attempt.answer();
    await it.attempt.give(item("fresh", "1"));
    await it.attempt.end();
    expect(it.connection.status).toMatchObject({ state: "waiting", delay: 1000 });
    expect(it.items).toEqual([item("fresh", "1")]);
  });

  test("can write nothing after a close", async () => {
    const { it } = await at("open");
    it.connection.close("client");
    it.states();
    await playAll(it, 0);
    expect([it.states(), it.items, it.errors]).toEqual([[], [], []]);
  });

  test("that failed by a timer and then ends too counts once", async () => {
    const { it } = await at("open");
    it.attempt.sink.fail(new EventSourceError("idle-timeout", ""));
    await it.attempt.end();
    expect(it.states()).toEqual(["waiting 1"]);
    expect(it.errors.map(({ code }) => code)).toEqual(["idle-timeout"]);
  });
});

describe("the caller's signal", () => {
  test("aborted already means no request at all, one terminal status and no listener", () => {
    const signal = AbortSignal.abort();
    const it = machine({ signal });
    it.connection.open();
    it.connection.open();
    it.connection.reconnect();
    expect(it.states()).toEqual(["closed client"]);
    expect(it.attempts).toHaveLength(0);
    expect(held(it, signal)).toEqual([0, 0, 0]);
  });

  test("aborted while closed means no request when it is opened again", async () => {
    const { it, controller } = await at("closed");
    controller.abort();
    it.connection.open();
    it.connection.reconnect();
    expect([it.states(), it.attempts.length]).toEqual([[], 1]);
  });

  const endings: Record<string, Play> = {
    "close()": plays.close,
    "the event of endOn": plays.complete,
    "a fatal error": plays.fatal,
    "a 204": plays["204"],
    "an abort": plays.abort,
  };
  test.each(
    ["connecting", "open", "waiting", "paused"].flatMap((state) =>
      Object.keys(endings).map((ending) => ({ state, ending })),
    ),
  )("keeps no listener, and nothing else is left, after $ending while $state", async ({ state, ending }) => {
    const { it, controller } = await at(state);
    // What only an attempt can tell needs one that runs.
    if (it.clock.pending && (ending === "a fatal error" || ending === "a 204"))
      await it.clock.advance(100_000);
    expect(abortListeners(controller.signal)).toBe(1);
    await endings[ending]!(it, controller);
    expect(it.connection.status.state).toBe("closed");
    expect(held(it, controller.signal)).toEqual([0, 0, 0]);
  });

  test("keeps no listener when retries are exhausted, nor when the end of a stream is the end", async () => {
    for (const retry of [{ maxRetries: 0 }, false] as const) {
      const { it, controller } = await at("open", { retry });
      await it.attempt.end();
      expect(it.connection.status.state).toBe("closed");
      expect(held(it, controller.signal)).toEqual([0, 0, 0]);
    }
  });

  test("carries one listener however often the connection is opened, closed and reconnected", async () => {
    const { it, controller } = await at("idle");
    for (let n = 0; n < 100; n++) {
      it.connection.open();
      it.connection.open();
      it.connection.reconnect();
      await it.attempt.fail(network());
      it.connection.open();
      expect(abortListeners(controller.signal)).toBe(1);
      it.connection.close("client");
      expect(abortListeners(controller.signal)).toBe(0);
    }
  });
});

describe("close() is final, wherever it is called:", () => {
  /** Closes in the first call of one callback, and plays a whole life. */
  async function closeInside(where: string, life: (it: Machine) => Promise<void>, retry: RetryOptions = {}) {
    const controller = new AbortController();
    const closed = { called: false };
    const close = () => {
      if (closed.called) return;
      closed.called = true;
      it.connection.close("client");
      expect(it.connection.status).toEqual({ state: "closed", reason: "client" });
    };
    const it: Machine = machine({
      signal: controller.signal,
      retry: { ...retry, ...(where === "shouldRetry" && { shouldRetry: () => (close(), undefined) }) },
      inside: (callback) => callback === where && close(),
      onAttempt(attempt) {
        if (where === "the transport") close();
        if (where === "the attempt's signal") attempt.context.signal.addEventListener("abort", close);
      },
    });
    await life(it);
    await it.page.goOnline();
    await it.clock.advance(1_000_000);
    expect(closed.called).toBe(true);
    const states = it.states();
    expect(states.filter((state) => state.startsWith("closed"))).toEqual(["closed client"]);
    expect(states.at(-1)).toBe("closed client");
    expect(it.connection.status).toEqual({ state: "closed", reason: "client" });
    for (const { context } of it.attempts) expect(context.signal.aborted).toBe(true);
    expect(held(it, controller.signal)).toEqual([0, 0, 0]);
    return { it, states };
  }
  const life = async (it: Machine) => {
    it.connection.open();
    if (!it.attempts.length) return;
    await it.attempt.answer();
    await it.attempt.give(item("1", "1"));
    await it.attempt.fail(network());
  };

  test.each([
    { where: "status connecting", states: ["connecting 1", "closed client"] },
    { where: "the transport", states: ["connecting 1", "closed client"] },
    { where: "status open", states: ["connecting 1", "open", "closed client"] },
    { where: "deliver", states: ["connecting 1", "open", "closed client"] },
    { where: "shouldRetry", states: ["connecting 1", "open", "closed client"] },
    { where: "the attempt's signal", states: ["connecting 1", "open", "waiting 1", "closed client"] },
    { where: "status waiting", states: ["connecting 1", "open", "waiting 1", "closed client"] },
    { where: "error", states: ["connecting 1", "open", "waiting 1", "closed client"] },
  ])("in $where", async ({ where, states }) => {
    const done = await closeInside(where, life);
    expect(done.states).toEqual(states);
    expect(done.it.attempts).toHaveLength(where === "status connecting" ? 0 : 1);
  });

  test("in status paused", async () => {
    const { states } = await closeInside("status paused", async (it) => {
      it.connection.open();
      it.page.goOffline();
      await it.attempt.fail(network());
    });
    expect(states).toEqual(["connecting 1", "paused offline", "closed client"]);
  });

  test("in shouldRetry, when the loss is fatal", async () => {
    const { states } = await closeInside("shouldRetry", async (it) => {
      it.connection.open();
      await it.attempt.fail(status(404));
    });
    expect(states).toEqual(["connecting 1", "closed client"]);
  });

  test("in the attempt's signal, when reconnect() aborts it", async () => {
    const { states, it } = await closeInside("the attempt's signal", async (m) => {
      m.connection.open();
      m.connection.reconnect();
      await settled();
    });
    expect(states).toEqual(["connecting 1", "connecting 1", "closed client"]);
    expect(it.attempts).toHaveLength(1);
  });

  test("in the attempt's signal, when close() aborts it", async () => {
    const { states } = await closeInside("the attempt's signal", async (m) => {
      m.connection.open();
      m.connection.close("client");
      await settled();
    });
    expect(states).toEqual(["connecting 1", "closed client"]);
  });

  test("in status closed it does nothing more, and open() there begins anew", async () => {
    const reopened = { done: false };
    const it: Machine = machine({
      inside(callback) {
        if (callback !== "status closed" || reopened.done) return;
        reopened.done = true;
        it.connection.close("client");
        it.connection.open();
      },
    });
    it.connection.open();
    await it.attempt.fail(status(404));
    expect(it.states()).toEqual(["connecting 1", "closed error", "connecting 1"]);
    expect(it.attempts).toHaveLength(2);
    expect(it.attempt.context.signal.aborted).toBe(false);
  });
});

describe("one attempt runs at a time, wherever a new one is asked for:", () => {
  test.each(
    ["open", "reconnect"].flatMap((how) =>
      ["status waiting", "error", "shouldRetry", "status paused"]
        // There `open()` does nothing: the attempt is not over yet.
        .filter((where) => how !== "open" || where !== "shouldRetry")
        .map((where) => ({ how, where })),
    ),
  )("$how() in $where", async ({ how, where }) => {
    const asked = { already: false };
    const ask = () => {
      if (asked.already) return;
      asked.already = true;
      it.connection[how as "open" | "reconnect"]();
    };
    const it: Machine = machine({
      retry: where === "shouldRetry" ? { shouldRetry: () => (ask(), undefined) } : {},
      inside: (callback) => callback === where && ask(),
    });
    it.connection.open();
    if (where === "status paused") it.page.goOffline();
    await it.attempt.fail(network());
    expect(asked.already).toBe(true);
    expect(it.connection.status.state).toBe("connecting");
    await it.page.goOnline();
    await it.clock.advance(100_000);
    expect(it.attempts.map(({ context }) => context.signal.aborted)).toEqual([true, false]);
    expect(held(it)).toEqual([0, 0, 0]);
  });
});

describe("in the long run", () => {
  test("10,000 reconnects leave as many timers, watchers and listeners as one", async () => {
    const { it, controller } = await at("connecting", { retry: { initialDelay: 1 } });
    for (let n = 0; n < 10_000; n++) {
      const attempt = it.attempts.pop()!;
      attempt.sink.open({ url: "http://example.test/events", headers: new Headers() });
      void attempt.sink.deliver(item("x", `${n}`));
      await attempt.end();
      expect(held(it, controller.signal)).toEqual([1, 0, 1]);
      expect(abortListeners(attempt.context.signal)).toBe(0);
      await it.clock.advance(1);
      it.statuses.length = it.items.length = it.errors.length = 0;
    }
    expect(held(it, controller.signal)).toEqual([0, 0, 1]);
    expect(it.connection.lastEventId).toBe("9999");
    it.connection.close("client");
    expect(held(it, controller.signal)).toEqual([0, 0, 0]);
  });

  test("10,000 times offline and online leave no watcher and no timer", async () => {
    const { it, controller } = await at("connecting");
    for (let n = 0; n < 10_000; n++) {
      it.page.goOffline();
      it.attempts.pop()!.sink.fail(network());
      expect(held(it, controller.signal)).toEqual([1, 1, 1]);
      await it.page.goOnline();
      it.statuses.length = it.errors.length = 0;
    }
    expect(held(it, controller.signal)).toEqual([0, 0, 1]);
  });
});
