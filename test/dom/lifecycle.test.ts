import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
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

/** An open client that follows the page, with the timeouts of its liveness checks. */
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

describe.each(returns)("followPage after the return from %s", (_name, leave, back) => {
  it("checks an open connection and keeps it", async () => {
    const { source, statuses, checked, attempts } = await following();
    leave();
    back();
    expect(checked).toEqual([5000]);
    expect(source.status.state).toBe("open");
    expect([statuses, attempts.length]).toEqual([[], 1]);
  });

  it("makes a waiting client retry at once", async () => {
    const { source, attempts } = await following();
    leave();
    await attempts[0]!.fail(network());
    expect(source.status.state).toBe("waiting");
    back();
    expect(source.status.state).toBe("connecting");
    expect(attempts).toHaveLength(2);
  });

  it("leaves a client waiting whose delay the server set", async () => {
    const { source, attempts } = await following();
    await attempts[0]!.fail(busy());
    leave();
    back();
    expect(source.status.state).toBe("waiting");
    expect(attempts).toHaveLength(1);
  });

  it("leaves a connecting client alone", async () => {
    const { source, attempts, statuses } = await following();
    source.reconnect();
    statuses.length = 0;
    leave();
    back();
    expect([statuses, attempts.length]).toEqual([[], 2]);
  });

  it.each(["close", "pause"] as const)("does not open a client that %s() stopped", async (how) => {
    const { source } = await following();
    leave();
    source[how]();
    const { status } = source;
    back();
    expect(source.status).toBe(status);
  });
});

it("livenessTimeout: false disables the check, and a number sets its timeout", async () => {
  const { checked } = await following({ livenessTimeout: false });
  become("visible");
  expect(checked).toEqual([]);
  undo();
  const other = await following({ livenessTimeout: 800 });
  become("visible");
  expect(other.checked).toEqual([800]);
});

describe("followPage in a hidden page", () => {
  it("keeps the connection by default, however long it is hidden", async () => {
    const { statuses } = await following();
    become("hidden");
    vi.advanceTimersByTime(10_000_000);
    expect(statuses).toEqual([]);
  });

  it('pauses at once with hidden: "pause", and resumes after the last event', async () => {
    const { source, attempts } = await following({ hidden: "pause" });
    await attempts[0]!.give(item("x", "7"));
    become("hidden");
    expect(source.status).toEqual({ state: "paused", reason: "hidden" });
    expect(attempts[0]!.context.signal.aborted).toBe(true);
    become("visible");
    expect(source.status.state).toBe("connecting");
    expect(attempts[1]!.context.lastEventId).toBe("7");
  });

  it("pauses after the given time, and not before", async () => {
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

  it("pauses if the page is hidden from the beginning", async () => {
    visibility = "hidden";
    const { source } = await following({ hidden: "pause" });
    expect(source.status).toEqual({ state: "paused", reason: "hidden" });
  });

  it("stays paused when the network returns or the computer wakes", async () => {
    const { source, attempts } = await following({ hidden: "pause" });
    become("hidden");
    globalThis.dispatchEvent(new Event("online"));
    vi.setSystemTime(Date.now() + 3_600_000);
    vi.advanceTimersByTime(60_000);
    expect(source.status.state).toBe("paused");
    expect(attempts).toHaveLength(1);
  });

  it("does not take throttled timers for sleep", async () => {
    const { checked } = await following();
    become("hidden");
    vi.setSystemTime(Date.now() + 60_000);
    vi.advanceTimersByTime(5000);
    expect(checked).toEqual([]);
  });
});

describe("followPage when the page is frozen or left", () => {
  it.each([true, false])("pauses on pagehide, and resumes on pageshow (persisted: %s)", async (persisted) => {
    const { source, attempts } = await following();
    pagehide();
    expect(source.status).toEqual({ state: "paused", reason: "pagehide" });
    pageshow(persisted);
    expect(source.status.state).toBe("connecting");
    expect(attempts).toHaveLength(2);
  });

  it("pauses on freeze, and resumes on resume", async () => {
    const { source, attempts } = await following();
    document.dispatchEvent(new Event("freeze"));
    expect(source.status).toEqual({ state: "paused", reason: "frozen" });
    document.dispatchEvent(new Event("resume"));
    expect(source.status.state).toBe("connecting");
    expect(attempts).toHaveLength(2);
  });

  it("opens once, whichever events announce the return", async () => {
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

  it("ignores the first pageshow of a page", async () => {
    const { checked, statuses } = await following();
    pageshow(false);
    expect([checked, statuses]).toEqual([[], []]);
  });
});

describe("followPage beside the application", () => {
  it("leaves a client closed that a listener closed on the pause", async () => {
    const { source } = await following({ hidden: "pause" });
    source.onStatus(({ state }) => state === "paused" && source.close());
    become("hidden");
    become("visible");
    expect(source.status.state).toBe("closed");
  });

  it.each(["logged out", "offline"])(
    "leaves a client paused that the application paused as well: %s",
    async (reason) => {
      const { source } = await following({ hidden: "pause" });
      become("hidden");
      source.pause(reason);
      become("visible");
      expect(source.status).toEqual({ state: "paused", reason });
    },
  );

  it("does not pause a waiting client, which keeps the delay that the server set", async () => {
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

  it("pauses a client that is opened while the page is hidden, until it is visible", async () => {
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

it("hidden: Infinity never pauses the client", async () => {
  const { source } = await following({ hidden: Infinity });
  become("hidden");
  vi.advanceTimersByTime(100_000_000);
  expect(source.status.state).toBe("open");
});

it("pageshow ends the hidden state without a visibilitychange", async () => {
  const { source } = await following({ hidden: "pause" });
  become("hidden");
  pagehide();
  visibility = "visible";
  pageshow(true);
  expect(source.status.state).toBe("connecting");
});

it("followPage does not open a closed client", async () => {
  const { source, attempts } = await following();
  source.close();
  pagehide();
  pageshow(true);
  become("visible");
  expect(source.status.state).toBe("closed");
  expect(attempts).toHaveLength(1);
});

it("the function that followPage returns removes every listener", async () => {
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

it.each<[option: string, options: FollowPageOptions]>([
  ["hidden", { hidden: NaN }],
  ["hidden", { hidden: -1 }],
  ["livenessTimeout", { livenessTimeout: NaN }],
  ["livenessTimeout", { livenessTimeout: -1 }],
])("followPage refuses a %s that is not a duration: %j", async (option, options) => {
  await following();
  undo();
  const playing = await opened();
  expect(() => followPage(playing.source, options)).toThrow(
    expect.objectContaining({ code: "invalid-option", option }),
  );
});
