import type { Clock } from "../../src/core/clock.ts";

/** Time that only moves when it is told to. */
export interface FakeClock extends Clock {
  /** Timers that are set and have neither fired nor been cancelled. */
  readonly pending: number;
  /** Ms until the next timer fires; `undefined` when there is none. */
  readonly next: number | undefined;
  /** Lets time pass. Timers fire in order, each with the promises that it settles. */
  advance(ms: number): Promise<void>;
  /** The same at once: promises settle when the test waits for something. */
  pass(ms: number): void;
  /** Sets the time forward as sleep does: timers stand still, and have as long to go as before. */
  jump(ms: number): void;
}

export function createFakeClock(start: number = Date.UTC(2026, 10, 20)): FakeClock {
  let now = start;
  let timers: { at: number; callback: () => void }[] = [];
  const first = () => timers.toSorted((a, b) => a.at - b.at)[0];
  /** Fires the next timer that is due by then, if there is one. */
  const fire = (end: number) => {
    const timer = first();
    if (!timer || timer.at > end) return false;
    now = Math.max(now, timer.at);
    timers = timers.filter((other) => other !== timer);
    timer.callback();
    return true;
  };
  return {
    now: () => now,
    date: () => now,
    after(delay, callback) {
      // What setTimeout would take for 1 ms would hammer a server.
      if (!(delay >= 0 && delay < 2 ** 31)) throw new RangeError(`No timer can wait ${delay} ms`);
      const timer = { at: now + delay, callback };
      timers = [...timers, timer];
      return () => {
        timers = timers.filter((other) => other !== timer);
      };
    },
    get pending() {
      return timers.length;
    },
    get next() {
      const timer = first();
      return timer && timer.at - now;
    },
    jump(ms) {
      now += ms;
      for (const timer of timers) timer.at += ms;
    },
    async advance(ms) {
      const end = now + ms;
      do await settled();
      while (fire(end));
      now = end;
    },
    pass(ms) {
      const end = now + ms;
      while (fire(end));
      now = end;
    },
  };
}

/** Resolves when every promise that can settle by itself has done so. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
