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

/** Lets go of a body. Never fails: whoever has read it, or still does, keeps it. */
export async function release(body: Body | null | undefined): Promise<void> {
  try {
    if (body) await readerOf(body).cancel();
  } catch {
    // It is locked, or broken: nothing of ours is left in it.
  }
}
