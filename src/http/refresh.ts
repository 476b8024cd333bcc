import { EventSourceError } from "../core/errors.ts";
import { release } from "../stream/body.ts";
import type { MakeRequest } from "./request.ts";
import type { RequestOptions } from "./request-options.ts";
import { bodyOf } from "./response.ts";

/** The refreshes of credentials of one `onUnauthorized` function, which concurrent streams share. */
interface Refreshes {
  succeeded: number;
  /** The call in flight. It resolves if the call succeeds or its starter is aborted. */
  running?: Promise<void> | undefined;
}

const refreshesOf = /* @__PURE__ */ new WeakMap<object, Refreshes>();

/** After a 401 it calls `onUnauthorized`, once for all streams that share the function, and repeats the request once. */
export function withRefresh(
  request: MakeRequest,
  onUnauthorized: NonNullable<RequestOptions["onUnauthorized"]>,
): MakeRequest {
  const refreshes = refreshesOf.get(onUnauthorized) ?? { succeeded: 0 };
  refreshesOf.set(onUnauthorized, refreshes);
  return async (attempt) => {
    const { context } = attempt;
    const { signal } = context;
    const { succeeded } = refreshes;
    const response = await request(attempt);
    if (response.status !== 401) return response;
    try {
      // A refresh of another stream counts too. If that stream is aborted during its call, the next stream makes a call.
      while (refreshes.succeeded === succeeded) {
        signal.throwIfAborted();
        refreshes.running ??= (async () => {
          try {
            await untilAborted(signal, async () => onUnauthorized(response, context));
            refreshes.succeeded++;
          } catch (error) {
            if (!signal.aborted) throw error;
          } finally {
            refreshes.running = undefined;
          }
        })();
        await untilAborted(signal, () => refreshes.running);
      }
    } catch (cause) {
      const { status, headers } = response;
      throw new EventSourceError("unauthorized", "onUnauthorized failed", { status, headers, cause });
    } finally {
      void release(bodyOf(response));
    }
    return request(attempt);
  };
}

/** Rejects as soon as the signal is aborted, even if the call never settles. */
function untilAborted(signal: AbortSignal, call: () => Promise<unknown> | undefined): Promise<unknown> {
  return Promise.race([call(), new Promise((_, reject) => signal.addEventListener("abort", reject))]);
}
