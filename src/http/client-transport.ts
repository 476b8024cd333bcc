import type { Clock } from "../core/clock.ts";
import type { Transport } from "../core/types.ts";
import { createFetchTransport } from "./fetch-transport.ts";
import { withinOrigin } from "./redirects.ts";
import { withRefresh } from "./refresh.ts";
import { plainRequest, type PassedInit } from "./request.ts";
import type { RequestOptions } from "./request-options.ts";
import { rejectionWithBody } from "./response.ts";
import { createTimeouts } from "./timeouts.ts";
import type { StreamUrl } from "./url.ts";

/**
 * The fetch transport of `createEventSource` and `fetchEvents`: a plain request, extended by same-origin redirects, the
 * refresh of credentials, timeouts, and the start of a rejected body.
 *
 * @throws EventSourceError `invalid-option` for malformed headers.
 */
export function createClientTransport(
  address: StreamUrl,
  options: RequestOptions,
  init: PassedInit,
  { after }: Clock,
): Transport {
  const { onUnauthorized } = options;
  const isWithinOrigin = (init.redirect as string) === "same-origin";
  const request = plainRequest(address, options, init, isWithinOrigin ? withinOrigin : undefined);
  return createFetchTransport(
    onUnauthorized ? withRefresh(request, onUnauthorized) : request,
    options,
    (response, signal) => rejectionWithBody(response, after, signal),
    (signal, fail) => createTimeouts(options, after, signal, fail),
  );
}
