/** A list whose items can be awaited. */
export interface Log<T> {
  readonly all: readonly T[];
  readonly add: (item: T) => void;
  /** Resolves with the n-th item, counted from 1. */
  readonly nth: (n?: number) => Promise<T>;
}

export function createLog<T>(): Log<T> {
  const all: T[] = [];
  let waiting: { n: number; resolve: (item: T) => void }[] = [];
  return {
    all,
    add(item) {
      const count = all.push(item);
      for (const { n, resolve } of waiting) if (n === count) resolve(item);
      waiting = waiting.filter(({ n }) => n > count);
    },
    nth: (n = 1) =>
      new Promise((resolve) => {
        const there = all[n - 1];
        if (there) resolve(there);
        else waiting.push({ n, resolve });
      }),
  };
}

/** The same promise, which rejects with the reason of the signal when that is aborted. */
export async function orAbort<T>(promise: Promise<T>, signal: AbortSignal | null | undefined): Promise<T> {
  if (!signal) return promise;
  let abort = () => {};
  const aborted = new Promise<never>((_resolve, reject) => {
    abort = () => reject(signal.reason as Error);
    signal.addEventListener("abort", abort);
  });
  try {
    signal.throwIfAborted();
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener("abort", abort);
  }
}
