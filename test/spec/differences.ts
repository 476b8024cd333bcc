/** What cannot be had in a runtime. The suite fails for an entry that is no longer true. */
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
      "Their fetch knows no cache modes, so that it does not add `Cache-Control: no-cache` either. They have no HTTP cache.",
  },
  {
    test: '"announce the connection and interpret res\'s body": before there is a byte of it',
    where: ["firefox", "firefox worker"],
    reason:
      "Firefox tells of a response when the first byte of its body is there, to fetch and to its own class alike. A server had better begin with a comment.",
  },
  {
    test: '"must abort any instances of the fetch algorithm": also of one that was redirected',
    where: ["firefox", "firefox worker"],
    reason:
      "Firefox does not abort a fetch that was redirected until the next byte arrives. A server had better send a comment now and then.",
  },
  {
    test: '"last event ID string, encoded as UTF-8"',
    where: ["webkitgtk", "webkitgtk worker"],
    reason:
      "WebKitGTK encodes the bytes of a header once more, as if they were Latin-1 text, where its own class does not. Use IDs of ASCII characters.",
  },
];
