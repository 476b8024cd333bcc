/** Time, passed in so that tests can make it up. */
export interface Clock {
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Calls back once after `delay` ms; the result cancels. */
  readonly after: (delay: number, callback: () => void) => () => void;
}

/** The longest delay that `setTimeout` keeps: one more millisecond would wrap around and fire at once. */
export const LONGEST_DELAY: number = 2 ** 31 - 1;

/** The runtime's clock. The globals are looked up at call time, so that fake timers work. */
export const systemClock: Clock = {
  now: () => Date.now(),
  after(delay, callback) {
    const timer = setTimeout(callback, Math.min(delay, LONGEST_DELAY));
    return () => clearTimeout(timer);
  },
};
