/** What a page or worker tells about itself; looked up at call time, and nothing where there is none. */

/** The URL that relative URLs resolve against. */
export function baseUrl(): string | undefined {
  return globalThis.document?.baseURI ?? globalThis.location?.href;
}

/**
 * Calls back when the page comes online; the result cancels.
 * `undefined` while it is online, or where nobody can tell.
 */
export function whenOnline(callback: () => void): (() => void) | undefined {
  if (globalThis.navigator?.onLine !== false || !globalThis.addEventListener) return undefined;
  globalThis.addEventListener("online", callback);
  return () => globalThis.removeEventListener("online", callback);
}
