import type { Environment } from "../../src/connection.ts";

/** A world whose time stands still until the test moves it. Its random numbers are 0: delays have no jitter. */
export interface FakeTime {
  readonly environment: Environment;
  /** Timers that are running. */
  readonly timers: number;
  /** Milliseconds since the beginning, which is 2026-01-01T00:00:00Z. */
  readonly elapsed: number;
  /** Moves time and fires what falls due, in order. */
  advance(ms: number): void;
}

export const BEGINNING: number = Date.UTC(2026, 0, 1);

export function fakeTime(): FakeTime {
  const timers = new Set<{ at: number; callback: () => void }>();
  let now = BEGINNING;
  return {
    environment: {
      clock: {
        now: () => now,
        after(delay, callback) {
          const timer = { at: now + delay, callback };
          timers.add(timer);
          return () => void timers.delete(timer);
        },
      },
      random: () => 0,
      whenOnline: () => undefined,
    },
    get timers() {
      return timers.size;
    },
    get elapsed() {
      return now - BEGINNING;
    },
    advance(ms) {
      const until = now + ms;
      for (;;) {
        const [due] = [...timers].filter(({ at }) => at <= until).sort((a, b) => a.at - b.at);
        if (!due) break;
        timers.delete(due);
        now = Math.max(now, due.at);
        due.callback();
      }
      now = until;
    },
  };
}
