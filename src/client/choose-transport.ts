import type { Clock } from "../core/clock.ts";
import { EventSourceError, invalid } from "../core/errors.ts";
import { createFetchTransport } from "../http/fetch-transport.ts";
import { createNativeTransport, type EventTypes } from "../http/native-transport.ts";
import type { EventSourceOptions } from "./options.ts";
import type { PerAttempt, Transport } from "../core/types.ts";

/** Values of fetch's members that the native class has. */
const asNative = /^(get|follow|cors|no-store)$/i;

/** What only fetch can do, among the options that are ours. `init` holds the others. */
const needFetch = /^(headers|body|fetch|onUnauthorized|idleTimeout|maxEventSize)$/;

/**
 * The transport that the options ask for: fetch where the bodies of responses stream, the native class else.
 *
 * @throws EventSourceError `unsupported`, naming the options that the native class cannot do; `invalid-option`.
 */
export function chooseTransport(
  url: PerAttempt<string | URL>,
  own: EventSourceOptions,
  { credentials, ...init }: RequestInit,
  types: EventTypes,
  clock: Clock,
): Transport {
  const { transport = "auto", lastEventId, lastEventIdParam } = own;
  if (typeof transport === "function") return transport;
  if (!/^(auto|fetch|native)$/.test(transport))
    throw invalid("transport", "expected a known name or a function");
  if (transport === "fetch" || (transport === "auto" && (own.fetch || bodiesStream())))
    return createFetchTransport(url, own, { ...init, ...(credentials && { credentials }) }, clock);
  const tooMuch = Object.entries({ ...own, ...init })
    // What is off, or says what the native class does anyway, asks for nothing.
    .filter(
      ([name, value]) => value && (name in init || needFetch.test(name)) && !asNative.test(value as string),
    )
    .map(([name]) => name);
  if (credentials === "omit") tooMuch.push("credentials");
  if (lastEventId && !lastEventIdParam) tooMuch.push("lastEventId");
  const why = transport === "auto" ? "Response bodies do not stream here, and the" : "The";
  if (tooMuch.length)
    throw new EventSourceError("unsupported", `${why} native EventSource cannot do: ${tooMuch.join(", ")}`);
  return createNativeTransport(url, own, credentials === "include", types, clock);
}

/** Whether fetch here gives the body of a response as it arrives. */
function bodiesStream(): boolean {
  return !!globalThis.ReadableStream && "body" in (globalThis.Response?.prototype ?? {});
}
