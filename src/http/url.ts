import { invalid } from "../core/errors.ts";
import { baseUrl } from "../core/page.ts";
import type { AttemptContext, PerAttempt } from "../core/types.ts";
import { idBytes } from "./headers.ts";
import { valueFor } from "./per-attempt.ts";

/** The URL of a stream, read once: neither `history.pushState` nor a later change of a `URL` object moves the stream. */
export interface StreamUrl {
  /** An absolute URL, a function, or a relative URL until there is a page. */
  url: PerAttempt<string | URL>;
  /** What relative URLs resolve against, for results of a function too. */
  base?: string | undefined;
}

/**
 * Reads the URL of a stream when the stream is created. `canWait`: without a page the URL is kept until {@link resolveUrl}
 * is called, as a client needs that is created during server-side rendering.
 *
 * @throws EventSourceError `invalid-option`
 */
export function createUrl(url: PerAttempt<string | URL>, canWait = false): StreamUrl {
  // Neither `undefined` nor `null` is a URL, but both would become the name of a file in a page.
  const address: StreamUrl = { url: typeof url === "function" ? url : `${url ?? "http://"}` };
  if (!canWait || baseUrl()) resolveUrl(address);
  return address;
}

/** Resolves a URL that waited for a page; call it whenever a client opens. Changes nothing once the URL is resolved. */
export function resolveUrl(address: StreamUrl): void {
  const { url } = address;
  const base = (address.base ??= baseUrl());
  if (typeof url !== "function") address.url = parseUrl(url, base).href;
}

/** An absolute URL without credentials, or `invalid-option`. The runtime's own error would quote the URL. */
export function parseUrl(url: string | URL, base?: string): URL {
  let problem = "The URL must not contain credentials";
  try {
    const parsed = new URL(url, base);
    // fetch rejects credentials in a URL with a TypeError that looks like a network failure.
    if (!parsed.username && !parsed.password) return parsed;
  } catch {
    problem =
      base || /^\w+:/.test(`${url}`) ? "Invalid URL" : "Relative URLs need a page: pass an absolute URL";
  }
  throw invalid("url", problem);
}

/** The URL of one attempt, with the last event ID if a query parameter carries it. */
export async function attemptUrl(
  { url, base }: StreamUrl,
  context: AttemptContext,
  lastEventIdParam: string | undefined,
): Promise<string> {
  const target = parseUrl(await valueFor(url, context), base);
  const { searchParams } = target;
  const id = idBytes(context.lastEventId) && context.lastEventId;
  // Setting a parameter serialises the whole query anew, which would break the signature of a signed URL.
  if (lastEventIdParam && id !== (searchParams.get(lastEventIdParam) ?? ""))
    if (id) searchParams.set(lastEventIdParam, id);
    // The server cleared the ID. The parameter in the result of a function is the caller's choice and stays.
    else if (typeof url !== "function") searchParams.delete(lastEventIdParam);
  return target.href;
}

/** The origin of a URL, `"null"` for a URL that has none. */
export function originOf(url: string): string {
  try {
    return new URL(url).origin;
  } catch {
    return "null";
  }
}
