/** A test that fails in a runtime because of that runtime. The suite fails if an entry is no longer true. */
export interface Difference {
  /** The name of the test. */
  readonly test: string;
  /** The names of the environments. */
  readonly where: readonly string[];
  readonly reason: string;
}

export const differences: readonly Difference[] = [
  {
    test: '"Set request\'s cache mode to "no-store"."',
    where: ["deno", "bun"],
    reason:
      "Their fetch has no cache modes and does not add `Cache-Control: no-cache`. They have no HTTP cache.",
  },
  {
    test: '"announce the connection and interpret res\'s body": before the first byte of the body',
    where: ["firefox", "firefox worker"],
    reason:
      "Firefox reports a response when the first byte of its body arrives, to fetch as well as to its native class. Begin the stream with a comment.",
  },
  {
    test: '"must abort any instances of the fetch algorithm": also after a redirect',
    where: ["firefox", "firefox worker"],
    reason:
      "Firefox does not abort a redirected fetch until the next byte arrives. Send comments as a heartbeat.",
  },
  {
    test: '"last event ID string, encoded as UTF-8"',
    where: ["webkitgtk", "webkitgtk worker"],
    reason:
      "WebKitGTK encodes the bytes of a header a second time, as if they were Latin-1 text. Its native class does not. Use IDs of ASCII characters.",
  },
];
