/** A response body: a web stream, or whatever async iterable a custom fetch returns. */
export type Body = ReadableStream<unknown> | AsyncIterable<unknown>;

/** Not in the DOM types yet; it is there where bodies are async iterables. */
interface ReadableStreamFrom {
  from(body: AsyncIterable<unknown>): ReadableStream<unknown>;
}

export function readerOf(body: Body): ReadableStreamDefaultReader<unknown> {
  const stream = "getReader" in body ? body : (ReadableStream as unknown as ReadableStreamFrom).from(body);
  return stream.getReader();
}

/** Lets go of a body that nobody reads. */
export function release(body: Body | null | undefined): void {
  if (body)
    void readerOf(body)
      .cancel()
      .catch(() => {});
}
