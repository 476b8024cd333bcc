/** The URL that relative URLs resolve against: that of the page or worker, `undefined` elsewhere. Looked up at call time. */
export function baseUrl(): string | undefined {
  return globalThis.document?.baseURI ?? globalThis.location?.href;
}

/**
 * Calls back when the page comes online, and returns a function that cancels.
 * Returns `undefined` while the page is online, and where the runtime cannot tell.
 */
export function whenOnline(callback: () => void): (() => void) | undefined {
  if (globalThis.navigator?.onLine !== false || !globalThis.addEventListener) return undefined;
  globalThis.addEventListener("online", callback);
  return () => globalThis.removeEventListener("online", callback);
}
