import { describe, expect, it } from "vitest";
import { createDelivery } from "../../src/stream/delivery.ts";
import { createFeed } from "../../src/stream/iterate.ts";
import { deferred } from "../helpers/deferred.ts";
import { settled } from "../helpers/fake-clock.ts";

/** A delivery of numbers whose consumer returns what `holds` has for each. */
async function delivery(holds: Record<number, PromiseLike<unknown>> = {}) {
  const consumed: number[] = [];
  let processed = 0;
  const it = createDelivery<number>(
    (item) => {
      consumed.push(item);
      return holds[item];
    },
    () => processed++,
  );
  const deliver = it.begin();
  await settled();
  processed = 0;
  return { ...it, deliver, consumed, processed: () => processed };
}

describe("A delivery", () => {
  it("consumes items at once while the consumer is not busy", async () => {
    const { deliver, consumed, processed } = await delivery();
    expect([deliver(1), deliver(2)]).toEqual([undefined, undefined]);
    expect([consumed, processed()]).toEqual([[1, 2], 2]);
  });

  it("keeps items while the consumer is busy, and resolves when none waits any more", async () => {
    const gate = deferred();
    const { deliver, consumed, processed } = await delivery({ 1: gate.promise });
    const drained = deliver(1);
    expect([drained, deliver(2), deliver(3)]).toEqual([drained, drained, drained]);
    await settled();
    expect([consumed, processed()]).toEqual([[1], 0]);
    gate.resolve();
    await drained;
    expect([consumed, processed()]).toEqual([[1, 2, 3], 3]);
  });

  it("holds the first item of the next attempt while the consumer is busy with one of the last", async () => {
    const gate = deferred();
    const { deliver, begin, end, consumed } = await delivery({ 1: gate.promise });
    void deliver(1);
    void deliver(2);
    end();
    const next = begin();
    void next(3);
    void deliver(4);
    await settled();
    expect(consumed).toEqual([1]);
    gate.resolve();
    await settled();
    expect(consumed).toEqual([1, 3]);
  });

  it("release() lets the next item pass, which counts as processed only with the one before", async () => {
    const gate = deferred();
    const { deliver, release, end, begin, consumed, processed } = await delivery({ 1: gate.promise });
    void deliver(1);
    release();
    end();
    const next = begin();
    void next(2);
    await settled();
    expect([consumed, processed()]).toEqual([[1, 2], 0]);
    gate.resolve();
    await settled();
    expect(processed()).toBe(1);
  });

  it("lets the first item of an attempt wait a microtask, for listeners that are added right after", async () => {
    const consumed: number[] = [];
    const { begin } = createDelivery<number>((item) => void consumed.push(item));
    void begin()(1);
    expect(consumed).toEqual([]);
    await settled();
    expect(consumed).toEqual([1]);
  });

  it("keeps the order of items that the consumer itself delivers", async () => {
    const consumed: number[] = [];
    const { begin } = createDelivery<number>((item) => {
      consumed.push(item);
      if (item === 1) void deliver(2);
      consumed.push(-item);
      return undefined;
    });
    const deliver = begin();
    await settled();
    void deliver(1);
    expect(consumed).toEqual([1, -1, 2, -2]);
  });

  it("takes 100,000 items of a transport that does not wait, in order", async () => {
    const gate = deferred();
    const { deliver, consumed } = await delivery({ 0: gate.promise });
    const items = Array.from({ length: 100_000 }, (_, i) => i);
    for (const item of items) void deliver(item);
    gate.resolve();
    await settled();
    expect(consumed).toEqual(items);
  });
});

describe("A feed", () => {
  it("gives an event to the call that waits, and holds until the next call", async () => {
    const { iterator, give } = createFeed<string>(() => {});
    const first = iterator.next();
    let isFree = false;
    void give("a")!.then(() => (isFree = true));
    expect(await first).toEqual({ done: false, value: "a" });
    await settled();
    expect(isFree).toBe(false);
    void iterator.next();
    expect(isFree).toBe(true);
  });

  it("keeps events that come before the loop asks, also after it was released", async () => {
    const { iterator, give } = createFeed<string>(() => {});
    void give("a");
    void give("b");
    expect([await iterator.next(), await iterator.next()].map(({ value }) => value as string)).toEqual([
      "a",
      "b",
    ]);
  });

  it("gives what it has before it throws the failure once, and is over then", async () => {
    const { iterator, give, end } = createFeed<string>(() => {});
    void give("a");
    end({ error: "failed" });
    expect(await iterator.next()).toEqual({ done: false, value: "a" });
    await expect(iterator.next()).rejects.toBe("failed");
    expect(await iterator.next()).toEqual({ done: true, value: undefined });
  });

  it("throws a failure that is undefined", async () => {
    const { iterator, end } = createFeed<string>(() => {});
    const waiting = iterator.next();
    end({ error: undefined });
    await expect(waiting).rejects.toBe(undefined);
  });

  it("is released when the loop leaves, which is reported once before the end", async () => {
    let returns = 0;
    const { iterator, give, end } = createFeed<string>(() => returns++);
    let isFree = false;
    void give("a")!.then(() => (isFree = true));
    await iterator.return!();
    expect([returns, isFree]).toEqual([1, true]);
    end();
    await iterator.return!();
    expect(returns).toBe(1);
    expect(await iterator.next()).toEqual({ done: true, value: undefined });
  });

  it("does not hold while another call waits", () => {
    const { iterator, give } = createFeed<string>(() => {});
    void iterator.next();
    void iterator.next();
    expect(give("a")).toBeUndefined();
    expect(give("b")).toBeDefined();
  });
});
