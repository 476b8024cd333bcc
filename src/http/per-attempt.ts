import type { AttemptContext, PerAttempt } from "../core/types.ts";

/** The value of an option for one attempt. Once the attempt is aborted, no function of the caller is called. */
export function valueFor<T>(value: PerAttempt<T>, context: AttemptContext): T | PromiseLike<T> {
  context.signal.throwIfAborted();
  return typeof value === "function"
    ? (value as (context: AttemptContext) => T | PromiseLike<T>)(context)
    : value;
}
