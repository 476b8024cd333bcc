import type { EventSourceError } from "../core/errors.ts";
import type { Transport } from "../core/types.ts";
import { release } from "../stream/body.ts";
import { readStream } from "../stream/reader.ts";
import { attemptError } from "./attempt-error.ts";
import type { Attempt, MakeRequest } from "./request.ts";
import type { RequestOptions } from "./request-options.ts";
import { bodyOf, rejectionOf } from "./response.ts";
import type { Timeouts } from "./timeouts.ts";
import { originOf } from "./url.ts";

type Rejection = EventSourceError | undefined;

/**
 * A transport that makes a request, checks the response, and reads its body.
 *
 * @param check - The reason why a response is not an event stream.
 * @param createTimeouts - Makes the timeouts of an attempt. Default: none.
 */
export function createFetchTransport(
  request: MakeRequest,
  { maxEventSize }: Pick<RequestOptions, "maxEventSize">,
  check: (response: Response, signal: AbortSignal) => Rejection | Promise<Rejection> = (response) =>
    rejectionOf(response),
  createTimeouts?: (signal: AbortSignal, fail: (error: EventSourceError) => void) => Timeouts,
): Transport {
  return async (context, sink) => {
    const { lastEventId, signal } = context;
    let isOpen = false;
    let response: Response | undefined;
    const toError = (cause: unknown) => attemptError(cause, attempt.url, isOpen);
    const timeouts = createTimeouts?.(signal, (error) => sink.fail(toError(error)));
    const attempt: Attempt = { context, url: "", timeouts };
    try {
      response = await request(attempt);
      signal.throwIfAborted();
      // Test doubles have an empty URL.
      const url = (attempt.url = response.url || attempt.url);
      const rejection = await check(response, signal);
      if (rejection) throw rejection;
      isOpen = true;
      sink.open({ url, headers: response.headers, checkLiveness: timeouts?.checkLiveness }, response);
      await readStream(response.body!, {
        lastEventId,
        origin: originOf(url),
        signal,
        maxEventSize,
        onRetry: sink.retry,
        onWait: timeouts?.onWait,
        deliver: sink.deliver,
      });
    } catch (cause) {
      void release(bodyOf(response));
      throw toError(cause);
    }
  };
}
