import type { Clock } from "../core/clock.ts";
import { EventSourceError } from "../core/errors.ts";
import { readerOf, release } from "../stream/body.ts";

/** The media type of an event stream. */
export const EVENT_STREAM = "text/event-stream";

/** Characters of a rejected response that are kept. */
const BODY_START = 4096;
/** Maximum time to wait for them, in ms. */
const BODY_WAIT = 1000;

/** A quoted string, in which commas and semicolons separate nothing. */
const quotedString = /"(\\.|[^"])*"?/g;
/** The last value that begins with a MIME type. */
const lastMimeType = /^(?:.*,)?\s*([\w.+-]+\/[\w.+-]+)\s*(?:[,;]|$)/;

/**
 * The type and subtype that a `Content-Type` header declares, in lower case; `undefined` for none.
 *
 * @see https://fetch.spec.whatwg.org/#concept-header-extract-mime-type
 */
function mimeType(contentType: string): string | undefined {
  return lastMimeType.exec(contentType.replace(quotedString, '"'))?.[1]!.toLowerCase();
}

/** The body of a response; `undefined` where it refuses to be read, as some wrappers of fetch do. */
export function bodyOf(response: Response | undefined): Response["body"] | undefined {
  try {
    return response?.body;
  } catch {
    return undefined;
  }
}

/** Whether a value is a body that can be read piece by piece: a web stream or an async iterable. */
export const isBody = (value: unknown): boolean =>
  "getReader" in Object(value) || Symbol.asyncIterator in Object(value);

/** What `unsupported` says where response bodies do not stream. */
export const CANNOT_STREAM = "This runtime's fetch cannot stream response bodies";

/**
 * The reason why a response is not an event stream; `undefined` if it is one.
 *
 * @param hint - For a response that the caller made: what to do about a wrong type. A missing type is accepted then.
 */
export function rejectionOf(response: Response, hint = ""): EventSourceError | undefined {
  const { status, headers } = response;
  const type = headers.get("content-type") ?? "";
  const reject = (code: EventSourceError["code"], message: string) =>
    new EventSourceError(code, message, { status, headers });
  if (status !== 200)
    return reject(
      status === 204 ? "no-content" : status === 401 ? "unauthorized" : "http-status",
      `The server answered ${status}`,
    );
  if (mimeType(type) !== EVENT_STREAM && (type || !hint))
    return reject("content-type", `Expected ${EVENT_STREAM}, found "${type.slice(0, 99)}"${hint}`);
  // React Native's own fetch has no `body`; some wrappers replace it by its text.
  return isBody(bodyOf(response)) ? undefined : reject("unsupported", CANNOT_STREAM);
}

/** The same with the start of the body, which is released. */
export async function rejectionWithBody(
  response: Response,
  after: Clock["after"],
  signal: AbortSignal,
  hint?: string,
): Promise<EventSourceError | undefined> {
  const error = rejectionOf(response, hint);
  return error && Object.assign(error, { body: await bodyStart(response, after, signal) });
}

/** The start of a body as text: what can be read within {@link BODY_WAIT}. Never fails. */
async function bodyStart(response: Response, after: Clock["after"], signal: AbortSignal): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  let cancelTimer: (() => void) | undefined;
  try {
    const reader = readerOf(response.body!);
    const cancel = () => void release(reader);
    cancelTimer = after(BODY_WAIT, cancel);
    signal.addEventListener("abort", cancel);
    for (let read; text.length < BODY_START && !(read = await reader.read()).done;)
      text += decoder.decode(read.value as Uint8Array, { stream: true });
    cancel();
  } catch {
    // There is no body, a wrapper of fetch has read or locked it, or it broke: what arrived before is still of use.
  }
  cancelTimer?.();
  return text.slice(0, BODY_START);
}
