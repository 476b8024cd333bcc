import type { Clock } from "../core/clock.ts";
import { EventSourceError, invalid } from "../core/errors.ts";
import type { Transport } from "../core/types.ts";
import { createClientTransport } from "./client-transport.ts";
import { createNativeTransport, type EventTypes } from "./native-transport.ts";
import { completeItems } from "./custom-transport.ts";
import type { PassedInit } from "./request.ts";
import type { RequestOptions } from "./request-options.ts";
import { CANNOT_STREAM } from "./response.ts";
import type { StreamUrl } from "./url.ts";

/** The options that matter for the choice. */
interface TransportOptions extends RequestOptions {
  transport?: "auto" | "fetch" | "native" | Transport | undefined;
  lastEventId?: string | undefined;
  retry?: unknown;
}

/** Values of fetch's members that the native `EventSource` implies. */
const impliedByNative = /^(get|follow|cors|no-store)$/i;

/** Our own options that need fetch, as every member of fetch's second argument does. */
const needFetch = /^(headers|body|fetch|onUnauthorized|idleTimeout|maxEventSize)$/;

/**
 * The transport that the options ask for. `"auto"` is fetch if it streams response bodies, else the native `EventSource`.
 *
 * @throws EventSourceError `unsupported`, naming the options that need fetch; `invalid-option`.
 */
export function chooseTransport(
  address: StreamUrl,
  own: TransportOptions,
  { credentials, ...init }: PassedInit,
  types: EventTypes,
  clock: Clock,
): Transport {
  const { transport = "auto", lastEventId, lastEventIdParam } = own;
  if (typeof transport === "function") return completeItems(transport);
  if (!/^(auto|fetch|native)$/.test(transport))
    throw invalid("transport", 'expected "auto", "fetch", "native" or a function');
  if (transport === "fetch" || (transport === "auto" && (own.fetch || bodiesStream())))
    return createClientTransport(address, own, { ...init, ...(credentials && { credentials }) }, clock);
  const unsupported = Object.entries({ ...own, ...init })
    // An option that is off or implied by the native class needs no fetch.
    .filter(
      ([name, value]) =>
        value && (name in init || needFetch.test(name)) && !impliedByNative.test(value as string),
    )
    .map(([name]) => name);
  if (credentials === "omit") unsupported.push("credentials");
  if (lastEventId && !lastEventIdParam) unsupported.push("lastEventId");
  if (unsupported.length)
    throw new EventSourceError(
      "unsupported",
      `${transport === "auto" ? `${CANNOT_STREAM}, and the` : "The"} native EventSource does not support: ${unsupported.join(", ")}`,
    );
  return createNativeTransport(address, own, credentials === "include", types, clock);
}

/** Whether this runtime's fetch provides response bodies as they arrive. */
function bodiesStream(): boolean {
  return !!globalThis.ReadableStream && "body" in (globalThis.Response?.prototype ?? {});
}
