/** The calls of one function that several streams share. */
export interface SharedCalls {
  /** Calls that have succeeded so far. */
  succeeded: number;
  /** The call in flight, and the signal of the stream that started it. */
  running?: { readonly result: Promise<unknown>; readonly signal: AbortSignal } | undefined;
}

const sharedCalls = /* @__PURE__ */ new WeakMap<object, SharedCalls>();

/** The shared calls of a function. */
export function callsOf(fn: object): SharedCalls {
  const calls = sharedCalls.get(fn) ?? { succeeded: 0 };
  sharedCalls.set(fn, calls);
  return calls;
}

/**
 * Calls a function, or waits for the call that is in flight. A call whose starter is aborted concerns no other stream,
 * whether it fails because of that or never settles: one of the waiting streams then starts the next call.
 *
 * @param signal - Aborted when the stream that calls is closed. The promise rejects then.
 */
export async function shareCall(calls: SharedCalls, signal: AbortSignal, call: () => unknown): Promise<void> {
  for (;;) {
    signal.throwIfAborted();
    const running = (calls.running ??= {
      signal,
      result: untilAborted(signal, call)
        .then(() => calls.succeeded++)
        .finally(() => {
          calls.running = undefined;
        }),
    });
    try {
      await untilAborted(signal, () => running.result);
      return;
    } catch (error) {
      if (!running.signal.aborted) throw error;
    }
  }
}

/** Rejects as soon as the signal is aborted, even if the call never settles. */
function untilAborted(signal: AbortSignal, call: () => unknown): Promise<unknown> {
  return new Promise((resolve, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason as Error));
    Promise.resolve(call()).then(resolve, reject);
  });
}
