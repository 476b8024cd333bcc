/** Options of a listener. */
export interface ListenerOptions {
  /** Removes the listener when aborted. */
  signal?: AbortSignal | undefined;
  /** Removes the listener when it is called for the first time. Default `false`. */
  once?: boolean | undefined;
}

type Listener<T> = (value: T) => unknown;

/** The listeners of one kind. A plain object without methods, since a client has several and most stay empty. */
export interface Channel<T> {
  /** Replaced on every change and never mutated: a running `emit` keeps the list that it started with. */
  listeners: readonly Listener<T>[];
  /** Called when the last listener is removed. */
  readonly onEmpty?: (() => void) | undefined;
}

export function createChannel<T>(onEmpty?: () => void): Channel<T> {
  return { listeners: [], onEmpty };
}

/** Adds a listener. Returns an unsubscribe function. */
export function listen<T>(
  channel: Channel<T>,
  listener: Listener<T>,
  { signal, once }: ListenerOptions = {},
): () => void {
  // The same function added twice is two listeners.
  const added: Listener<T> =
    once || channel.listeners.includes(listener)
      ? (value) => {
          if (once) remove();
          return listener(value);
        }
      : listener;
  let isRemoved = false;
  const remove = () => {
    // A second call must not remove the same function if it was added again since.
    if (isRemoved) return;
    isRemoved = true;
    channel.listeners = channel.listeners.filter((other) => other !== added);
    signal?.removeEventListener("abort", remove);
    if (!channel.listeners.length) channel.onEmpty?.();
  };
  channel.listeners = [...channel.listeners, added];
  if (signal?.aborted) remove();
  else signal?.addEventListener("abort", remove);
  return remove;
}

/**
 * Calls all listeners. Returns `hold`, joined by the promises that listeners returned: it settles when all of them have.
 */
export function emit<T>(
  channel: Channel<T>,
  value: T,
  hold?: PromiseLike<unknown>,
): PromiseLike<unknown> | undefined {
  const called = channel.listeners;
  // By index, which is three times as fast as an iterator: most lists are empty.
  for (let i = 0; i < called.length; i++)
    try {
      const listener = called[i]!;
      // Skips a listener that was removed by an earlier one.
      if (called !== channel.listeners && !channel.listeners.includes(listener)) continue;
      const result = listener(value);
      if (result && isThenable(result)) hold = both(hold, Promise.resolve(result).catch(report));
    } catch (error) {
      report(error);
    }
  return hold;
}

/** Joins what may be two promises. Promises made by `emit` and iterators never reject. */
export function both(
  first: PromiseLike<unknown> | undefined,
  second: PromiseLike<unknown> | undefined,
): PromiseLike<unknown> | undefined {
  return first && second ? Promise.all([first, second]) : (first ?? second);
}

export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as PromiseLike<unknown> | undefined)?.then === "function";
}

/** Reports the error of a listener the way an `EventTarget` does. */
export function report(error: unknown): void {
  try {
    reportError(error);
  } catch {
    // `reportError` is missing, or threw.
    queueMicrotask(() => {
      throw error;
    });
  }
}
