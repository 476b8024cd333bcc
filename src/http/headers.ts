import { invalid } from "../core/errors.ts";
import type { HeadersInput, PerAttempt } from "../core/types.ts";
import type { StreamUrl } from "./url.ts";
import { EVENT_STREAM } from "./response.ts";

/** A copy of headers, or `invalid-option`. The runtime's own error would quote the value, which may be a credential. */
export function copyHeaders(headers: HeadersInput | undefined): Headers {
  try {
    return new Headers(headers);
  } catch {
    throw invalid("headers", "malformed name or value");
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

/** The UTF-8 bytes of an ID, one character per byte. `""` for more than 4 KiB, which servers refuse in every later request. */
export function idBytes(id: string): string {
  const bytes = new TextEncoder().encode(id.slice(0, 4097));
  return bytes.length > 4096 ? "" : String.fromCharCode(...bytes);
}

/**
 * Completes the headers of a request. The standard sets `Accept`, but a caller's own wins, since some protocols require
 * several types. `Last-Event-ID` is always the tracked ID: a caller's header only says where to start.
 */
export function requestHeaders(given: HeadersInput | undefined, lastEventId: string): Headers {
  const headers = copyHeaders(given);
  if (!headers.has("accept")) headers.set("accept", EVENT_STREAM);
  headers.delete("last-event-id");
  const bytes = idBytes(lastEventId);
  // Node rejects control characters when it sends them.
  if (/^[\t -~\x80-\xff]+$/.test(bytes))
    try {
      // Where this is accepted, as in workerd, the runtime encodes the values of headers itself. It logs a complaint.
      if (bytes !== lastEventId) headers.set("last-event-id", "\u20ac");
      headers.set("last-event-id", lastEventId);
    } catch {
      headers.set("last-event-id", bytes);
    }
  return headers;
}
