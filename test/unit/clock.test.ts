import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { LONGEST_DELAY, systemClock } from "../../src/core/clock.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test("the date is that of the runtime, looked up at call time", () => {
  vi.setSystemTime(1_234_567);
  expect(systemClock.date()).toBe(1_234_567);
});

test("the time is monotonic: setting the system's time does not change it", () => {
  const before = systemClock.now();
  vi.setSystemTime(1_234_567);
  expect(systemClock.now()).toBe(before);
  vi.advanceTimersByTime(50);
  expect(systemClock.now()).toBe(before + 50);
});

test("a timer calls back once, after its delay", () => {
  const callback = vi.fn<() => void>();
  systemClock.after(1000, callback);
  vi.advanceTimersByTime(999);
  expect(callback).not.toHaveBeenCalled();
  vi.advanceTimersByTime(5000);
  expect(callback).toHaveBeenCalledTimes(1);
  expect(vi.getTimerCount()).toBe(0);
});

test("a cancelled timer never calls back, and cancelling again does nothing", () => {
  const callback = vi.fn<() => void>();
  const cancel = systemClock.after(1000, callback);
  cancel();
  cancel();
  expect(vi.getTimerCount()).toBe(0);
  vi.advanceTimersByTime(5000);
  expect(callback).not.toHaveBeenCalled();
});

test.each([LONGEST_DELAY + 1, 99_999_999_999, Infinity])(
  "a delay of %d ms, which setTimeout would take for 1 ms, becomes the longest that it keeps",
  (delay) => {
    const set = vi.spyOn(globalThis, "setTimeout");
    systemClock.after(delay, () => {})();
    expect(set).toHaveBeenCalledWith(expect.any(Function), LONGEST_DELAY);
    expect(LONGEST_DELAY).toBe(2 ** 31 - 1);
  },
);
