import type { Told, TraceLog, TraceRecord } from "./record.ts";

/** Time, passed in so that tests can make it up. */
export interface TraceClock {
  readonly now: () => number;
  /** Calls back once after `delay` ms; the result cancels. */
  readonly after: (delay: number, callback: () => void) => () => void;
}

/** The runtime's clock. */
export const traceClock: TraceClock = {
  now: () => Date.now(),
  after(delay, callback) {
    // More ms than this would fire at once.
    const timer = setTimeout(callback, Math.min(delay, 2 ** 31 - 1));
    return () => clearTimeout(timer);
  },
};

/**
 * Makes what tells a log, with the time since now. What the log throws is reported, as of a listener. Members that are
 * undefined are left out.
 */
export function createTeller(log: TraceLog, { now }: TraceClock): (told: Told) => void {
  const began = now();
  return (told) => {
    const write = async () => log(JSON.parse(JSON.stringify({ at: now() - began, ...told })) as TraceRecord);
    write().catch((error: unknown) =>
      queueMicrotask(() => {
        throw error;
      }),
    );
  };
}
