import { invalid } from "../core/errors.ts";
import type { HeadersInput, PerAttempt } from "../core/types.ts";
import type { StreamUrl } from "./url.ts";
import { EVENT_STREAM } from "./response.ts";

/** A copy of headers, or `invalid-option`. The runtime's own error would quote the value, which may be a credential. */
export function copyHeaders(headers: HeadersInput | undefined): Headers {
  try {
    return new Headers(headers);
  } catch {
    throw invalid("headers", "expected well-formed names and values");
  }
}

/** The options that can set where a stream starts. */
export interface Start {
  lastEventId?: string | undefined;
  lastEventIdParam?: string | undefined;
  headers?: PerAttempt<HeadersInput> | undefined;
}

/**
 * The last event ID that a stream starts from: the `lastEventId` option, else the caller's own query parameter or
 * `Last-Event-ID` header.
 */
export function startingId({ lastEventId, lastEventIdParam, headers }: Start, { url }: StreamUrl): string {
  const id = lastEventIdParam
    ? typeof url !== "function" && new URL(url, "http://a").searchParams.get(lastEventIdParam)
    : typeof headers !== "function" && copyHeaders(headers).get("last-event-id");
  return lastEventId ?? (id || "");
}

/**
 * Completes the headers of a request. The standard sets `Accept`, but a caller's own wins, since some protocols require
 * several types. `Last-Event-ID` is always the tracked ID: a caller's header only says where to start.
 */
export function requestHeaders(given: HeadersInput | undefined, lastEventId: string): Headers {
  const headers = copyHeaders(given);
  if (!headers.has("accept")) headers.set("accept", EVENT_STREAM);
  headers.delete("last-event-id");
  // "encoded as UTF-8": `Headers` takes one character per byte. More than 4 KiB is never sent, so the rest is not encoded.
  const bytes = String.fromCharCode(...new TextEncoder().encode(lastEventId.slice(0, 4097)));
  // Node rejects control characters when it sends them; servers answer 431 to long headers.
  if (/^[\t -~\x80-\xff]{1,4096}$/.test(bytes))
    headers.set("last-event-id", bytes !== lastEventId && encodesHeaders() ? lastEventId : bytes);
  return headers;
}

/** Whether the runtime encodes header values as UTF-8 itself, as workerd does. */
function encodesHeaders(): boolean {
  try {
    return !!new Headers({ id: "\u20ac" });
  } catch {
    return false;
  }
}
