import { readerOf, release } from "../stream/body.ts";
import type { Clock } from "../core/clock.ts";
import { EventSourceError, invalid } from "../core/errors.ts";
import { baseUrl } from "../core/page.ts";
import type { AttemptContext, HeadersInput, PerAttempt } from "../core/types.ts";

/** The media type of an event stream. */
const EVENT_STREAM = "text/event-stream";

/** How much of a rejected response is kept, and how long we wait for it (ms). */
const BODY_START = 4096;
const BODY_WAIT = 1000;

/** Makes a `headers` function that sends a bearer token, asked for at every attempt. */
export function bearer(
  getToken: (context: AttemptContext) => string | PromiseLike<string>,
): (context: AttemptContext) => Promise<{ Authorization: string }> {
  return async (context) => ({ Authorization: `Bearer ${await getToken(context)}` });
}

/** What `make` gives, or `invalid-option`: the runtime's own error would quote the value, which may be a credential. */
function valid<T>(option: string, expected: string, make: () => T): T {
  try {
    return make();
  } catch {
    throw invalid(option, `expected ${expected}`);
  }
}

/** An absolute URL, or `invalid-option`. */
export function parseUrl(url: string | URL, base: string | undefined = baseUrl()): URL {
  const expected = "an absolute URL without credentials";
  // Neither `undefined` nor `null` is text, but both would become the name of a file.
  const parsed = valid("url", expected, () => new URL(url ?? "http://", base));
  // fetch refuses credentials in a URL with an error that looks like a network failure, on every attempt.
  if (parsed.username || parsed.password) throw invalid("url", `expected ${expected}`);
  return parsed;
}

/** The value of an option for one attempt. An attempt that is over asks for nothing any more. */
export function valueFor<T>(value: PerAttempt<T>, context: AttemptContext): T | PromiseLike<T> {
  context.signal.throwIfAborted();
  return typeof value === "function"
    ? (value as (context: AttemptContext) => T | PromiseLike<T>)(context)
    : value;
}

/** The URL to request: the caller's, with the last event ID where a parameter carries it. */
export async function attemptUrl(
  url: PerAttempt<string | URL>,
  context: AttemptContext,
  lastEventIdParam: string | undefined,
): Promise<URL> {
  const { lastEventId } = context;
  const target = parseUrl(await valueFor(url, context));
  // Setting a parameter writes the whole query anew, which would break the signature of a signed URL.
  if (lastEventIdParam && lastEventId !== (target.searchParams.get(lastEventIdParam) ?? ""))
    if (lastEventId) target.searchParams.set(lastEventIdParam, lastEventId);
    // A function knows by itself where to start; what the server cleared is not asked for again.
    else if (typeof url !== "function") target.searchParams.delete(lastEventIdParam);
  return target;
}

/** Headers, or `invalid-option`. */
function parseHeaders(headers: HeadersInput | undefined): Headers {
  return valid("headers", "well-formed names and values", () => new Headers(headers));
}

/** What may say where a stream starts. */
export interface Start {
  lastEventId?: string | undefined;
  lastEventIdParam?: string | undefined;
  headers?: PerAttempt<HeadersInput> | undefined;
}

/** Where a stream starts: a caller's own header or parameter says so too, but no more than that (see `requestHeaders`). */
export function startingId({ lastEventId, lastEventIdParam, headers }: Start, url: URL | undefined): string {
  // Fixed headers are refused now, rather than at every attempt.
  const fixed = typeof headers === "function" ? undefined : parseHeaders(headers);
  const id = lastEventIdParam ? url?.searchParams.get(lastEventIdParam) : fixed?.get("last-event-id");
  return lastEventId ?? id ?? "";
}

/**
 * Completes the headers of a request. The standard sets `Accept`, but a caller's own wins, since some protocols ask for
 * several types. `Last-Event-ID` is always the tracked one: a caller's would pin the stream to an old place.
 */
export function requestHeaders(given: HeadersInput | undefined, lastEventId: string): Headers {
  const headers = parseHeaders(given);
  if (!headers.has("accept")) headers.set("accept", EVENT_STREAM);
  headers.delete("last-event-id");
  const value = headerBytes(lastEventId);
  // Node refuses control characters in a header at the time of sending; such an ID is tracked, but not sent.
  if (/^[\t -~\x80-\uffff]+$/.test(value)) headers.set("last-event-id", value);
  return headers;
}

/** "encoded as UTF-8": `Headers` takes one character per byte, but for a runtime (workerd) that encodes by itself. */
function headerBytes(id: string): string {
  if (/^[ -~]*$/.test(id)) return id;
  try {
    void new Headers({ id: "\u20ac" });
    return id;
  } catch {
    return Array.from(new TextEncoder().encode(id), (byte) => String.fromCharCode(byte)).join("");
  }
}

/** The origin of a URL, `"null"` where there is none. */
export function originOf(url: string): string {
  try {
    return new URL(url).origin;
  } catch {
    return "null";
  }
}

/** The type and subtype of a `Content-Type` header, as the MIME standard compares them. */
export function mimeEssence(contentType: string | null): string {
  return (contentType ?? "").split(";")[0]!.trim().toLowerCase();
}

/** The reason why a response is not an event stream, or `undefined` when it is one. */
export function refusal({ status, headers }: Response): EventSourceError | undefined {
  const type = mimeEssence(headers.get("content-type"));
  const details = { status, headers };
  if (status !== 200)
    return new EventSourceError(
      status === 204 ? "no-content" : status === 401 ? "unauthorized" : "http-status",
      `The server answered ${status}`,
      details,
    );
  if (type === EVENT_STREAM) return undefined;
  return new EventSourceError(
    "content-type",
    `Expected ${EVENT_STREAM}, found "${type.slice(0, 99)}"`,
    details,
  );
}

/** Throws the reason why a response is not an event stream, with the start of its body. */
export async function checkResponse(response: Response, after: Clock["after"]): Promise<void> {
  const error = refusal(response);
  if (error) throw Object.assign(error, { body: await bodyStart(response, after) });
  if (response.body === undefined)
    throw new EventSourceError("unsupported", "Response bodies do not stream here");
}

/** Reads the start of a rejected response as text, gives up soon, and releases the body. */
export async function bodyStart({ body }: Response, after: Clock["after"]): Promise<string> {
  const reader = body ? readerOf(body) : undefined;
  const decoder = new TextDecoder();
  const cancel = () => void release(reader);
  const cancelTimer = after(BODY_WAIT, cancel);
  let text = "";
  try {
    for (let read; reader && text.length < BODY_START && !(read = await reader.read()).done;)
      text += decoder.decode(read.value as Uint8Array, { stream: true });
  } catch {
    // What arrived before the body failed is still worth showing.
  }
  cancelTimer();
  cancel();
  return text.slice(0, BODY_START);
}

/** Whether a request is a GET or HEAD. */
export function isPlain({ method = "GET" }: { method?: string | undefined }): boolean {
  return /^(get|head)$/i.test(method);
}
