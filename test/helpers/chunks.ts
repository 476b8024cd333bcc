import type { Body } from "../../src/stream/body.ts";
import { readStream, type ReadOptions } from "../../src/stream/reader.ts";
import type { StreamItem } from "../../src/core/types.ts";
import type { Interpretation } from "./reference-parser.ts";

export const encode = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);

export function concat(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

/** Cuts bytes into chunks of these sizes, used round and round. */
export function chunked(bytes: Uint8Array, sizes: readonly number[]): Uint8Array[] {
  const chunks: Uint8Array[] = [];
  for (let at = 0, n = 0; at < bytes.length; n++) {
    const size = sizes[n % sizes.length]!;
    chunks.push(bytes.slice(at, at + size));
    at += size;
  }
  return chunks;
}

/** A response body of these chunks, which tells whether it was cancelled. */
export function streamOf(
  chunks: readonly unknown[],
  { endless = false, error }: { endless?: boolean; error?: Error } = {},
): { body: ReadableStream<unknown>; cancelled: () => number } {
  let at = 0;
  let cancellations = 0;
  const body = new ReadableStream<unknown>(
    {
      pull(controller) {
        if (at < chunks.length) controller.enqueue(chunks[at++]);
        else if (error) controller.error(error);
        else if (!endless) controller.close();
      },
      cancel() {
        cancellations++;
      },
    },
    { highWaterMark: 0 },
  );
  return { body, cancelled: () => cancellations };
}

/** The batches of a body, pulled one by one. */
export async function* readBatches(
  body: Body,
  { signal, ...options }: Omit<ReadOptions, "deliver">,
): AsyncGenerator<StreamItem[], void> {
  const controller = new AbortController();
  const abort = () => controller.abort();
  signal.addEventListener("abort", abort);
  if (signal.aborted) abort();
  let batch: StreamItem[] | undefined;
  let held: Promise<void> | undefined;
  let resume = () => {};
  let wake = () => {};
  let end: { error?: unknown } | undefined;
  const finish = (how: { error?: unknown }) => {
    end = how;
    wake();
  };
  readStream(body, {
    ...options,
    signal: controller.signal,
    deliver(item) {
      (batch ??= []).push(item);
      wake();
      return (held ??= new Promise((resolve) => (resume = resolve)));
    },
  }).then(
    () => finish({}),
    (error: unknown) => finish({ error }),
  );
  try {
    for (;;) {
      if (!batch && !end) await new Promise<void>((resolve) => (wake = resolve));
      if (batch) {
        const items = batch;
        batch = held = undefined;
        const goOn = resume;
        yield items;
        goOn();
      } else if (end) {
        if ("error" in end) throw end.error;
        return;
      }
    }
  } finally {
    signal.removeEventListener("abort", abort);
    abort();
    resume();
    await settled(controller.signal);
  }
}

/** Once the reader has noticed. */
async function settled(signal: AbortSignal): Promise<void> {
  if (signal.aborted) await new Promise((resolve) => setImmediate(resolve));
}

export interface Reading extends Interpretation {
  /** The error that ended the reading. */
  error?: unknown;
}

/**
 * Reads a body to its end, or to its error. How many items carry no more than an ID depends on the chunks and matters
 * to nobody, so only where they lead is kept.
 */
export async function readAll(
  body: Body,
  options: Partial<Omit<ReadOptions, "deliver">> = {},
): Promise<Reading> {
  const reading: Reading = {
    events: [],
    comments: [],
    retries: [],
    lastEventId: options.lastEventId ?? "",
  };
  const signal = new AbortController().signal;
  try {
    for await (const items of readBatches(body, {
      signal,
      onRetry: (time) => reading.retries.push(time),
      ...options,
    }))
      for (const { type, data, lastEventId, comment } of items) {
        // As the client does: a comment commits nothing.
        if (comment === undefined) reading.lastEventId = lastEventId;
        if (data !== undefined) reading.events.push({ type, data, lastEventId });
        else if (comment !== undefined) reading.comments.push(comment);
      }
  } catch (error) {
    reading.error = error;
  }
  return reading;
}
