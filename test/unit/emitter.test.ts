import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { createChannel, emit, listen, report } from "../../src/core/listeners.ts";
import { deferred } from "../helpers/deferred.ts";
import { settled } from "../helpers/fake-clock.ts";
import { abortListeners } from "../helpers/machine.ts";

const reported = vi.fn<(error: unknown) => void>();
beforeEach(() => void vi.stubGlobal("reportError", reported));
afterEach(() => {
  vi.unstubAllGlobals();
  reported.mockReset();
});

describe("a channel", () => {
  test("calls its listeners in the order in which they came, with the value", () => {
    const channel = createChannel<number>();
    const calls: string[] = [];
    listen(channel, (value) => calls.push(`a${value}`));
    listen(channel, (value) => calls.push(`b${value}`));
    expect(emit(channel, 1)).toBeUndefined();
    void emit(channel, 2);
    expect(calls).toEqual(["a1", "b1", "a2", "b2"]);
  });

  test("counts its listeners, and an undo may be called twice", () => {
    const channel = createChannel<number>();
    const undo = listen(channel, () => {});
    listen(channel, () => {});
    expect(channel.listeners.length).toBe(2);
    undo();
    undo();
    expect(channel.listeners.length).toBe(1);
  });

  test("an undo that was called takes away nobody who added the same function since", () => {
    const channel = createChannel<number>();
    const listener = vi.fn<() => void>();
    const undo = listen(channel, listener);
    undo();
    listen(channel, listener);
    undo();
    void emit(channel, 1);
    expect(listener).toHaveBeenCalledTimes(1);
  });

  test("keeps the same function added twice as two listeners with two undos", () => {
    const channel = createChannel<number>();
    const listener = vi.fn<() => void>();
    const undo = listen(channel, listener);
    listen(channel, listener);
    undo();
    void emit(channel, 1);
    expect(listener).toHaveBeenCalledTimes(1);
  });

  test("calls a listener with once a single time, even when it emits again by itself", () => {
    const channel = createChannel<number>();
    const calls: number[] = [];
    listen(
      channel,
      (value) => {
        calls.push(value);
        void emit(channel, value + 1);
      },
      { once: true },
    );
    void emit(channel, 1);
    void emit(channel, 5);
    expect(calls).toEqual([1]);
    expect(channel.listeners.length).toBe(0);
  });

  test("does not call a listener that another one has just removed", () => {
    const channel = createChannel<number>();
    const second = vi.fn<() => void>();
    listen(channel, () => undo());
    const undo = listen(channel, second);
    const third = vi.fn<() => void>();
    listen(channel, third);
    void emit(channel, 1);
    expect(second).not.toHaveBeenCalled();
    expect(third).toHaveBeenCalledTimes(1);
  });

  test("does not call a listener added during an emit before the next one", () => {
    const channel = createChannel<number>();
    const added = vi.fn<() => void>();
    listen(channel, () => void listen(channel, added), { once: true });
    void emit(channel, 1);
    expect(added).not.toHaveBeenCalled();
    void emit(channel, 2);
    expect(added).toHaveBeenCalledTimes(1);
  });

  test("lets a listener remove itself without losing the next one", () => {
    const channel = createChannel<number>();
    const undo: () => void = listen(channel, () => undo());
    const next = vi.fn<() => void>();
    listen(channel, next);
    void emit(channel, 1);
    expect(next).toHaveBeenCalledTimes(1);
  });
});

describe("a listener with a signal", () => {
  test("is removed when the signal aborts", () => {
    const channel = createChannel<number>();
    const controller = new AbortController();
    const listener = vi.fn<() => void>();
    listen(channel, listener, { signal: controller.signal });
    controller.abort();
    void emit(channel, 1);
    expect(listener).not.toHaveBeenCalled();
    expect([channel.listeners.length, abortListeners(controller.signal)]).toEqual([0, 0]);
  });

  test("is not added when the signal is aborted already", () => {
    const channel = createChannel<number>();
    listen(channel, () => {}, { signal: AbortSignal.abort() })();
    expect(channel.listeners.length).toBe(0);
  });

  test.each(["undo", "once", "abort during an emit"])("leaves no abort listener behind after %s", (how) => {
    const channel = createChannel<number>();
    const controller = new AbortController();
    const { signal } = controller;
    const before = abortListeners(signal);
    const undo = listen(channel, () => how === "abort during an emit" && controller.abort(), {
      signal,
      once: how === "once",
    });
    expect(abortListeners(signal)).toBe(before + 1);
    if (how === "undo") undo();
    else void emit(channel, 1);
    expect(abortListeners(signal)).toBe(before);
  });

  test("ten thousand of them on one signal leave it as it was", () => {
    const channel = createChannel<number>();
    const { signal } = new AbortController();
    for (let n = 0; n < 10_000; n++) listen(channel, () => {}, { signal })();
    expect([channel.listeners.length, abortListeners(signal)]).toEqual([0, 0]);
  });
});

describe("a listener that fails", () => {
  test("is reported, and the others still run", () => {
    const channel = createChannel<number>();
    const error = new Error("listener");
    const other = vi.fn<() => void>();
    listen(channel, () => {
      throw error;
    });
    listen(channel, other);
    expect(emit(channel, 1)).toBeUndefined();
    expect(other).toHaveBeenCalledTimes(1);
    expect(reported.mock.calls).toEqual([[error]]);
  });

  test("with a promise is reported too, each of them", async () => {
    const channel = createChannel<number>();
    listen(channel, () => Promise.reject(new Error("one")));
    listen(channel, () => Promise.reject(new Error("two")));
    await emit(channel, 1);
    await settled();
    const messages = reported.mock.calls.map(([error]) => (error as Error).message);
    expect(messages.toSorted()).toEqual(["one", "two"]);
  });

  test("goes to a microtask where the runtime has no reportError", () => {
    const tasks: (() => void)[] = [];
    vi.unstubAllGlobals();
    Reflect.deleteProperty(globalThis, "reportError");
    vi.stubGlobal("queueMicrotask", (task: () => void) => tasks.push(task));
    const error = new Error("listener");
    report(error);
    expect(tasks).toHaveLength(1);
    expect(tasks[0]).toThrow(error);
  });

  test.each([
    ["is there but undefined, as after a test that put it back", undefined],
    [
      "fails itself",
      () => {
        throw new Error("window.onerror");
      },
    ],
  ])("goes to a microtask where reportError %s, and the other listeners still run", (_, replaced) => {
    const tasks: (() => void)[] = [];
    vi.stubGlobal("reportError", replaced);
    vi.stubGlobal("queueMicrotask", (task: () => void) => tasks.push(task));
    const error = new Error("listener");
    const other = vi.fn<(value: number) => void>();
    const channel = createChannel<number>();
    listen(channel, () => {
      throw error;
    });
    listen(channel, other);
    expect(emit(channel, 1)).toBeUndefined();
    expect(other).toHaveBeenCalledExactlyOnceWith(1);
    expect(tasks).toHaveLength(1);
    expect(tasks[0]).toThrow(error);
  });
});

describe("the promise of an emit", () => {
  /** Whether a promise has settled by now. */
  async function isSettled(promise: PromiseLike<unknown> | undefined): Promise<boolean> {
    let done = false;
    void promise?.then(() => (done = true));
    await settled();
    return done;
  }

  test("waits for every promise of its listeners", async () => {
    const channel = createChannel<number>();
    const [first, second] = [deferred(), deferred()];
    listen(channel, () => first.promise);
    listen(channel, () => "not a promise");
    listen(channel, () => second.promise);
    const hold = emit(channel, 1);
    second.resolve();
    expect(await isSettled(hold)).toBe(false);
    first.resolve();
    expect(await isSettled(hold)).toBe(true);
  });

  test.each(["before", "after"])("still waits for a slow listener when one %s it rejects", async (where) => {
    const channel = createChannel<number>();
    const slow = deferred();
    const fails = () => Promise.reject(new Error("fails"));
    if (where === "before") listen(channel, fails);
    listen(channel, () => slow.promise);
    if (where === "after") listen(channel, fails);
    const hold = emit(channel, 1);
    expect(await isSettled(hold)).toBe(false);
    slow.resolve();
    expect(await isSettled(hold)).toBe(true);
    expect(reported).toHaveBeenCalledTimes(1);
  });

  test("resolves when a listener rejects, since a listener never fails the connection", async () => {
    const channel = createChannel<number>();
    listen(channel, () => Promise.reject(new Error("fails")));
    await emit(channel, 1);
    expect(reported).toHaveBeenCalledTimes(1);
  });
});
