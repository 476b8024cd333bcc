import { invalid } from "../core/errors.ts";
import { baseUrl } from "../core/page.ts";
import type { AttemptContext, PerAttempt } from "../core/types.ts";
import { valueFor } from "./per-attempt.ts";

/** The URL of a stream, read once: neither `history.pushState` nor a later change of a `URL` object moves the stream. */
export interface StreamUrl {
  /** An absolute URL, a function, or a relative URL until there is a page. */
  url: PerAttempt<string | URL>;
  /** What relative URLs resolve against, for results of a function too. */
  base?: string | undefined;
}

/**
 * Reads the URL of a stream when the stream is created. `canWait`: without a page a relative URL is kept until
 * {@link resolveUrl} is called, as a client needs that is created during server-side rendering.
 *
 * @throws EventSourceError `invalid-option`
 */
export function createUrl(url: PerAttempt<string | URL>, canWait = false): StreamUrl {
  // `undefined` and `null` would become file names in a page.
  const address = { url: typeof url === "function" ? url : `${url ?? "http://"}`, base: baseUrl() };
  if (!canWait || address.base) resolveUrl(address);
  else if (typeof address.url === "string") parseUrl(address.url, "http://a");
  return address;
}

/** Resolves a URL that waited for a page; call it whenever a client opens. Changes nothing once the URL is resolved. */
export function resolveUrl(address: StreamUrl): void {
  const { url } = address;
  address.base ??= baseUrl();
  if (typeof url !== "function") address.url = parseUrl(url, address.base).href;
}

/** An absolute URL without credentials, or `invalid-option`. The runtime's own error would quote the URL. */
export function parseUrl(url: string | URL, base?: string): URL {
  const text = `${url ?? "http://"}`;
  let parsed: URL;
  try {
    parsed = new URL(text, base);
  } catch {
    throw invalid(
      "url",
      base || /^[\w+.-]+:/.test(text) ? "Invalid URL" : "Relative URLs need a page: pass an absolute URL",
    );
  }
  // fetch rejects credentials in a URL with a TypeError that looks like a network failure.
  if (parsed.username || parsed.password) throw invalid("url", "The URL must not contain credentials");
  return parsed;
}

/** The URL of one attempt, with the last event ID if a query parameter carries it. */
export async function attemptUrl(
  { url, base }: StreamUrl,
  context: AttemptContext,
  lastEventIdParam: string | undefined,
): Promise<URL> {
  const { lastEventId } = context;
  const target = parseUrl(await valueFor(url, context), base);
  // Setting a parameter serialises the whole query anew, which would break the signature of a signed URL.
  if (lastEventIdParam && lastEventId !== (target.searchParams.get(lastEventIdParam) ?? ""))
    if (lastEventId) target.searchParams.set(lastEventIdParam, lastEventId);
    // The server cleared the ID. The parameter in the result of a function is the caller's choice and stays.
    else if (typeof url !== "function") target.searchParams.delete(lastEventIdParam);
  return target;
}

/** The origin of a URL, `"null"` for a URL that has none. */
export function originOf(url: string): string {
  try {
    return new URL(url).origin;
  } catch {
    return "null";
  }
}
