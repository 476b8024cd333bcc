/** Time. Passed in, so that tests can replace it. */
export interface Clock {
  /** Milliseconds of a monotonic clock: setting the system's time does not change it. */
  readonly now: () => number;
  /** Milliseconds since the epoch, for HTTP dates. */
  readonly date: () => number;
  /** Calls back once after `delay` ms. Returns a function that cancels. */
  readonly after: (delay: number, callback: () => void) => () => void;
}

/** The longest delay that `setTimeout` keeps, in ms. A longer one overflows and fires at once. */
export const LONGEST_DELAY: number = 2 ** 31 - 1;

/** The runtime's clock. Its globals are looked up at call time, so that fake timers work. */
export const systemClock: Clock = {
  now: () => performance.now(),
  date: () => Date.now(),
  after(delay, callback) {
    const timer = setTimeout(callback, Math.min(delay, LONGEST_DELAY));
    return () => clearTimeout(timer);
  },
};
