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

/** Lets go of a body, or of the reader of one, which is unlocked. Never fails: whoever else reads it keeps it. */
export async function release(
  target: Body | ReadableStreamDefaultReader<unknown> | null | undefined,
): Promise<void> {
  if (!target) return;
  try {
    const held = ("cancel" in target ? target : readerOf(target)) as ReadableStreamDefaultReader<unknown>;
    const cancelled = held.cancel();
    try {
      held.releaseLock?.();
    } finally {
      await cancelled;
    }
  } catch {
    // It is locked, or broken: nothing of ours is left in it.
  }
}
