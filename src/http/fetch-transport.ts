import type { EventSourceError } from "../core/errors.ts";
import type { Transport } from "../core/types.ts";
import { release } from "../stream/body.ts";
import { readStream } from "../stream/reader.ts";
import { attemptError } from "./attempt-error.ts";
import type { Attempt, MakeRequest } from "./request.ts";
import { bodyOf, rejectionOf } from "./response.ts";
import type { Timeouts } from "./timeouts.ts";
import { originOf } from "./url.ts";

type Rejection = EventSourceError | undefined;

/** What not every user of the transport needs. */
export interface FetchTransportOptions {
  /** See `RequestOptions`. */
  maxEventSize?: number | undefined;
  /** The reason why a response is not an event stream. Default `rejectionOf`. */
  check?: ((response: Response, signal: AbortSignal) => Rejection | Promise<Rejection>) | undefined;
  /** Makes the timeouts of an attempt. Default: none. */
  timeouts?: ((signal: AbortSignal, fail: (error: EventSourceError) => void) => Timeouts) | undefined;
}

/** A transport that makes a request, checks the response, and reads its body. */
export function createFetchTransport(
  request: MakeRequest,
  {
    maxEventSize,
    check = (response) => rejectionOf(response),
    timeouts: createTimeouts,
  }: FetchTransportOptions,
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
        ...(timeouts && { onWait: timeouts.onWait }),
        deliver: sink.deliver,
      });
    } catch (cause) {
      void release(bodyOf(response));
      throw toError(cause);
    }
  };
}
