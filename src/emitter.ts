/** How a listener is added. */
export interface ListenerOptions {
  /** Aborting it removes the listener. */
  signal?: AbortSignal | undefined;
  /** Remove the listener when it is first called. */
  once?: boolean | undefined;
}

type Listener<T> = (value: T) => unknown;

/** A list of listeners of one kind. */
export interface Channel<T> {
  /** How many listeners there are. */
  readonly size: () => number;
  /** Adds a listener; the result removes it. */
  readonly add: (listener: Listener<T>, options?: ListenerOptions) => () => void;
  /** Calls all listeners. There is a result when one returned a promise; it resolves when these have settled. */
  readonly emit: (value: T) => Promise<unknown> | undefined;
}

/** Whether a value is a promise or looks like one. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as PromiseLike<unknown> | undefined)?.then === "function";
}

/** Hands the error of a listener to the runtime, the way an `EventTarget` does. */
export function report(error: unknown): void {
  if ("reportError" in globalThis) reportError(error);
  else
    queueMicrotask(() => {
      throw error;
    });
}

export function createChannel<T>(): Channel<T> {
  // Replaced on every change and never changed in place: a running emit keeps the list that it began with.
  let listeners: readonly Listener<T>[] = [];
  return {
    size: () => listeners.length,
    add(listener, { signal, once } = {}) {
      const added: Listener<T> = (value) => {
        if (once) remove();
        return listener(value);
      };
      const remove = () => {
        listeners = listeners.filter((other) => other !== added);
        signal?.removeEventListener("abort", remove);
      };
      if (!signal?.aborted) {
        listeners = [...listeners, added];
        signal?.addEventListener("abort", remove);
      }
      return remove;
    },
    emit(value) {
      let hold: Promise<unknown> | undefined;
      const called = listeners;
      // By index: an iterator is three times as slow, and most lists are empty.
      for (let i = 0; i < called.length; i++)
        try {
          const listener = called[i]!;
          // One that another listener has just removed is not called any more.
          const result = called === listeners || listeners.includes(listener) ? listener(value) : 0;
          if (result && isThenable(result)) hold = Promise.all([hold, Promise.resolve(result).catch(report)]);
        } catch (error) {
          report(error);
        }
      return hold;
    },
  };
}
