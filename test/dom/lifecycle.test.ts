import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { EventSourceError } from "../../src/core/errors.ts";
import { followPage, type FollowPageOptions } from "../../src/lifecycle.ts";
import { item } from "../helpers/machine.ts";
import { opened, type Play } from "../helpers/play.ts";

const network = () => new EventSourceError("network", "reset");
const busy = () =>
  new EventSourceError("http-status", "The server answered 503", {
    status: 503,
    headers: new Headers({ "retry-after": "9" }),
  });

let visibility: DocumentVisibilityState;
let undo: () => void;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "setInterval", "clearInterval", "Date"] });
  visibility = "visible";
  vi.spyOn(document, "hidden", "get").mockImplementation(() => visibility === "hidden");
});
afterEach(() => {
  undo();
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
  vi.restoreAllMocks();
});

/** An open client that follows the page, with what its transport was asked to check. */
async function following(options?: FollowPageOptions): Promise<Play & { checked: number[] }> {
  const checked: number[] = [];
  const it = await opened({}, { checkLiveness: (within) => checked.push(within) });
  undo = followPage(it.source, options);
  it.statuses.length = 0;
  return { ...it, checked };
}

const become = (next: DocumentVisibilityState): void => {
  visibility = next;
  document.dispatchEvent(new Event("visibilitychange"));
};
const pageshow = (persisted: boolean): void =>
  void window.dispatchEvent(Object.assign(new Event("pageshow"), { persisted }));
const pagehide = (): void => void window.dispatchEvent(new Event("pagehide"));

const returns: [name: string, leave: () => void, back: () => void][] = [
  ["hidden", () => become("hidden"), () => become("visible")],
  ["offline", () => {}, () => void globalThis.dispatchEvent(new Event("online"))],
  ["sleep", () => vi.setSystemTime(Date.now() + 60_000), () => void vi.advanceTimersByTime(5000)],
];

describe.each(returns)("back from %s", (_name, leave, back) => {
  test("an open connection is checked for life, and stays", async () => {
    const { source, statuses, checked, attempts } = await following();
    leave();
    back();
    expect(checked).toEqual([5000]);
    expect(source.status.state).toBe("open");
    expect([statuses, attempts.length]).toEqual([[], 1]);
  });

  test("one that waits retries now", async () => {
    const { source, attempts } = await following();
    leave();
    await attempts[0]!.fail(network());
    expect(source.status.state).toBe("waiting");
    back();
    expect(source.status.state).toBe("connecting");
    expect(attempts).toHaveLength(2);
  });

  test("one that the server told when to come again waits", async () => {
    const { source, attempts } = await following();
    await attempts[0]!.fail(busy());
    leave();
    back();
    expect(source.status.state).toBe("waiting");
    expect(attempts).toHaveLength(1);
  });

  test("one that is connecting already is left alone", async () => {
    const { source, attempts, statuses } = await following();
    source.reconnect();
    statuses.length = 0;
    leave();
    back();
    expect([statuses, attempts.length]).toEqual([[], 2]);
  });

  test.each(["close", "pause"] as const)("one that somebody's %s() stopped stays so", async (how) => {
    const { source } = await following();
    leave();
    source[how]();
    const { status } = source;
    back();
    expect(source.status).toBe(status);
  });
});

test("livenessTimeout: false trusts an open connection, and a number sets the time", async () => {
  const { checked } = await following({ livenessTimeout: false });
  become("visible");
  expect(checked).toEqual([]);
  undo();
  const other = await following({ livenessTimeout: 800 });
  become("visible");
  expect(other.checked).toEqual([800]);
});

describe("a hidden page", () => {
  test("keeps its connection by default, for however long", async () => {
    const { statuses } = await following();
    become("hidden");
    vi.advanceTimersByTime(10_000_000);
    expect(statuses).toEqual([]);
  });

  test('"pause" pauses at once, and resumes after the last event', async () => {
    const { source, attempts } = await following({ hidden: "pause" });
    await attempts[0]!.give(item("x", "7"));
    become("hidden");
    expect(source.status).toEqual({ state: "paused", reason: "hidden" });
    expect(attempts[0]!.context.signal.aborted).toBe(true);
    become("visible");
    expect(source.status.state).toBe("connecting");
    expect(attempts[1]!.context.lastEventId).toBe("7");
  });

  test("a number pauses when it has been hidden for so long, and only then", async () => {
    const { source } = await following({ hidden: 1000 });
    become("hidden");
    vi.advanceTimersByTime(999);
    become("visible");
    vi.advanceTimersByTime(5000);
    expect(source.status.state).toBe("open");
    become("hidden");
    vi.advanceTimersByTime(999);
    expect(source.status.state).toBe("open");
    vi.advanceTimersByTime(1);
    expect(source.status).toEqual({ state: "paused", reason: "hidden" });
  });

  test("that is hidden from the beginning counts", async () => {
    visibility = "hidden";
    const { source } = await following({ hidden: "pause" });
    expect(source.status).toEqual({ state: "paused", reason: "hidden" });
  });

  test("stays paused when the network comes back or the computer wakes", async () => {
    const { source, attempts } = await following({ hidden: "pause" });
    become("hidden");
    globalThis.dispatchEvent(new Event("online"));
    vi.setSystemTime(Date.now() + 3_600_000);
    vi.advanceTimersByTime(60_000);
    expect(source.status.state).toBe("paused");
    expect(attempts).toHaveLength(1);
  });

  test("is not taken for one that wakes from sleep by its slowed timers", async () => {
    const { checked } = await following();
    become("hidden");
    vi.setSystemTime(Date.now() + 60_000);
    vi.advanceTimersByTime(5000);
    expect(checked).toEqual([]);
  });
});

describe("a page that is put away", () => {
  test.each([true, false])("pauses, and any pageshow restarts (persisted: %s)", async (persisted) => {
    const { source, attempts } = await following();
    pagehide();
    expect(source.status).toEqual({ state: "paused", reason: "pagehide" });
    pageshow(persisted);
    expect(source.status.state).toBe("connecting");
    expect(attempts).toHaveLength(2);
  });

  test("pauses when it is frozen, and opens on resume", async () => {
    const { source, attempts } = await following();
    document.dispatchEvent(new Event("freeze"));
    expect(source.status).toEqual({ state: "paused", reason: "frozen" });
    document.dispatchEvent(new Event("resume"));
    expect(source.status.state).toBe("connecting");
    expect(attempts).toHaveLength(2);
  });

  test("opens once, whatever events tell of its return", async () => {
    const { attempts } = await following({ hidden: "pause" });
    become("hidden");
    pagehide();
    document.dispatchEvent(new Event("freeze"));
    document.dispatchEvent(new Event("resume"));
    pageshow(true);
    expect(attempts).toHaveLength(1);
    become("visible");
    globalThis.dispatchEvent(new Event("online"));
    expect(attempts).toHaveLength(2);
  });

  test("the first pageshow of a page is no return", async () => {
    const { checked, statuses } = await following();
    pageshow(false);
    expect([checked, statuses]).toEqual([[], []]);
  });
});

describe("what somebody else decides", () => {
  test("a client closed by whoever hears of the pause stays closed", async () => {
    const { source } = await following({ hidden: "pause" });
    source.onStatus(({ state }) => state === "paused" && source.close());
    become("hidden");
    become("visible");
    expect(source.status.state).toBe("closed");
  });

  test.each(["logged out", "offline"])("a pause of one's own on top of ours stays: %s", async (reason) => {
    const { source } = await following({ hidden: "pause" });
    become("hidden");
    source.pause(reason);
    become("visible");
    expect(source.status).toEqual({ state: "paused", reason });
  });

  test("a client that waits is not paused, and keeps the time that the server set", async () => {
    const { source, attempts, clock } = await following({ hidden: "pause" });
    await attempts[0]!.fail(busy());
    become("hidden");
    expect(source.status.state).toBe("waiting");
    become("visible");
    expect(source.status.state).toBe("waiting");
    become("hidden");
    await clock.advance(20_000);
    expect(source.status).toEqual({ state: "paused", reason: "hidden" });
    expect(attempts).toHaveLength(1);
    become("visible");
    expect(attempts).toHaveLength(2);
  });

  test("a client that is opened while the page wants no connection waits until it does", async () => {
    const { source, attempts } = await following({ hidden: "pause" });
    source.close();
    become("hidden");
    source.open();
    expect(source.status).toEqual({ state: "paused", reason: "hidden" });
    expect(attempts).toHaveLength(1);
    become("visible");
    expect(source.status.state).toBe("connecting");
  });
});

test("hidden: Infinity never pauses", async () => {
  const { source } = await following({ hidden: Infinity });
  become("hidden");
  vi.advanceTimersByTime(100_000_000);
  expect(source.status.state).toBe("open");
});

test("a page that is shown again needs no visibilitychange: pageshow tells it, too", async () => {
  const { source } = await following({ hidden: "pause" });
  become("hidden");
  pagehide();
  visibility = "visible";
  pageshow(true);
  expect(source.status.state).toBe("connecting");
});

test("a client that is not open yet is left alone", async () => {
  const { source, attempts } = await following();
  source.close();
  pagehide();
  pageshow(true);
  become("visible");
  expect(source.status.state).toBe("closed");
  expect(attempts).toHaveLength(1);
});

test("what ends it takes every listener away", async () => {
  const counts = new Map<string, number>();
  const count = (type: string, change: number) => counts.set(type, (counts.get(type) ?? 0) + change);
  for (const target of [document, window] as EventTarget[]) {
    const add = target.addEventListener.bind(target);
    const remove = target.removeEventListener.bind(target);
    vi.spyOn(target, "addEventListener").mockImplementation((type, listener) => {
      count(type, 1);
      add(type, listener);
    });
    vi.spyOn(target, "removeEventListener").mockImplementation((type, listener) => {
      count(type, -1);
      remove(type, listener);
    });
  }
  const { source, statuses } = await following({ hidden: 1000 });
  expect([...counts.keys()].toSorted()).toEqual([
    "freeze",
    "online",
    "pagehide",
    "pageshow",
    "resume",
    "visibilitychange",
  ]);
  become("hidden");
  undo();
  expect([...counts.values()].filter((count) => count !== 0)).toEqual([]);
  vi.advanceTimersByTime(10_000);
  pagehide();
  expect([source.status.state, statuses]).toEqual(["open", []]);
});
