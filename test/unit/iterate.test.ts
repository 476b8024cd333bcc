import { describe, expect, test, vi } from "vitest";
import { createFeed, createPump, type Feed, type Pump } from "../../src/stream/iterate.ts";
import { deferred } from "../helpers/deferred.ts";
import { settled } from "../helpers/fake-clock.ts";

/** Whether a promise has settled by now. */
async function isSettled(promise: PromiseLike<unknown> | undefined): Promise<boolean> {
  let done = false;
  promise?.then(
    () => (done = true),
    () => (done = true),
  );
  await settled();
  return done;
}

/** Pushes items that arrived together. */
function pushAll<Item>(pump: Pump<Item>, items: readonly Item[]): Promise<void> | undefined {
  let hold: Promise<void> | undefined;
  for (const item of items) hold = pump.push(item) ?? hold;
  return hold;
}

describe("a pump", () => {
  test("hands items over at once and in order while nobody holds", () => {
    const handled: number[] = [];
    const pump = createPump<number>((item) => void handled.push(item));
    expect(pushAll(pump, [1, 2, 3])).toBeUndefined();
    expect(pushAll(pump, [])).toBeUndefined();
    expect(pushAll(pump, [4])).toBeUndefined();
    expect(handled).toEqual([1, 2, 3, 4]);
  });

  test("hands the next item over only when the promise of the last one has settled", async () => {
    const gates = [1, 2, 3].map(() => deferred());
    const handled: number[] = [];
    const pump = createPump<number>((item) => {
      handled.push(item);
      return gates[item]!.promise;
    });
    const pushed = pushAll(pump, [0, 1, 2]);
    expect(handled).toEqual([0]);
    gates[0]!.resolve();
    await settled();
    expect(handled).toEqual([0, 1]);
    gates[1]!.reject(new Error("settled is settled"));
    await settled();
    expect(handled).toEqual([0, 1, 2]);
    expect(await isSettled(pushed)).toBe(false);
    gates[2]!.resolve();
    expect(await isSettled(pushed)).toBe(true);
  });

  test("hands nothing over while somebody holds, and lets the reader wait", async () => {
    const handled: number[] = [];
    const pump = createPump<number>((item) => void handled.push(item));
    pump.hold(1);
    pump.hold(1);
    const pushed = pushAll(pump, [1, 2]);
    pump.hold(-1);
    expect(handled).toEqual([]);
    expect(await isSettled(pushed)).toBe(false);
    pump.hold(-1);
    expect(handled).toEqual([1, 2]);
    expect(await isSettled(pushed)).toBe(true);
  });

  test("stops after the item during which somebody began to hold", async () => {
    const handled: number[] = [];
    const pump: Pump<number> = createPump((item) => {
      handled.push(item);
      pump.hold(1);
      return undefined;
    });
    const pushed = pushAll(pump, [1, 2]);
    expect(handled).toEqual([1]);
    pump.hold(-1);
    expect(handled).toEqual([1, 2]);
    expect(await isSettled(pushed)).toBe(true);
  });

  test.each(["held by a listener", "held by an iterator", "while an item is handled"])(
    "drops what is left when it is cleared, %s, and lets the reader go",
    async (when) => {
      const handled: number[] = [];
      const gate = deferred();
      const pump: Pump<number> = createPump((item) => {
        handled.push(item);
        if (when === "while an item is handled") pump.clear();
        return when === "held by a listener" ? gate.promise : undefined;
      });
      if (when !== "held by a listener") pump.hold(1);
      const pushed = pushAll(pump, [1, 2, 3]);
      if (when === "while an item is handled") pump.hold(-1);
      else pump.clear();
      expect(await isSettled(pushed)).toBe(true);
      gate.resolve();
      await settled();
      if (when === "held by an iterator") pump.hold(-1);
      expect(handled).toEqual(when === "held by an iterator" ? [] : [1]);
    },
  );

  test("lets a listener that is busy hold back what comes after dropped items: it sees one at a time", async () => {
    const handled: string[] = [];
    const gate = deferred();
    const pump = createPump<string>((item) => {
      handled.push(item);
      return item === "old" ? gate.promise : undefined;
    });
    void pushAll(pump, ["old", "dropped"]);
    pump.clear();
    const pushed = pushAll(pump, ["new"]);
    expect(handled).toEqual(["old"]);
    gate.resolve();
    await pushed;
    expect(handled).toEqual(["old", "new"]);
  });

  test("does not wait for ever when a listener puts other items in place of those that are being pushed", async () => {
    const handled: string[] = [];
    let inner: Promise<void> | undefined;
    const gate = deferred();
    const pump: Pump<string> = createPump((item) => {
      handled.push(item);
      if (item === "old") {
        pump.clear();
        inner = pushAll(pump, ["new"]);
      }
      return item === "new" ? gate.promise : undefined;
    });
    pump.hold(1);
    const outer = pushAll(pump, ["old", "dropped"]);
    pump.hold(-1);
    expect(await isSettled(outer)).toBe(true);
    gate.resolve();
    expect(await isSettled(inner)).toBe(true);
    expect(handled).toEqual(["old", "new"]);
  });

  test("is not done with an item while it is handled, whoever begins to hold and lets go meanwhile", async () => {
    const log: string[] = [];
    const gate = deferred();
    const pump: Pump<number> = createPump(
      (item) => {
        pump.hold(1, 0);
        pump.hold(-1, 0);
        log.push(`handled ${item}`);
        return gate.promise;
      },
      () => log.push("done"),
    );
    pump.hold(1);
    const pushed = pushAll(pump, [1]);
    pump.hold(-1);
    expect(await isSettled(pushed)).toBe(false);
    expect(log.slice(log.indexOf("handled 1"))).toEqual(["handled 1"]);
    gate.resolve();
    expect(await isSettled(pushed)).toBe(true);
    expect(log.at(-1)).toBe("done");
  });

  test("keeps the order of what is pushed where it is done", () => {
    const handled: string[] = [];
    let isTold = false;
    const pump: Pump<string> = createPump(
      (item) => void handled.push(item),
      () => {
        if (handled.length !== 1 || isTold) return;
        isTold = true;
        void pump.push("C");
      },
    );
    pump.hold(1);
    void pushAll(pump, ["A", "B"]);
    pump.hold(-1);
    expect(handled).toEqual(["A", "B", "C"]);
  });

  test("keeps nothing of what was handed over while it never runs dry", async () => {
    const handled: WeakRef<object>[] = [];
    const pump: Pump<object> = createPump((item) => {
      handled.push(new WeakRef(item));
      pump.hold(1);
      return undefined;
    });
    pump.hold(1);
    for (let n = 0; n < 5000; n++) {
      void pump.push({ n });
      if (n > 1) pump.hold(-1);
    }
    // A weak reference that was made or read holds until the end of the task.
    await new Promise((resolve) => setImmediate(resolve));
    globalThis.gc!();
    expect(handled).toHaveLength(4998);
    expect(handled.filter((item) => item.deref()).length).toBeLessThan(1100);
  });

  test("does not let a listener that was let go hold back those of the next connection", async () => {
    const handled: string[] = [];
    const gate = deferred();
    const pump = createPump<string>((item) => {
      handled.push(item);
      return item === "old" ? gate.promise : undefined;
    });
    void pushAll(pump, ["old", "dropped"]);
    pump.clear(true);
    expect(pushAll(pump, ["new"])).toBeUndefined();
    gate.resolve();
    await settled();
    expect(handled).toEqual(["old", "new"]);
  });

  test("hands items over one after the other, even when one is pushed or released while another is handled", () => {
    const log: string[] = [];
    const pump: Pump<number> = createPump((item) => {
      log.push(`begin ${item}`);
      pump.hold(1);
      pump.hold(-1);
      log.push(`end ${item}`);
      return undefined;
    });
    void pushAll(pump, [1, 2]);
    expect(log).toEqual(["begin 1", "end 1", "begin 2", "end 2"]);
  });

  test("keeps no stack of a hundred thousand items", () => {
    let count = 0;
    const pump = createPump<number>(() => void count++);
    void pushAll(
      pump,
      Array.from({ length: 100_000 }, (_, n) => n),
    );
    expect(count).toBe(100_000);
  });
});

describe("a feed", () => {
  /** A pump with feeds: every feed gets every item. */
  function fountain(feedCount = 1) {
    const feeds: Feed<number>[] = [];
    const pump = createPump<number>((item) => {
      for (const feed of feeds) feed.give(item);
      return undefined;
    });
    const onReturn = vi.fn<() => void>(() => {
      for (const feed of feeds.splice(0)) feed.end();
    });
    for (let n = 0; n < feedCount; n++) feeds.push(createFeed(pump.hold, onReturn));
    return { pump, feeds, onReturn, iterators: feeds.map(({ iterator }) => iterator) };
  }
  const value = (n: number) => ({ done: false, value: n });
  const done = { done: true, value: undefined };

  test("gives one item per call, and lets the reader wait for the calls", async () => {
    const { pump, iterators } = fountain();
    const pushed = pushAll(pump, [1, 2]);
    expect(await isSettled(pushed)).toBe(false);
    expect(await iterators[0]!.next()).toEqual(value(1));
    expect(await isSettled(pushed)).toBe(false);
    expect(await iterators[0]!.next()).toEqual(value(2));
    expect(await isSettled(pushed)).toBe(true);
  });

  test("answers calls that came before the items, in order", async () => {
    const { pump, iterators } = fountain();
    const calls = Promise.all([iterators[0]!.next(), iterators[0]!.next(), iterators[0]!.next()]);
    expect(pushAll(pump, [1, 2])).toBeUndefined();
    const pushed = pushAll(pump, [3, 4]);
    expect(await calls).toEqual([value(1), value(2), value(3)]);
    expect(await isSettled(pushed)).toBe(false);
    expect(await iterators[0]!.next()).toEqual(value(4));
    expect(await isSettled(pushed)).toBe(true);
  });

  test("gives every iterator every item: the slowest one sets the pace", async () => {
    const { pump, iterators } = fountain(2);
    const [fast, slow] = iterators as [(typeof iterators)[0], (typeof iterators)[0]];
    const pushed = pushAll(pump, [1, 2]);
    const first = fast.next();
    expect(await isSettled(first)).toBe(false);
    expect(await slow.next()).toEqual(value(1));
    expect(await first).toEqual(value(1));
    const second = slow.next();
    expect(await isSettled(second)).toBe(false);
    expect(await fast.next()).toEqual(value(2));
    expect(await second).toEqual(value(2));
    expect(await isSettled(pushed)).toBe(true);
  });

  test("ends the calls that wait when the iterator is returned, and stays ended", async () => {
    const { iterators, onReturn } = fountain();
    const waiting = [iterators[0]!.next(), iterators[0]!.next()];
    expect(await iterators[0]!.return!()).toEqual(done);
    expect(await Promise.all(waiting)).toEqual([done, done]);
    expect(await iterators[0]!.next()).toEqual(done);
    expect(await iterators[0]!.return!()).toEqual(done);
    expect(onReturn).toHaveBeenCalledTimes(1);
  });

  test.each([0, 1, 3])(
    "tells an error to the first that asks, then it is done (%i calls waiting)",
    async (count) => {
      const { feeds, iterators } = fountain();
      const waiting = Array.from({ length: count }, () => iterators[0]!.next());
      const error = new Error("fatal");
      feeds[0]!.end(error);
      const all = await Promise.allSettled([...waiting, iterators[0]!.next(), iterators[0]!.next()]);
      expect(all[0]).toEqual({ status: "rejected", reason: error });
      expect(all.slice(1)).toEqual(all.slice(1).map(() => ({ status: "fulfilled", value: done })));
    },
  );

  test.each([0, 1, 2])("that has ended holds nothing back (%i calls waiting)", async (count) => {
    const handled: number[] = [];
    const pump = createPump<number>((item) => void handled.push(item));
    const feed = createFeed<number>(pump.hold, () => {});
    const waiting = Array.from({ length: count }, () => feed.iterator.next());
    feed.end();
    expect(await Promise.all(waiting)).toEqual(waiting.map(() => done));
    expect(pushAll(pump, [1, 2])).toBeUndefined();
    expect(handled).toEqual([1, 2]);
    pump.hold(1);
    expect(pushAll(pump, [3])).toBeDefined();
    pump.hold(-1);
    expect(handled).toEqual([1, 2, 3]);
  });

  test.each(["before", "after"])(
    "answers a call from within another call, made by a listener that hears the item %s the feed",
    async (order) => {
      const nested: Promise<IteratorResult<number>>[] = [];
      const listener = (item: number) => void (item === 1 && nested.push(feed.iterator.next()));
      const pump = createPump<number>((item) => {
        if (order === "before") listener(item);
        feed.give(item);
        if (order === "after") listener(item);
        return undefined;
      });
      const feed = createFeed<number>(pump.hold, () => {});
      const pushed = pushAll(pump, [1, 2, 3]);
      const outer = feed.iterator.next();
      expect(await Promise.all([...nested, outer])).toEqual([value(1), value(2)]);
      expect(await isSettled(pushed)).toBe(false);
      expect(await feed.iterator.next()).toEqual(value(3));
      expect(await isSettled(pushed)).toBe(true);
    },
  );

  test("works in a loop, and leaving the loop returns it", async () => {
    const { pump, iterators, onReturn } = fountain();
    void pushAll(pump, [1, 2, 3, 4]);
    const seen: number[] = [];
    for await (const item of iterators[0]!) if (seen.push(item) === 3) break;
    expect(seen).toEqual([1, 2, 3]);
    expect(onReturn).toHaveBeenCalledTimes(1);
  });
});
