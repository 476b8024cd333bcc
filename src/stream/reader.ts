import { createParser } from "eventsource-parser";
import { readerOf, release, type Body } from "./body.ts";
import { EventSourceError } from "../core/errors.ts";
import type { Sink, StreamItem } from "../core/types.ts";

/** Large reads are decoded in pieces of about this many bytes: a kept event then retains one piece, not the read. */
const PIECE = 16_384;

/** `data: `, which is not part of what `maxEventSize` counts. */
const PREFIX = 6;

export interface ReadOptions {
  /** Characters buffered for one event. Default 16 MiB. */
  maxEventSize?: number | undefined;
  /** The last event ID that events without an `id` field inherit. */
  lastEventId?: string | undefined;
  /** That of the stream's URL, for its events. */
  origin?: string | undefined;
  /** Aborting it cancels the body. */
  signal: AbortSignal;
  /** The server set the reconnection time (ms). */
  onRetry?: (reconnectionTime: number) => void;
  /** Called before (`true`) and after each wait for bytes. */
  onWait?: ((waiting?: boolean) => void) | undefined;
  /** See `Sink.deliver`. */
  deliver: Sink["deliver"];
}

const isLineEnd = (byte: number | undefined) => byte === 10 || byte === 13;

/**
 * Reads an event stream to its end, and delivers its blocks and comments.
 *
 * The parser is given whole lines only, since it joins the fragments of a line at a high price. A line end cannot lie
 * within a multi-byte character, so that whole lines are decoded by themselves.
 *
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
 */
export async function readStream(
  body: Body,
  { maxEventSize = 2 ** 24, lastEventId = "", origin, signal, onRetry, onWait, deliver }: ReadOptions,
): Promise<void> {
  let tooLarge = false;
  /** Whether the parser has told an ID, whose event may follow. */
  let isMoved = false;
  let hold: PromiseLike<void> | undefined;
  const give = (type: string, data?: string, comment?: string) => {
    isMoved = false;
    const item: StreamItem = { type, data, raw: data, lastEventId, origin };
    if (comment !== undefined) item.comment = comment;
    if (!tooLarge) hold = deliver(item) ?? hold;
  };
  /** Of a block that is only an ID. */
  const giveId = () => {
    if (isMoved) give("");
  };
  const parser = createParser({
    maxBufferSize: maxEventSize,
    onId(id) {
      giveId();
      lastEventId = id;
      isMoved = true;
    },
    onEvent({ id, event = "message", data }) {
      if (data.length <= maxEventSize) return give(event, data);
      if (id === undefined) giveId();
      tooLarge = true;
    },
    onRetry,
    onComment(comment) {
      giveId();
      give("", undefined, comment);
    },
    onError({ type }) {
      if (type !== "max-buffer-size-exceeded") return;
      giveId();
      tooLarge = true;
    },
  });
  // A blank line does nothing but end the parser's own search for a byte order mark, which takes the bytes of one, read
  // as characters, for one too.
  parser.feed("\n");
  // Two, since Node's becomes slow for good once it has decoded a part.
  const whole = new TextDecoder("utf-8", { ignoreBOM: true });
  const parts = new TextDecoder("utf-8", { ignoreBOM: true });
  let isStart = true;
  const decode = (decoder: TextDecoder, bytes: Uint8Array, stream = false) => {
    const text = decoder.decode(bytes, { stream });
    if (!isStart || !text) return text;
    // "Streams must be decoded using the UTF-8 decode algorithm", which strips one byte order mark.
    isStart = false;
    return text.replace(/^\uFEFF/, "");
  };
  /** The line that has not ended yet. */
  let tail: string | undefined;

  const reader = readerOf(body);
  let isOver = signal.aborted;
  const cancel = () => {
    isOver = true;
    void release(reader);
  };
  signal.addEventListener("abort", cancel);
  try {
    while (!isOver) {
      onWait?.(true);
      const { done, value } = await reader.read();
      onWait?.();
      // "Once the end of the file is reached, any pending data must be discarded."
      if (done) return;
      const bytes = toBytes(value);
      const end = lastLineEnd(bytes);
      for (let start = 0, cut; start < end; start = cut) {
        cut = nextLineEnd(bytes, tail === undefined ? Math.min(end, start + PIECE) : start + 1);
        // A view costs as much as the rest of a small chunk.
        const lines = cut - start < bytes.length ? bytes.subarray(start, cut) : bytes;
        parser.feed(tail === undefined ? decode(whole, lines) : tail + decode(parts, lines));
        tail = undefined;
        giveId();
        if (hold) await hold;
        hold = undefined;
        if (isOver) return;
        if (tooLarge) break;
      }
      if (end < bytes.length) tail = (tail ?? "") + decode(parts, bytes.subarray(end), true);
      if (tooLarge || (tail?.length ?? 0) > maxEventSize + PREFIX)
        throw new EventSourceError("event-too-large", `An event exceeds ${maxEventSize} characters`);
    }
  } finally {
    signal.removeEventListener("abort", cancel);
    cancel();
  }
}

// Functions of their own: V8 optimises the loops of these, but hardly those of an async function.

/** Where the last whole line ends. */
function lastLineEnd(bytes: Uint8Array): number {
  let end = bytes.length;
  while (end && !isLineEnd(bytes[end - 1])) end--;
  return end;
}

/** Where the line ends that byte number `end` belongs to, counted from 1. A CRLF is not taken apart, which costs the parser. */
function nextLineEnd(bytes: Uint8Array, end: number): number {
  while (!isLineEnd(bytes[end - 1])) end++;
  return bytes[end - 1] === 13 && bytes[end] === 10 ? end + 1 : end;
}

/** The bytes of a chunk, which may be text, a buffer or a view of one. */
function toBytes(chunk: unknown): Uint8Array {
  if (chunk instanceof Uint8Array) return chunk;
  const view = typeof chunk === "string" ? new TextEncoder().encode(chunk) : (chunk as Uint8Array);
  if (view.byteLength === undefined)
    throw new EventSourceError("unsupported", "The body is neither bytes nor text");
  return new Uint8Array(view.buffer ?? view, view.byteOffset, view.byteLength);
}
