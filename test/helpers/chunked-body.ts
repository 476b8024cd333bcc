/** The framing of HTTP/1.1 responses, as far as a proxy needs it that changes where a body ends. */

/** Takes the head of a response, blank line included, off its bytes. */
export async function splitHead(
  source: AsyncIterable<Uint8Array>,
): Promise<[head: string, body: AsyncIterable<Uint8Array>]> {
  const chunks = source[Symbol.asyncIterator]();
  let bytes = Buffer.alloc(0);
  let end: number;
  while ((end = bytes.indexOf("\r\n\r\n")) < 0) {
    const { done, value } = await chunks.next();
    if (done) throw new Error("The response ended within its head");
    bytes = Buffer.concat([bytes, value]);
  }
  const rest = bytes.subarray(end + 4);
  return [
    bytes.toString("latin1", 0, end + 4),
    (async function* () {
      if (rest.length) yield rest;
      yield* { [Symbol.asyncIterator]: () => chunks };
    })(),
  ];
}

/** The bytes of a chunked body without its framing, up to and without the last chunk. */
export async function* unchunk(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let bytes = Buffer.alloc(0);
  /** Bytes of the current chunk that are still to come; 0 where a size is expected. */
  let missing = 0;
  for await (const more of body) {
    bytes = Buffer.concat([bytes, more]);
    for (;;) {
      if (missing === 0) {
        const end = bytes.indexOf("\r\n");
        if (end < 0) break;
        missing = parseInt(bytes.toString("latin1", 0, end), 16);
        if (missing === 0) return;
        bytes = bytes.subarray(end + 2);
      }
      // A chunk is given once it is whole, with the line end behind it: chunks of our tests are small.
      if (bytes.length < missing + 2) break;
      yield bytes.subarray(0, missing);
      bytes = bytes.subarray(missing + 2);
      missing = 0;
    }
  }
  throw new Error("The response ended within its body");
}

/** One chunk, announced as so many bytes longer than it is. */
export function frame(bytes: Uint8Array, extra = 0): Buffer {
  return Buffer.concat([
    Buffer.from(`${(bytes.length + extra).toString(16)}\r\n`),
    bytes,
    Buffer.from("\r\n"),
  ]);
}
