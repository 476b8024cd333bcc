/** How a listener is added. */
export interface ListenerOptions {
  /** Aborting it removes the listener. */
  signal?: AbortSignal | undefined;
  /** Remove the listener when it is first called. */
  once?: boolean | undefined;
}

type Listener<T> = (value: T) => unknown;

/** The listeners of one kind. It has no methods, which would take memory: a client has several, and most stay empty. */
export interface Channel<T> {
  /** Replaced on every change and never changed in place: a running `emit` keeps the list that it began with. */
  listeners: readonly Listener<T>[];
}

export function createChannel<T>(): Channel<T> {
  return { listeners: [] };
}

/** Adds a listener; the result removes it. */
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
  let isRemoved = signal?.aborted;
  const remove = () => {
    // Somebody else may have added the same function since.
    if (isRemoved) return;
    isRemoved = true;
    channel.listeners = channel.listeners.filter((other) => other !== added);
    signal?.removeEventListener("abort", remove);
  };
  if (!isRemoved) {
    channel.listeners = [...channel.listeners, added];
    signal?.addEventListener("abort", remove);
  }
  return remove;
}

/** Calls all listeners. There is a result when one returned a promise; it resolves when these have settled. */
export function emit<T>(channel: Channel<T>, value: T): Promise<unknown> | undefined {
  const called = channel.listeners;
  let hold: Promise<unknown> | undefined;
  // By index: an iterator is three times as slow, and most lists are empty.
  for (let i = 0; i < called.length; i++)
    try {
      const listener = called[i]!;
      // One that another listener has just removed is not called any more.
      if (called !== channel.listeners && !channel.listeners.includes(listener)) continue;
      const result = listener(value);
      if (result && isThenable(result)) hold = Promise.all([hold, Promise.resolve(result).catch(report)]);
    } catch (error) {
      report(error);
    }
  return hold;
}

/** Whether a value is a promise or looks like one. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as PromiseLike<unknown> | undefined)?.then === "function";
}

/** Hands the error of a listener to the runtime, the way an `EventTarget` does. */
export function report(error: unknown): void {
  try {
    reportError(error);
  } catch {
    // It is missing, or fails itself.
    queueMicrotask(() => {
      throw error;
    });
  }
}
