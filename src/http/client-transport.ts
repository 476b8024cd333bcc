import type { Clock } from "../core/clock.ts";
import { checkNumbers, invalid } from "../core/errors.ts";
import type { Transport } from "../core/types.ts";
import { checkInit } from "./check-init.ts";
import { createFetchTransport } from "./fetch-transport.ts";
import { withinOrigin } from "./redirects.ts";
import { withRefresh } from "./refresh.ts";
import { isPlain, plainRequest, type PassedInit } from "./request.ts";
import type { RequestOptions } from "./request-options.ts";
import { rejectionWithBody } from "./response.ts";
import { createTimeouts } from "./timeouts.ts";
import type { StreamUrl } from "./url.ts";

/**
 * The fetch transport of `createEventSource` and `fetchEvents`: a plain request, extended by same-origin redirects, the
 * refresh of credentials, timeouts, and the start of a rejected body. Members of `options` that are not ours are passed
 * to fetch.
 *
 * @throws EventSourceError `invalid-option` where a mistake would otherwise hang, or look like a network failure.
 */
export function createClientTransport(
  address: StreamUrl,
  options: RequestOptions & { lastEventId?: string | undefined; retry?: unknown },
  { after }: Clock,
): Transport {
  const {
    headers,
    body,
    fetch,
    onUnauthorized,
    lastEventId: _lastEventId,
    lastEventIdParam,
    connectTimeout,
    idleTimeout,
    maxEventSize,
    retry: _retry,
    ...init
  } = options;
  checkNumbers({ connectTimeout, idleTimeout, maxEventSize });
  checkInit(init);
  if (body != null && isPlain(init)) throw invalid("method", "GET and HEAD requests have no body");
  const request = plainRequest(
    address,
    { headers, body, fetch, lastEventIdParam },
    init as PassedInit,
    init.redirect === "same-origin" ? withinOrigin : undefined,
  );
  return createFetchTransport(
    onUnauthorized ? withRefresh(request, onUnauthorized) : request,
    options,
    (response, signal) => rejectionWithBody(response, after, signal),
    (signal, fail) => createTimeouts(options, after, signal, fail),
  );
}
