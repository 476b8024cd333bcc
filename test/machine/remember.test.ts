import { describe, expect, it, vi } from "vitest";
import { rememberLastEventId, type IdStorage } from "../../src/resume.ts";
import { deferred } from "../helpers/deferred.ts";
import { settled } from "../helpers/fake-clock.ts";
import { item } from "../helpers/machine.ts";
import { opened, play } from "../helpers/play.ts";

/** A storage like `localStorage` that records what was written to it. */
function memory(stored?: string): IdStorage & { written: string[] } {
  const written: string[] = [];
  return {
    written,
    getItem: () => written.at(-1) ?? stored ?? null,
    setItem: (_key, value) => written.push(value),
  };
}

describe("rememberLastEventId", () => {
  it("opens an idle client after the stored ID", () => {
    const { source, attempts } = play();
    rememberLastEventId(source, { key: "k", storage: memory("41") });
    expect(attempts.map(({ context }) => context.lastEventId)).toEqual(["41"]);
  });

  it("opens an idle client from the beginning if nothing is stored", () => {
    const { source, attempts } = play();
    rememberLastEventId(source, { key: "k", storage: memory() });
    expect(attempts.map(({ context }) => context.lastEventId)).toEqual([""]);
  });

  it("prefers the ID of the client to the stored one", () => {
    const { source, attempts } = play({ lastEventId: "50" });
    rememberLastEventId(source, { key: "k", storage: memory("41") });
    expect(attempts.map(({ context }) => context.lastEventId)).toEqual(["50"]);
  });

  it("waits for an asynchronous storage", async () => {
    const answer = deferred<string>();
    const { source, attempts } = play();
    rememberLastEventId(source, { key: "k", storage: { ...memory(), getItem: () => answer.promise } });
    expect(source.status.state).toBe("idle");
    answer.resolve("41");
    await settled();
    expect(attempts[0]!.context.lastEventId).toBe("41");
  });

  it("reconnects a client that is already connecting", async () => {
    const { source, attempts } = play({ open: true });
    rememberLastEventId(source, { key: "k", storage: memory("41") });
    expect(attempts.at(-1)!.context.lastEventId).toBe("41");
    expect(attempts.map(({ context }) => context.signal.aborted)).toEqual([true, false]);
  });

  it("stores the ID of an event that was processed before an asynchronous storage has answered", async () => {
    const answer = deferred<string>();
    const storage = memory();
    const { source, attempts } = await opened();
    rememberLastEventId(source, { key: "k", storage: { ...storage, getItem: () => answer.promise } });
    await attempts[0]!.give(item("x", "100"));
    await settled();
    expect(storage.written).toEqual([]);
    answer.resolve("41");
    await settled();
    expect(storage.written).toEqual(["100"]);
    expect(attempts).toHaveLength(1);
  });

  it.each(["close", "pause"] as const)(
    "does not open a client that %s() stopped in the meantime",
    async (how) => {
      const answer = deferred<string>();
      const { source, attempts } = await opened();
      rememberLastEventId(source, { key: "k", storage: { ...memory(), getItem: () => answer.promise } });
      source[how]();
      answer.resolve("41");
      await settled();
      expect(attempts).toHaveLength(1);
      expect(source.lastEventId).toBe("41");
    },
  );

  it("stores an ID when its event was processed, not before", async () => {
    const storage = memory();
    const { source, attempts } = play();
    const gate = deferred();
    source.onEvent(() => gate.promise);
    rememberLastEventId(source, { key: "k", storage });
    await attempts[0]!.answer();
    await attempts[0]!.give(item("x", "1"));
    expect([source.lastEventId, storage.written]).toEqual(["1", []]);
    gate.resolve();
    await settled();
    expect(storage.written).toEqual(["1"]);
  });

  it("writes once for events that arrive together", async () => {
    const storage = memory();
    const { source, attempts } = play();
    rememberLastEventId(source, { key: "k", storage });
    await attempts[0]!.answer();
    await attempts[0]!.give(item("x", "1"), item("x", "2"), item("x", "3"));
    await attempts[0]!.give(item("x", "4"));
    expect(storage.written).toEqual(["3", "4"]);
  });

  it("writes one ID after the other to a slow storage, the newest last", async () => {
    const gates = [deferred(), deferred()];
    const written: string[] = [];
    const setItem = (_key: string, id: string) => gates[written.push(id) - 1]!.promise;
    const { source, attempts } = play();
    rememberLastEventId(source, { key: "k", storage: { ...memory(), setItem } });
    await attempts[0]!.answer();
    for (const id of ["1", "2", "3"]) await attempts[0]!.give(item("x", id));
    expect(written).toEqual(["1"]);
    gates[0]!.resolve();
    await settled();
    expect(written).toEqual(["1", "3"]);
    gates[1]!.resolve();
  });

  it("stores that the server cleared the ID", async () => {
    const storage = memory("9");
    const { source, attempts } = play();
    rememberLastEventId(source, { key: "k", storage });
    await attempts[0]!.answer();
    await attempts[0]!.give(item("x", ""));
    expect(storage.written).toEqual([""]);
  });

  it("continues without a storage that fails, and passes each failure to onError", async () => {
    const onError = vi.fn<(error: unknown) => void>();
    const broken = new Error("full");
    const { source, attempts } = play();
    const storage: IdStorage = {
      getItem() {
        throw broken;
      },
      setItem: () => Promise.reject(broken),
    };
    rememberLastEventId(source, { key: "k", storage, onError });
    await attempts[0]!.answer();
    await attempts[0]!.give(item("x", "1"));
    await attempts[0]!.give(item("x", "2"));
    expect(onError.mock.calls).toEqual([[broken], [broken], [broken]]);
    expect(source.status.state).toBe("open");
  });

  it("reports the error of an onError that throws, and continues to store IDs", async () => {
    const thrown: unknown[] = [];
    vi.stubGlobal("queueMicrotask", (callback: () => void) => {
      try {
        callback();
      } catch (error) {
        thrown.push(error);
      }
    });
    const written: string[] = [];
    const { source, attempts } = play();
    const storage: IdStorage = {
      getItem: () => Promise.reject(new Error("locked")),
      setItem(_key, id) {
        if (id === "1") throw new Error("full");
        written.push(id);
      },
    };
    const onError = (error: unknown) => {
      throw error;
    };
    rememberLastEventId(source, { key: "k", storage, onError });
    await settled();
    await attempts[0]!.answer();
    await attempts[0]!.give(item("x", "1"));
    await attempts[0]!.give(item("x", "2"));
    expect(thrown).toMatchObject([{ message: "locked" }, { message: "full" }]);
    expect(written).toEqual(["2"]);
    vi.unstubAllGlobals();
  });

  it("throws what open() of the client throws, and listens only once", () => {
    const { source } = play();
    let listeners = 0;
    const broken = {
      ...source,
      status: source.status,
      lastEventId: "",
      open() {
        throw new Error("no URL");
      },
      onCheckpoint: () => (listeners++, () => {}),
    };
    expect(() => rememberLastEventId(broken, { key: "k", storage: memory() })).toThrow("no URL");
    expect(listeners).toBe(1);
  });

  it("uses localStorage, and continues without it where it is missing", async () => {
    const { source } = play();
    const storage = memory("3");
    vi.stubGlobal("localStorage", storage);
    rememberLastEventId(source, { key: "k" });
    expect(source.lastEventId).toBe("3");
    vi.stubGlobal("localStorage", undefined);
    const other = play();
    const onError = vi.fn<(error: unknown) => void>();
    rememberLastEventId(other.source, { key: "k", onError });
    expect(other.source.status.state).toBe("connecting");
    expect(onError).toHaveBeenCalledTimes(1);
    vi.unstubAllGlobals();
  });

  it("writes nothing after it was stopped, also before the storage has answered", async () => {
    const storage = memory();
    const { source, attempts } = play();
    const end = rememberLastEventId(source, { key: "k", storage });
    await attempts[0]!.answer();
    end();
    await attempts[0]!.give(item("x", "1"));
    expect(storage.written).toEqual([]);

    const answer = deferred<string>();
    const other = play();
    rememberLastEventId(other.source, { key: "k", storage: { ...storage, getItem: () => answer.promise } })();
    answer.resolve("1");
    await settled();
    expect(other.source.status.state).toBe("idle");
  });
});
