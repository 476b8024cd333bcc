import { EventSourceError } from "../core/errors.ts";
import { callsOf, shareCall } from "../core/share-call.ts";
import { release } from "../stream/body.ts";
import type { MakeRequest } from "./request.ts";
import type { RequestOptions } from "./request-options.ts";

/** After a 401 it calls `onUnauthorized`, once for all streams that share the function, and repeats the request once. */
export function withRefresh(
  request: MakeRequest,
  onUnauthorized: NonNullable<RequestOptions["onUnauthorized"]>,
): MakeRequest {
  return async (attempt) => {
    const { context, timeouts } = attempt;
    const calls = callsOf(onUnauthorized);
    const { succeeded } = calls;
    const response = await request(attempt);
    if (response.status !== 401) return response;
    timeouts?.stop();
    try {
      // If another stream refreshed the credentials after this request was made, repeating the request is enough.
      if (calls.succeeded === succeeded)
        await shareCall(calls, context.signal, () => onUnauthorized(response, context));
    } catch (cause) {
      const { status, headers } = response;
      throw new EventSourceError("unauthorized", "onUnauthorized failed", { status, headers, cause });
    } finally {
      void release(response.body);
    }
    timeouts?.connect();
    return request(attempt);
  };
}
