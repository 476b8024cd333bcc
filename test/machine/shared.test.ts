import { describe, expect, test } from "vitest";
import { EventSourceError } from "../../src/core/errors.ts";
import { json } from "../../src/client/decode.ts";
import type { SharedEventSourceOptions } from "../../src/shared.ts";
import type { StreamItem } from "../../src/core/types.ts";
import { deferred } from "../helpers/deferred.ts";
import { createOrigin, type Followed, type Origin } from "../helpers/fake-tabs.ts";
import { describe as told } from "../helpers/machine.ts";

const item = (id: number | string, data = String(id)): StreamItem => ({
  type: "message",
  data,
  lastEventId: String(id),
});
const quick = { initialDelay: 5, jitter: 0 };

/** Tabs that follow an open stream. */
async function opened(count: number, options: SharedEventSourceOptions = {}, kept?: number) {
  const origin = createOrigin(kept);
  const tabs = Array.from({ length: count }, () => origin.openTab());
  const all = tabs.map((tab) => tab.follow(options));
  await origin.calm();
  await origin.attempts[0]!.answer({ headers: new Headers({ "x-served-by": "a" }) });
  await origin.calm();
  return { origin, tabs, all };
}

/** Items arrive by the attempt made last. */
async function give(origin: Origin, ...items: StreamItem[]): Promise<void> {
  await origin.attempts.at(-1)!.give(...items);
  await origin.calm();
}

async function answer(origin: Origin): Promise<void> {
  await origin.attempts.at(-1)!.answer();
  await origin.calm();
}

/** Resolves when so many attempts have been made. */
async function attempts(origin: Origin, count: number): Promise<void> {
  while (origin.attempts.length < count) await origin.calm();
  await origin.calm();
}

describe("tabs with the same key", () => {
  test("make one attempt, and all clients in all of them get the same events in the same order", async () => {
    const { origin, tabs, all } = await opened(3);
    all.push(...tabs.map((tab) => tab.follow()));
    await origin.calm();
    await give(origin, item(1), item(2));
    await give(origin, item(3));
    for (const { data } of all) expect(data).toEqual(["1", "2", "3"]);
    expect(origin.attempts.length).toBe(1);
  });

  test("have what they are given at once, also by a client that is opened before anybody listens to it", async () => {
    const { origin, tabs } = await opened(1, { lastEventId: "0" });
    await give(origin, item(1), item(2));
    const heard = [{ replay: 10 }, { lastEventId: "1" }].map((options) => {
      const got: string[] = [];
      tabs[0]!.create(options).onEvent(({ data }) => void got.push(data));
      return got;
    });
    await origin.calm();
    expect(heard).toEqual([["1", "2"], ["2"]]);
  });

  test("have the same status, with the same headers, delays and errors", async () => {
    const { origin, all } = await opened(3, { retry: { initialDelay: 20 } });
    for (const { source } of all) {
      expect(source.status).toMatchObject({
        state: "open",
        scope: "shared",
        url: "http://example.test/events",
      });
      expect(source.status.state === "open" && source.status.headers.get("x-served-by")).toBe("a");
      expect(source.status).toBe(source.status);
    }
    const details = { status: 503, headers: new Headers({ "x-why": "busy" }), cause: new Error("because") };
    await origin.attempts[0]!.fail(new EventSourceError("http-status", "The server answered 503", details));
    await origin.calm();
    const statuses = all.map(({ source }) => source.status);
    for (const status of statuses) {
      if (status.state !== "waiting") throw new Error(status.state);
      expect({ ...status, error: undefined }).toEqual({ ...statuses[0], error: undefined });
      expect(status.error).toMatchObject({
        code: "http-status",
        status: 503,
        willRetry: true,
        delay: status.delay,
      });
      expect(status.error.headers?.get("x-why")).toBe("busy");
    }
    await attempts(origin, 2);
    await answer(origin);
    for (const { states, codes } of all) {
      expect(states).toEqual(["connecting 1", "open", "waiting 1", "connecting 2", "open"]);
      expect(codes).toEqual(["http-status"]);
    }
    expect(origin.attempts.length).toBe(2);
  });

  test("hear comments and IDs that come without an event", async () => {
    const { origin, tabs, all } = await opened(2);
    const comments: string[] = [];
    all[1]!.source.onComment((comment) => comments.push(comment));
    await give(origin, item(1), { type: "", data: undefined, lastEventId: "1", comment: "beat" });
    await give(origin, { type: "", data: undefined, lastEventId: "2" });
    expect(comments).toEqual(["beat"]);
    expect(all.map(({ source }) => source.lastEventId)).toEqual(["2", "2"]);
    tabs[0]!.crash();
    await origin.calm();
    expect(origin.attempts[1]!.context.lastEventId).toBe("2");
  });

  test("decode by themselves, and end by themselves", async () => {
    const origin = createOrigin();
    const [first, second, third] = [origin.openTab(), origin.openTab(), origin.openTab()];
    const all = [
      first.follow({ decode: json, endOn: "3" }),
      second.follow({ decode: () => Promise.reject(new Error("no")), endOn: "2" }),
      third.follow({ endOn: () => false }),
    ];
    await origin.calm();
    await answer(origin);
    await give(origin, item(1), item(2), item(3));
    expect(all.map(({ data }) => data)).toEqual([[1, 2], [], ["1", "2", "3"]]);
    expect(all[1]!.codes).toEqual(["decode-failed"]);
    expect(all.map(({ source }) => told(source.status))).toEqual([
      "closed complete",
      "closed complete",
      "connecting 1",
    ]);
  });

  test("with another identity, URL or option have another connection", async () => {
    const origin = createOrigin();
    const tab = origin.openTab();
    const options: SharedEventSourceOptions[] = [
      {},
      { identity: "somebody else" },
      { idleTimeout: 1000 },
      { headers: { a: "b" } },
      { headers: { a: "c" } },
      { retry: false },
      { retry: { maxDelay: 5 } },
      { name: "other" },
      { endOn: "end" },
    ];
    for (const given of options) tab.follow(given);
    for (const given of options) tab.follow(given);
    await origin.calm();
    expect(origin.attempts.length).toBe(options.length);
    expect(tab.world.hubs.size).toBe(options.length);
  });
});

describe("who joins late", () => {
  test("gets the status and the last event ID, and no events of before", async () => {
    const { origin } = await opened(1);
    await give(origin, item(1), item(2));
    const late = origin.openTab().follow();
    await origin.calm();
    expect(late.source.status.state).toBe("open");
    expect(late.source.lastEventId).toBe("2");
    await give(origin, item(3));
    expect(late.data).toEqual(["3"]);
  });

  test("gets the last events that it asks for, once", async () => {
    const { origin, tabs } = await opened(1);
    await give(origin, item(1), item(2), item(3));
    const late = [origin.openTab().follow({ replay: 2 }), tabs[0]!.follow({ replay: 9 })];
    await origin.calm();
    expect(late.map(({ data }) => data)).toEqual([
      ["2", "3"],
      ["1", "2", "3"],
    ]);
    late[0]!.source.reconnect();
    await attempts(origin, 2);
    await answer(origin);
    await give(origin, item(4));
    expect(late.map(({ data }) => data)).toEqual([
      ["2", "3", "4"],
      ["1", "2", "3", "4"],
    ]);
  });

  test("resumes after its own last event ID, from what is kept", async () => {
    const { origin } = await opened(1);
    await give(origin, item(1), item(2), item(3));
    const late = origin.openTab().follow({ lastEventId: "1", replay: 3 });
    await origin.calm();
    expect(late.data).toEqual(["2", "3"]);
    expect(origin.attempts.length).toBe(1);
  });

  test.each<[how: string, options: SharedEventSourceOptions]>([
    ["the URL", { lastEventIdParam: "since" }],
    ["a header", { headers: { "Last-Event-ID": "1" } }],
  ])("resumes after the ID in %s, as the first one does", async (_, options) => {
    const origin = createOrigin();
    const follow = (more?: SharedEventSourceOptions) =>
      origin.openTab().follow({ ...options, ...more }, "http://example.test/events?since=1");
    const all = [follow(), follow()];
    expect(all[0]!.source.lastEventId).toBe("1");
    await origin.calm();
    await answer(origin);
    await give(origin, item(2), item(3));
    all.push(follow(), follow({ lastEventId: "2" }), follow({ lastEventId: "" }));
    await origin.calm();
    expect(all.map(({ data }) => data)).toEqual([["2", "3"], ["2", "3"], ["2", "3"], ["3"], []]);
    expect(origin.attempts.map(({ context }) => context.lastEventId)).toEqual(["1"]);
  });

  test("gets more than is kept, where the leader has that for somebody slow", async () => {
    const { origin, all } = await opened(1, { lastEventId: "0" });
    all[0]!.source.onEvent(() => new Promise(() => {}));
    for (let id = 1; id <= 20; id++) await origin.attempts[0]!.give(item(id, "x".repeat(1e5)));
    const late = origin.openTab().follow({ lastEventId: "0" });
    await origin.calm();
    await give(origin, item(21));
    expect([late.data.length, late.source.lastEventId, origin.attempts.length]).toEqual([21, "21", 1]);
    for (const { source } of [...all, late]) source.close();
  });

  test("is told that the connection is being waited for", async () => {
    const { origin, all } = await opened(1, { retry: { initialDelay: 60_000 } });
    for (let n = 0; n < 2; n++) {
      await origin.attempts[n]!.fail(new TypeError("gone"));
      await origin.calm();
      if (n === 0) {
        all[0]!.source.open();
        await attempts(origin, 2);
      }
    }
    const late = origin.openTab().follow({ retry: { initialDelay: 60_000 } });
    await origin.calm();
    expect({ ...late.source.status, error: 0 }).toEqual({ ...all[0]!.source.status, error: 0 });
    expect(late.source.status).toMatchObject({ state: "waiting", attempt: 2, error: { code: "network" } });
    late.source.open();
    await attempts(origin, 3);
    expect(all[0]!.source.status).toMatchObject({ state: "connecting", attempt: 3 });
    for (const { source } of [...all, late]) source.close();
  });

  test("from further back than is kept catches up on a connection of its own, and then goes with the others", async () => {
    const { origin, all } = await opened(1, { lastEventId: "5" });
    await give(origin, item(6), item(7));
    const late = origin.openTab().follow({ lastEventId: "3" });
    await attempts(origin, 2);
    expect(origin.attempts[1]!.context.lastEventId).toBe("3");
    await answer(origin);
    await give(origin, item(4), item(5));
    await origin.attempts[0]!.give(item(8));
    await origin.calm();
    expect(late.data).toEqual(["4", "5", "6", "7", "8"]);
    expect(origin.attempts[1]!.context.signal.aborted).toBe(true);
    await origin.attempts[0]!.give(item(9));
    await origin.calm();
    expect([late.data.at(-1), all[0]!.data.at(-1)]).toEqual(["9", "9"]);
  });

  test("that is ahead of the leader, which it had asked in vain, goes with it once it is there", async () => {
    const { origin } = await opened(1, { lastEventId: "5" }, 600);
    await give(origin, item(6), item(7));
    const late = origin.openTab().follow({ lastEventId: "3" });
    // On its way together with the answer.
    await origin.attempts[0]!.give(item(8));
    await attempts(origin, 2);
    await answer(origin);
    const [missed, more] = [
      [4, 5, 6, 7, 8, 9],
      [10, 11, 12, 13, 14, 15],
    ].map((ids) => ids.map((id) => item(id)));
    // What the leader is told of the first is out of date, and where the leader is, is not kept any more.
    await origin.attempts[1]!.give(...missed!);
    await give(origin, ...more!);
    expect(origin.attempts[1]!.context.signal.aborted).toBe(false);
    await origin.attempts[0]!.give(item(9), ...more!);
    await origin.calm();
    expect(origin.attempts[1]!.context.signal.aborted).toBe(true);
    await origin.attempts[0]!.give(item(16));
    await origin.calm();
    expect(late.data).toEqual([4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16].map(String));
  });

  test("is told when the server refuses to let it catch up; the others go on", async () => {
    const { origin, all } = await opened(1, { lastEventId: "5" });
    const late = origin.openTab().follow({ lastEventId: "3" });
    await attempts(origin, 2);
    await origin.attempts[1]!.fail(
      new EventSourceError("http-status", "The server answered 410", { status: 410 }),
    );
    await origin.calm();
    expect(late.source.status).toMatchObject({ state: "closed", reason: "error", error: { status: 410 } });
    await origin.attempts[0]!.give(item(6));
    await origin.calm();
    expect(all[0]!.data).toEqual(["6"]);
  });
});

describe("when the leader goes away", () => {
  test.each(["close", "crash", "hide"] as const)(
    "by %s, the next one resumes after the last event",
    async (how) => {
      const { origin, tabs, all } = await opened(3);
      await give(origin, item(1), item(2));
      if (how === "close") all[0]!.source.close();
      else tabs[0]![how]();
      await origin.calm();
      expect(origin.attempts.length).toBe(2);
      expect(origin.attempts[1]!.context.lastEventId).toBe("2");
      if (how !== "crash") expect(origin.attempts[0]!.context.signal.aborted).toBe(true);
      expect(all[1]!.states).toEqual(["connecting 1", "open", "connecting 1"]);
      await answer(origin);
      await give(origin, item(3));
      for (const { data } of all.slice(1)) expect(data).toEqual(["1", "2", "3"]);
    },
  );

  test("those behind get what they lack from the next one, and those ahead nothing twice", async () => {
    const { origin, tabs, all } = await opened(4);
    await give(origin, item(1));
    tabs[1]!.deafen();
    await give(origin, item(2), item(3));
    tabs[2]!.deafen();
    await give(origin, item(4), item(5));
    // Behind all others, and never gets what it did not hear from the first one.
    tabs[0]!.crash();
    await origin.calm();
    // The second tab leads, from where it is.
    expect(origin.attempts[1]!.context.lastEventId).toBe("1");
    await answer(origin);
    await give(origin, item(2), item(3));
    await tabs[1]!.hear();
    await tabs[2]!.hear();
    await give(origin, item(4), item(5), item(6));
    for (const { data } of all.slice(1)) expect(data).toEqual(["1", "2", "3", "4", "5", "6"]);
    expect(origin.attempts.length).toBe(2);
  });

  test("one that was far behind gets it all from the one that was not", async () => {
    const { origin, tabs, all } = await opened(3);
    tabs[2]!.deafen();
    await give(origin, item(1), item(2), item("2", "without an ID"));
    tabs[0]!.crash();
    await origin.calm();
    await answer(origin);
    await give(origin, item(3));
    // What it did not hear from the first one it must not hear from it now.
    await tabs[2]!.hear();
    expect(origin.attempts[1]!.context.lastEventId).toBe("2");
    for (const { data } of all.slice(1)) expect(data).toEqual(["1", "2", "without an ID", "3"]);
  });

  test("one that was ahead misses nothing of a server that does not send the same again", async () => {
    const { origin, tabs, all } = await opened(3);
    await give(origin, item(1));
    tabs[1]!.deafen();
    await give(origin, item(2), item(3));
    tabs[2]!.deafen();
    tabs[0]!.crash();
    await origin.calm();
    await answer(origin);
    await give(origin, item("x"), item("y"), item("z"));
    await tabs[1]!.hear();
    await tabs[2]!.hear();
    expect(all.map(({ data }) => data).slice(1)).toEqual([
      ["1", "x", "y", "z"],
      ["1", "2", "3", "x", "y", "z"],
    ]);
  });

  test("one that leads again goes on with all that it has had, from whomever", async () => {
    const { origin, tabs, all } = await opened(3);
    await give(origin, item(1));
    tabs[1]!.deafen();
    await give(origin, item(2), item(3));
    tabs[2]!.deafen();
    // The second leads from 1, and the first follows it there.
    tabs[0]!.hide();
    await origin.calm();
    tabs[0]!.show();
    await tabs[1]!.hear();
    // The third comes after the first, and has heard nothing since.
    tabs[2]!.hide();
    tabs[2]!.show();
    await origin.calm();
    tabs[1]!.crash();
    await origin.calm();
    tabs[2]!.forget();
    expect(origin.attempts.map(({ context }) => context.lastEventId)).toEqual(["", "1", "3"]);
    await answer(origin);
    await give(origin, item("x"), item("y"), item("z"));
    await tabs[2]!.hear();
    await origin.attempts[2]!.give(item("w"));
    await origin.calm();
    expect(all[0]!.data).toEqual(["1", "2", "3", "x", "y", "z", "w"]);
    expect(all[2]!.data).toEqual(["1", "2", "3", "x", "y", "z", "w"]);
  });

  test("one that missed a whole term does not make those ahead of it ask for themselves", async () => {
    const { origin, tabs, all } = await opened(4);
    await give(origin, item(1));
    tabs[2]!.deafen();
    await give(origin, item(2), item(3));
    for (const index of [0, 1]) {
      tabs[index]!.crash();
      await attempts(origin, index + 2);
      await answer(origin);
      if (index === 0) await give(origin, item(4));
    }
    tabs[2]!.forget();
    await tabs[2]!.hear();
    expect(origin.attempts.map(({ context }) => context.lastEventId)).toEqual(["", "3", "1"]);
    await give(origin, item(2), item(3), item(4), item(5));
    for (const { data } of all.slice(2)) expect(data).toEqual(["1", "2", "3", "4", "5"]);
    expect(origin.attempts.length).toBe(3);
  });

  test("again and again, nothing is lost or told twice", async () => {
    const { origin, tabs } = await opened(1);
    let leading = tabs[0]!;
    const log: number[] = [];
    let following = [] as ReturnType<typeof leading.follow>[];
    for (let round = 0; round < 20; round++) {
      const next = origin.openTab();
      const it = next.follow({ replay: 1e6 });
      await origin.calm();
      const { context } = origin.attempts.at(-1)!;
      expect(Number(context.lastEventId)).toBeLessThanOrEqual(log.length);
      for (let n = 0; n < 3; n++) {
        log.push(log.length + 1);
        await origin.attempts.at(-1)!.give(item(log.length));
      }
      leading.crash();
      await attempts(origin, round + 2);
      await answer(origin);
      const missing = log.slice(Number(origin.attempts.at(-1)!.context.lastEventId));
      await give(origin, ...missing.map((id) => item(id)));
      following = [it];
      leading = next;
      expect(it.data).toEqual(log.map(String));
    }
    expect(following.length).toBe(1);
  });

  test("what waits for a slow listener is neither lost nor told twice", async () => {
    const { origin, tabs, all } = await opened(2);
    const gate = deferred<void>();
    const slow: string[] = [];
    all[1]!.source.onEvent(async ({ data }) => {
      slow.push(String(data));
      if (data === "2") await gate.promise;
    });
    await give(origin, item(1), item(2), item(3), item("3", "without an ID"), item(4));
    expect(slow).toEqual(["1", "2"]);
    tabs[0]!.crash();
    await origin.calm();
    await answer(origin);
    await give(origin, item(5));
    gate.resolve();
    await origin.calm();
    expect(slow).toEqual(["1", "2", "3", "without an ID", "4", "5"]);
  });

  test.each(["is dropped", "is handed over"])(
    "a busy listener holds its next event, also when the connection %s",
    async (how) => {
      const { origin, tabs, all } = await opened(2, { retry: quick });
      const gate = deferred<void>();
      const log: string[] = [];
      all[1]!.source.onEvent(async ({ data }) => {
        log.push(`begin ${String(data)}`);
        if (data === "1") await gate.promise;
        log.push(`end ${String(data)}`);
      });
      await give(origin, item(1));
      if (how === "is handed over") tabs[0]!.crash();
      else all[0]!.source.reconnect();
      await attempts(origin, 2);
      await answer(origin);
      await give(origin, item(2));
      expect(log).toEqual(["begin 1"]);
      gate.resolve();
      await origin.calm();
      expect(log).toEqual(["begin 1", "end 1", "begin 2", "end 2"]);
      expect(all[1]!.source.status.state).toBe("open");
    },
  );

  test("a slow loop loses nothing of a connection that is lost, also without IDs, and hears of it in its turn", async () => {
    const { origin, all } = await opened(2, { retry: quick });
    const iterator = all[1]!.source[Symbol.asyncIterator]();
    const first = iterator.next();
    await give(origin, item("", "a"), item("", "b"), item("", "c"));
    for (let count = 2; count < 4; count++) {
      await origin.attempts.at(-1)!.fail(new TypeError("gone"));
      await attempts(origin, count);
      await answer(origin);
    }
    await give(origin, item("", "d"));
    expect([all[0]!.codes, all[1]!.codes]).toEqual([["network", "network"], []]);
    const got = [await first];
    for (let i = 0; i < 3; i++) got.push(await iterator.next());
    expect(got.map(({ value }) => value.data)).toEqual(["a", "b", "c", "d"]);
    await origin.calm();
    expect(all[1]!.codes).toEqual(["network"]);
    expect(all[1]!.states.at(-1)).toBe("open");
  });

  test("who hears of a failure late waits with the others, and can close then", async () => {
    const { origin, tabs, all } = await opened(1, { retry: { initialDelay: 60_000 } });
    const gates = [deferred<void>(), deferred<void>()];
    all.push(...gates.map(() => tabs[0]!.follow({ retry: { initialDelay: 60_000 } })));
    gates.forEach((gate, index) => all[index + 1]!.source.onEvent(() => gate.promise));
    all[2]!.source.onError(() => all[2]!.source.close());
    await give(origin, item(1));
    await origin.attempts[0]!.fail(new TypeError("gone"));
    all[0]!.source.open();
    await attempts(origin, 2);
    await origin.attempts[1]!.fail(new TypeError("gone"));
    await origin.calm();
    gates[0]!.resolve();
    await origin.calm();
    expect(all.map(({ source }) => source.status.state)).toEqual(["waiting", "waiting", "open"]);
    expect(origin.attempts.length).toBe(2);
    all[0]!.source.open();
    await attempts(origin, 3);
    gates[1]!.resolve();
    await origin.calm();
    expect(all.map(({ source }) => source.status.state)).toEqual(["connecting", "connecting", "closed"]);
    for (const { source } of all) source.close();
  });

  test("so does a loop", async () => {
    const { origin, tabs, all } = await opened(2);
    const iterator = all[1]!.source[Symbol.asyncIterator]();
    const first = iterator.next();
    await give(origin, item(1), item(2), item(3));
    tabs[0]!.crash();
    await origin.calm();
    await answer(origin);
    await give(origin, item(4));
    const got = [await first];
    for (let i = 0; i < 3; i++) got.push(await iterator.next());
    expect(got.map(({ value }) => value.data)).toEqual(["1", "2", "3", "4"]);
  });
});

describe("there is one connection at a time:", () => {
  test.each(["close", "pause", "hide"] as const)(
    "on %s the leader closes its own before it gives the lock away",
    async (how) => {
      const { origin, tabs, all } = await opened(2);
      if (how === "hide") tabs[0]!.hide();
      else all[0]!.source[how]();
      await attempts(origin, 2);
      expect(origin.openAtLeave).toEqual([0]);
    },
  );

  test("a leader whose lock is stolen closes, and waits for the lock like all others", async () => {
    const { origin, tabs, all } = await opened(2);
    await give(origin, item(1));
    tabs[0]!.rob();
    await attempts(origin, 2);
    expect(all.map(({ states }) => states.at(-1))).toEqual(["connecting 1", "connecting 1"]);
    expect(origin.attempts.map(({ context }) => context.signal.aborted)).toEqual([true, false]);
    await answer(origin);
    await give(origin, item(2));
    for (const { data, source } of all) {
      expect(data).toEqual(["1", "2"]);
      expect(source.status).toMatchObject({ state: "open", scope: "shared" });
    }
    expect([origin.attempts.length, origin.guests()]).toEqual([2, 2]);
  });

  test("who has another one says so, until it goes with the others", async () => {
    const { origin, all } = await opened(1, { lastEventId: "5" });
    const late = origin.openTab().follow({ lastEventId: "3" });
    const scopes: string[] = [];
    late.source.onStatus(({ state, scope }) => scopes.push(`${state} ${scope}`));
    await attempts(origin, 2);
    await answer(origin);
    await give(origin, item(4), item(5));
    expect(scopes).toEqual(["open tab", "connecting shared", "open shared"]);
    expect(all[0]!.states).toEqual(["connecting 1", "open"]);
  });
});

describe("the last words of a leader that are heard after the lock", () => {
  /** The second of three tabs has not heard of what the first one told last. */
  async function unheard(...items: StreamItem[]) {
    const tabs = await opened(3);
    await give(tabs.origin, item(1));
    for (const tab of tabs.tabs.slice(1)) tab.deafen();
    await give(tabs.origin, ...items);
    tabs.tabs[0]!.crash();
    await attempts(tabs.origin, 2);
    for (const tab of tabs.tabs.slice(1)) await tab.hear();
    return { ...tabs, data: () => tabs.all.slice(1).map(({ data }) => data) };
  }

  test("are told to all, also the events without an ID", async () => {
    const { origin, data } = await unheard(item("1", "a"), item("1", "b"));
    expect(origin.attempts[1]!.context.lastEventId).toBe("1");
    await answer(origin);
    await give(origin, item(2));
    expect(data()).toEqual([
      ["1", "a", "b", "2"],
      ["1", "a", "b", "2"],
    ]);
  });

  test("are told once, when the server says the same again", async () => {
    const { origin, data } = await unheard(item(2), item(3));
    await answer(origin);
    await give(origin, item(2), item(3), item(4));
    expect(data()).toEqual([
      ["1", "2", "3", "4"],
      ["1", "2", "3", "4"],
    ]);
  });

  test("are told before the end, when it was over", async () => {
    const { origin, tabs, all } = await opened(2, { retry: false });
    tabs[1]!.deafen();
    await origin.attempts[0]!.give(item(1), item(2));
    await origin.attempts[0]!.end();
    await attempts(origin, 2);
    await tabs[1]!.hear();
    expect(all.map(({ data, source }) => [...data, told(source.status)])).toEqual([
      ["1", "2", "closed server"],
      ["1", "2", "closed server"],
    ]);
    expect(origin.attempts[1]!.context.signal.aborted).toBe(true);
  });

  test("end the attempt of the next one, also while something waits there", async () => {
    const { origin, tabs, all } = await opened(2);
    const gate = deferred<void>();
    all[1]!.source.onEvent(() => gate.promise);
    await give(origin, item(1), item(2));
    tabs[1]!.deafen();
    await origin.attempts[0]!.fail(new EventSourceError("no-content", "The server answered 204"));
    await attempts(origin, 2);
    await tabs[1]!.hear();
    expect(origin.attempts[1]!.context.signal.aborted).toBe(true);
    gate.resolve();
    await origin.calm();
    expect([all[1]!.data, told(all[1]!.source.status)]).toEqual([["1", "2"], "closed server"]);
    expect([origin.attempts.length, origin.guests()]).toEqual([2, 0]);
  });

  test("end it for all, when it was over", async () => {
    const { origin, tabs, all } = await opened(3);
    tabs[1]!.deafen();
    await origin.attempts[0]!.fail(new EventSourceError("http-status", "The server answered 403"));
    await attempts(origin, 2);
    await tabs[1]!.hear();
    for (const { source } of all) expect(source.status).toMatchObject({ state: "closed", reason: "error" });
    expect(origin.attempts[1]!.context.signal.aborted).toBe(true);
    expect([origin.attempts.length, origin.guests()]).toEqual([2, 0]);
  });
});

test("a tab that finds that a message was lost asks for what it lacks", async () => {
  const { origin, tabs, all } = await opened(2);
  tabs[1]!.deafen();
  await give(origin, item("", "a"), item("", "b"));
  tabs[1]!.forget();
  await tabs[1]!.hear();
  await give(origin, item("", "c"));
  for (const { data } of all) expect(data).toEqual(["a", "b", "c"]);
});

describe("a page that is hidden and comes back", () => {
  test("is nobody's leader meanwhile, and gets what it missed", async () => {
    const { origin, tabs, all } = await opened(2);
    await give(origin, item(1));
    tabs[0]!.hide();
    await origin.calm();
    await answer(origin);
    await give(origin, item(2), item(3));
    tabs[0]!.show();
    tabs[0]!.show();
    await origin.calm();
    await give(origin, item(4));
    for (const { data } of all) expect(data).toEqual(["1", "2", "3", "4"]);
    expect(origin.attempts.length).toBe(2);
  });

  test("gets what it missed of a stream without IDs, too", async () => {
    const { origin, tabs, all } = await opened(2);
    await give(origin, item("", "a"));
    tabs[1]!.hide();
    await give(origin, item("", "b"), item("", "b"));
    tabs[1]!.show();
    await origin.calm();
    await give(origin, item("", "c"));
    for (const { data } of all) expect(data).toEqual(["a", "b", "b", "c"]);
  });

  test("leads again when nobody else is there, after the last event", async () => {
    const { origin, tabs, all } = await opened(1);
    await give(origin, item(1));
    tabs[0]!.hide();
    await origin.calm();
    expect([origin.guests(), origin.attempts[0]!.context.signal.aborted]).toEqual([0, true]);
    tabs[0]!.show();
    await attempts(origin, 2);
    expect(origin.attempts[1]!.context.lastEventId).toBe("1");
    await answer(origin);
    await give(origin, item(2));
    expect(all[0]!.data).toEqual(["1", "2"]);
  });

  test("after all who knew it have gone asks the server for what it missed", async () => {
    const { origin, tabs, all } = await opened(2);
    await give(origin, item(1));
    tabs[1]!.hide();
    all[0]!.source.close();
    await origin.calm();
    const other = origin.openTab().follow({ lastEventId: "7" });
    await attempts(origin, 2);
    await answer(origin);
    await give(origin, item(8));
    tabs[1]!.show();
    await attempts(origin, 3);
    expect(origin.attempts[2]!.context.lastEventId).toBe("1");
    await answer(origin);
    await give(origin, item(2), item(7), item(8));
    expect(all[1]!.data).toEqual(["1", "2", "7", "8"]);
    await origin.attempts[1]!.give(item(9));
    await origin.calm();
    expect([all[1]!.data.at(-1), other.data]).toEqual(["9", ["8", "9"]]);
  });
});

describe("what a client does", () => {
  test("closing the last one closes the connection and leaves nothing behind", async () => {
    const { origin, tabs, all } = await opened(2);
    const [first, second] = all.map(({ source }) => source);
    const third = tabs[0]!.create();
    first!.close();
    await origin.calm();
    expect(origin.attempts[0]!.context.signal.aborted).toBe(false);
    third.close();
    await origin.calm();
    expect(origin.attempts[0]!.context.signal.aborted).toBe(true);
    expect(origin.attempts.length).toBe(2);
    second!.close();
    await origin.calm();
    expect(origin.attempts[1]!.context.signal.aborted).toBe(true);
    expect([origin.guests(), ...tabs.flatMap((tab) => [tab.watchers(), tab.world.hubs.size])]).toEqual([
      0, 0, 0, 0, 0,
    ]);
    expect(await first!.closed).toMatchObject({ state: "closed", reason: "client", scope: "shared" });
  });

  test("one that is closed can be opened again, after its last event", async () => {
    const { origin, all } = await opened(2);
    await give(origin, item(1));
    all[1]!.source.close();
    await give(origin, item(2));
    all[1]!.source.open();
    await origin.calm();
    expect(all[1]!.data).toEqual(["1", "2"]);
    expect(origin.attempts.length).toBe(1);
  });

  test("pausing the leader hands the connection over", async () => {
    const { origin, all } = await opened(2);
    all[0]!.source.pause("asleep");
    await origin.calm();
    expect(all[0]!.source.status).toMatchObject({ state: "paused", reason: "asleep" });
    await answer(origin);
    await give(origin, item(1));
    all[0]!.source.open();
    await origin.calm();
    expect(all.map(({ source }) => source.status.state)).toEqual(["open", "open"]);
  });

  test("reconnect and check reach whoever has the connection", async () => {
    const { origin, all } = await opened(1);
    const checks: number[] = [];
    all.push(origin.openTab().follow());
    await origin.calm();
    all[1]!.source.reconnect();
    await attempts(origin, 2);
    await origin.attempts[1]!.answer({ checkLiveness: (within) => checks.push(within) });
    await origin.calm();
    all[1]!.source.checkLiveness(50);
    all[0]!.source.checkLiveness(60);
    await origin.calm();
    expect(checks).toEqual([60, 50]);
    expect(all[0]!.states).toEqual(["connecting 1", "open", "connecting 1", "open"]);
  });

  test("reconnect opens one that is closed", async () => {
    const { origin, all } = await opened(1);
    all[0]!.source.close();
    all[0]!.source.reconnect();
    await attempts(origin, 2);
    expect(all[0]!.source.status.state).toBe("connecting");
  });

  test("assigning lastEventId moves only the one that it is called on", async () => {
    const { origin, all } = await opened(2);
    await give(origin, item(1), item(2), item(3));
    all[1]!.source.lastEventId = "1";
    all[1]!.source.reconnect();
    await attempts(origin, 2);
    expect(origin.attempts[1]!.context.lastEventId).toBe("3");
    await answer(origin);
    await give(origin, item(4));
    expect(all.map(({ data }) => data)).toEqual([
      ["1", "2", "3", "4"],
      ["1", "2", "3", "2", "3", "4"],
    ]);
  });

  test("its signal closes it, and none is left on the signal", async () => {
    const controller = new AbortController();
    const { origin, all } = await opened(2, { signal: controller.signal });
    controller.abort();
    await origin.calm();
    expect(all.map(({ source }) => told(source.status))).toEqual(["closed client", "closed client"]);
    expect(origin.guests()).toBe(0);
  });

  test("open: false joins nothing", async () => {
    const origin = createOrigin();
    const source = origin.openTab().create({ open: false });
    await origin.calm();
    expect([origin.attempts.length, origin.guests(), source.status]).toEqual([
      0,
      0,
      { state: "idle", scope: "shared" },
    ]);
  });
});

describe("a slow tab", () => {
  test("holds nobody else up, and is told when too much waits for it", async () => {
    const { origin, tabs, all } = await opened(2);
    const slow = tabs[1]!.follow({ maxBuffer: 1000 });
    await origin.calm();
    const gate = deferred<void>();
    slow.source.onEvent(() => gate.promise);
    for (let id = 1; id <= 9; id++) await give(origin, item(id));
    expect(slow.source.status.state).toBe("open");
    for (let id = 10; id <= 20; id++) await give(origin, item(id));
    expect(slow.source.status).toMatchObject({
      state: "closed",
      reason: "error",
      error: { code: "event-too-large" },
    });
    expect(slow.data).toEqual(["1"]);
    for (const { data } of all) expect(data.length).toBe(20);
    gate.resolve();
    slow.source.open();
    await origin.calm();
    expect(slow.data.length).toBe(20);
  });
});

describe("when the connection is over", () => {
  test("a fatal error closes all with it, after what was sent before; nobody asks again", async () => {
    const { origin, all } = await opened(3);
    await origin.attempts[0]!.give(item(1));
    await origin.attempts[0]!.fail(new EventSourceError("event-too-large", "An event exceeds 5 characters"));
    await origin.calm();
    for (const { source, data, codes } of all) {
      expect(source.status).toMatchObject({
        state: "closed",
        reason: "error",
        error: { code: "event-too-large" },
      });
      expect([data, codes]).toEqual([["1"], ["event-too-large"]]);
    }
    expect([origin.attempts.length, origin.guests()]).toEqual([1, 0]);
  });

  test("204 closes all by the server, and so does an end that is not retried", async () => {
    const { origin, all } = await opened(2);
    await origin.attempts[0]!.fail(new EventSourceError("no-content", "The server answered 204"));
    await origin.calm();
    expect(all.map(({ source }) => told(source.status))).toEqual(["closed server", "closed server"]);
    const other = await opened(2, { retry: false });
    await other.origin.attempts[0]!.end();
    await other.origin.calm();
    expect(other.all.map(({ source }) => source.status)).toEqual([
      { state: "closed", reason: "server", scope: "shared" },
      { state: "closed", reason: "server", scope: "shared" },
    ]);
  });

  test("an end before that of endOn is premature", async () => {
    const { origin, all } = await opened(2, { endOn: "end", retry: quick });
    await origin.attempts[0]!.end();
    await attempts(origin, 2);
    expect(all.map(({ codes }) => codes)).toEqual([["premature-end"], ["premature-end"]]);
  });

  test("giving up is told to all", async () => {
    const { origin, all } = await opened(2, { retry: { ...quick, maxRetries: 1 } });
    await origin.attempts[0]!.fail(new TypeError("gone"));
    await attempts(origin, 2);
    await origin.attempts[1]!.fail(new TypeError("gone"));
    await origin.calm();
    for (const { source, codes } of all) {
      expect(codes).toEqual(["network", "retries-exhausted"]);
      expect(told(source.status)).toBe("closed error");
    }
  });

  test.each(["dropped", "handed over"])(
    "after it was %s, what waits for a slow listener is handed over before the client is told",
    async (how) => {
      const { origin, tabs, all } = await opened(2, { retry: quick });
      const gate = deferred<void>();
      const slow: string[] = [];
      all[1]!.source.onEvent(({ data }) => {
        slow.push(data);
        return gate.promise;
      });
      await give(origin, item(1), item(2), item(3));
      if (how === "dropped") await origin.attempts[0]!.fail(new TypeError("gone"));
      else tabs[0]!.crash();
      await attempts(origin, 2);
      await origin.attempts[1]!.fail(new EventSourceError("no-content", "The server answered 204"));
      await origin.calm();
      expect(slow).toEqual(["1"]);
      gate.resolve();
      await origin.calm();
      expect([slow, all[1]!.source.lastEventId]).toEqual([["1", "2", "3"], "3"]);
      expect(told(all[1]!.source.status)).toBe("closed server");
      expect(origin.attempts.length).toBe(2);
    },
  );

  /** The second of two tabs has a slow listener, for which two events wait, and the connection is over. */
  async function waiting() {
    const tabs = await opened(2);
    const gate = deferred<void>();
    const slow: string[] = [];
    tabs.all[1]!.source.onEvent(({ data }) => {
      slow.push(data);
      return gate.promise;
    });
    await give(tabs.origin, item(1), item(2), item(3));
    await tabs.origin.attempts[0]!.fail(new EventSourceError("event-too-large", "An event is too large"));
    await tabs.origin.calm();
    expect(tabs.all.map(({ source }) => source.status.state)).toEqual(["closed", "open"]);
    return { ...tabs, gate, slow };
  }

  test("the next one to lead asks for nothing while it hands over what waits", async () => {
    const { origin, all, gate, slow } = await waiting();
    expect([origin.attempts.length, origin.guests()]).toEqual([1, 1]);
    all[1]!.source.checkLiveness(5);
    gate.resolve();
    await origin.calm();
    expect(slow).toEqual(["1", "2", "3"]);
    expect(told(all[1]!.source.status)).toBe("closed error");
    expect([origin.attempts.length, origin.guests()]).toEqual([1, 0]);
  });

  test.each(["this tab", "another tab", "the tab that led"])(
    "a client in %s opens it again, for itself and not for one that has not handed over all",
    async (where) => {
      const { origin, tabs, all, gate, slow } = await waiting();
      const other =
        where === "the tab that led"
          ? all[0]!
          : (where === "this tab" ? tabs[1]! : origin.openTab()).follow({ lastEventId: "3" });
      other.source.open();
      await attempts(origin, 2);
      await answer(origin);
      await give(origin, item(4));
      expect([other.data.at(-1), other.source.status.state]).toEqual(["4", "open"]);
      gate.resolve();
      await origin.calm();
      expect(slow).toEqual(["1", "2", "3"]);
      expect(told(all[1]!.source.status)).toBe("closed error");
    },
  );

  test("a client that comes before somebody leads opens it again", async () => {
    const { origin, tabs, all } = await opened(3);
    const gate = deferred<void>();
    all[1]!.source.onEvent(() => gate.promise);
    await give(origin, item(1), item(2));
    const late: Followed[] = [];
    // The second tab has heard it before the third, and has not got the lock yet.
    all[2]!.source.onStatus(() => late.push(tabs[1]!.follow()));
    await origin.attempts[0]!.fail(new EventSourceError("event-too-large", "An event is too large"));
    await attempts(origin, 2);
    await answer(origin);
    await give(origin, item(3));
    expect(late.map(({ data, states }) => [...states, ...data])).toEqual([["connecting 1", "open", "3"]]);
    gate.resolve();
    await origin.calm();
    expect([all[1]!.data, told(all[1]!.source.status)]).toEqual([["1", "2"], "closed error"]);
  });

  test("a listener that opens it again makes one new attempt", async () => {
    const { origin, all } = await opened(2);
    for (const { source } of all)
      source.onStatus(({ state }) => {
        if (state === "closed") source.open();
      });
    await origin.attempts[0]!.fail(new EventSourceError("no-content", "The server answered 204"));
    await attempts(origin, 2);
    await answer(origin);
    await give(origin, item(1));
    for (const { data } of all) expect(data).toEqual(["1"]);
  });
});

describe("where the platform keeps tabs apart", () => {
  test.each(["none", "refused"] as const)(
    "(%s) there is one connection per tab, and the status says so",
    async (platform) => {
      const origin = createOrigin();
      const [first, second] = [origin.openTab(platform), origin.openTab(platform)];
      const all = [first.follow(), first.follow(), second.follow()];
      await origin.calm();
      expect(origin.attempts.length).toBe(2);
      for (const attempt of origin.attempts) await attempt.answer();
      await origin.calm();
      await origin.attempts[0]!.give(item(1));
      await origin.calm();
      expect(all.map(({ data }) => data)).toEqual([["1"], ["1"], []]);
      for (const { source } of all) expect(source.status).toMatchObject({ state: "open", scope: "tab" });
      for (const { source } of all) source.close();
      expect(all[0]!.source.status).toEqual({ state: "closed", reason: "client", scope: "tab" });
      expect(origin.attempts.map(({ context }) => context.signal.aborted)).toEqual([true, true]);
    },
  );

  test("a page that comes back and may meet the others then says so", async () => {
    const { origin, all } = await opened(1);
    const tab = origin.openTab("refused at first");
    const late = tab.follow();
    await attempts(origin, 2);
    await answer(origin);
    expect(late.source.status).toMatchObject({ state: "open", scope: "tab" });
    tab.hide();
    await origin.calm();
    tab.show();
    await origin.calm();
    await origin.attempts[0]!.give(item(1));
    await origin.calm();
    expect(late.data).toEqual(["1"]);
    expect(late.source.status).toMatchObject({ state: "open", scope: "shared" });
    expect(all[0]!.data).toEqual(["1"]);
  });
});
