import type { Environment } from "../../src/connection/connection.ts";
import { createFakeClock } from "./fake-clock.ts";

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
  const clock = createFakeClock(BEGINNING);
  return {
    environment: { clock, random: () => 0, whenOnline: () => undefined },
    get timers() {
      return clock.pending;
    },
    get elapsed() {
      return clock.now() - BEGINNING;
    },
    advance: (ms) => clock.pass(ms),
  };
}
