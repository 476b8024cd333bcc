import type { Clock } from "../core/clock.ts";
import { EventSourceError } from "../core/errors.ts";
import type { Transport } from "../core/types.ts";
import { createClientTransport } from "./client-transport.ts";
import { completeItems } from "./custom-transport.ts";
import { createNativeTransport, type EventTypes } from "./native-transport.ts";
import type { RequestOptions } from "./request-options.ts";
import { CANNOT_STREAM } from "./response.ts";
import type { StreamUrl } from "./url.ts";

/** The options that matter for the choice, and members of fetch's second argument. */
interface TransportOptions extends RequestOptions {
  transport?: "auto" | "fetch" | "native" | Transport | undefined;
  lastEventId?: string | undefined;
  retry?: unknown;
  credentials?: RequestInit["credentials"] | undefined;
}

/** What the native `EventSource` supports or implies. */
const native =
  /^((lastEventIdParam|connectTimeout|retry) |(method get|redirect follow|mode cors|cache no-store|credentials (include|same-origin))$)/i;

/**
 * The transport that the options ask for. `"auto"` is fetch if it streams response bodies, else the native `EventSource`.
 *
 * @throws EventSourceError `unsupported`, naming the options that need fetch; `invalid-option`.
 */
export function chooseTransport(
  address: StreamUrl,
  { transport = "auto", ...options }: TransportOptions,
  types: EventTypes,
  clock: Clock,
): Transport {
  if (typeof transport === "function") return completeItems(transport);
  const isAuto = transport === "auto";
  // Whether this runtime's fetch provides response bodies as they arrive.
  if (isAuto ? options.fetch || "body" in Object(globalThis.Response?.prototype) : transport === "fetch")
    return createClientTransport(address, options, clock);
  const unsupported = Object.keys(options).filter((name) => {
    const value = options[name as keyof RequestOptions];
    return (
      value &&
      !native.test(`${name} ${value as string}`) &&
      !(options.lastEventIdParam && name === "lastEventId")
    );
  });
  if (unsupported.length)
    throw new EventSourceError(
      "unsupported",
      `${isAuto ? `${CANNOT_STREAM}, and the` : "The"} native EventSource does not support: ${unsupported.join(", ")}`,
    );
  return createNativeTransport(address, options, types, clock);
}
