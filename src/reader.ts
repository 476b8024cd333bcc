import { createParser } from "eventsource-parser";
import { EventSourceError } from "./errors.ts";
import type { StreamItem } from "./types.ts";

/** Large reads are decoded in pieces of about this many bytes: a kept event then retains one piece, not the read. */
const PIECE = 8192;

/** `data: `, which is not part of what `maxEventSize` counts. */
const PREFIX = 6;

/** A response body: a web stream, or whatever async iterable a custom fetch returns. */
export type Body = ReadableStream<unknown> | AsyncIterable<unknown>;

export interface ReadOptions {
  /** Characters buffered for one event. Default 16 MiB. */
  maxEventSize?: number | undefined;
  /** The last event ID that events without an `id` field inherit. */
  lastEventId?: string | undefined;
  /** Aborting it cancels the body. */
  signal: AbortSignal;
  /** The server set the reconnection time (ms). */
  onRetry?: (reconnectionTime: number) => void;
  /** Called before (`true`) and after each wait for bytes. */
  onWait?: (waiting?: boolean) => void;
}

const isLineEnd = (byte: number | undefined) => byte === 10 || byte === 13;

/**
 * Reads an event stream to its end, in batches of blocks that arrived together.
 *
 * The parser is given whole lines only. Bytes behind the last line end wait as bytes, so that no fragment of a line is
 * ever decoded or joined as text; a line end cannot lie within a multi-byte character.
 *
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
 */
export async function* readBatches(
  body: Body,
  { maxEventSize = 2 ** 24, lastEventId = "", signal, onRetry, onWait }: ReadOptions,
): AsyncGenerator<StreamItem[], void> {
  let items: StreamItem[] = [];
  let tooLarge = false;
  /** Whether a block moved the last event ID after the last item. */
  let moved = false;
  const parser = createParser({
    maxBufferSize: maxEventSize,
    onId(id) {
      lastEventId = id;
      moved = true;
    },
    onEvent({ event = "message", data }) {
      moved = false;
      tooLarge ||= data.length > maxEventSize;
      if (!tooLarge) items.push({ type: event, data, lastEventId });
    },
    onRetry,
    onComment: (comment) => items.push({ type: "", data: undefined, lastEventId, comment }),
    onError: ({ type }) => (tooLarge ||= type === "max-buffer-size-exceeded"),
  });
  // "Streams must be decoded using the UTF-8 decode algorithm", which strips one byte order mark. We do that to the
  // bytes. The parser would do it again, so we end its search: a blank line does nothing else.
  parser.feed("\n");
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  let started = false;
  /** The line that has not ended yet, how many bytes it has, and how many characters. */
  let tail: Uint8Array[] = [];
  let bytes = 0;
  let characters = 0;
  const keep = (piece: Uint8Array) => {
    tail.push(piece);
    bytes += piece.length;
  };

  const reader = "getReader" in body ? body.getReader() : undefined;
  const iterator = reader ? undefined : (body as AsyncIterable<unknown>)[Symbol.asyncIterator]();
  const cancel = () => void (reader ? reader.cancel() : iterator!.return?.())?.catch(() => {});
  signal.addEventListener("abort", cancel);
  try {
    while (!signal.aborted) {
      onWait?.(true);
      const { done, value } = await (reader ? reader.read() : iterator!.next());
      onWait?.();
      // "Once the end of the file is reached, any pending data must be discarded."
      if (done) return;
      const chunk = typeof value === "string" ? new TextEncoder().encode(value) : (value as Uint8Array);
      let end = chunk.length;
      while (end && !isLineEnd(chunk[end - 1])) end--;
      for (let start = 0, cut; start < end; start = cut) {
        cut = Math.min(end, start + PIECE);
        while (!isLineEnd(chunk[cut - 1])) cut++;
        let lines = chunk.subarray(start, cut);
        if (bytes) {
          keep(lines);
          lines = new Uint8Array(bytes);
          let at = 0;
          for (const part of tail) lines.set(part, (at += part.length) - part.length);
          tail = [];
          bytes = characters = 0;
        }
        if (!started && lines[0] === 0xef && lines[1] === 0xbb && lines[2] === 0xbf)
          lines = lines.subarray(3);
        started = true;
        parser.feed(decoder.decode(lines));
        if (moved) items.push({ type: "", data: undefined, lastEventId });
        moved = false;
        const batch = items;
        items = [];
        if (batch.length) yield batch;
        if (tooLarge) break;
      }
      if (end < chunk.length) {
        const rest = chunk.subarray(end);
        keep(rest);
        // Continuation bytes of UTF-8 are no characters of their own.
        for (const byte of rest) if ((byte & 192) !== 128) characters++;
      }
      if (tooLarge || characters > maxEventSize + PREFIX)
        throw new EventSourceError("event-too-large", `An event exceeds ${maxEventSize} characters`);
    }
  } finally {
    signal.removeEventListener("abort", cancel);
    cancel();
  }
}
