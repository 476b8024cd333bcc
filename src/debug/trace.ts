import { systemClock, type Clock } from "../core/clock.ts";
import { watchForHints } from "./hints.ts";
import type { EventOutline, TraceLog, TraceRecord } from "./record.ts";
import { shownCause, shownHeaders, shownUrl } from "./redact.ts";
import { createLogger } from "./logger.ts";
import type { Traceable, TracedEvent } from "./traceable.ts";
import type { ConnectionStatus, EventSourceError } from "../index.ts";

/** Options of {@link trace}. */
export interface TraceOptions {
  /** `true` includes what may be secret: data, comments, IDs, header values and the whole URL. Default `false`. */
  reveal?: boolean | undefined;
  /**
   * Time after which the hint `"held-back"` is given, in ms: without a response while connecting, and without an event or a
   * comment on a new connection. Default 10000.
   */
  silence?: number | undefined;
  /**
   * `true` also makes a `performance.mark` for each record, with the record as `detail`, named for example
   * `everspring:status:open` or `everspring:event:tick`. Profilers and observers see each mark. It is cleared at once, so
   * that the timeline does not grow. Default `false`.
   */
  marks?: boolean | undefined;
  /** @internal */
  clock?: Clock;
}

/**
 * Logs what happens to a client: each change of status, event, comment and error, and hints at the likely cause of a failure.
 * A record is plain data that can be printed as JSON. Unless `reveal` is `true`, it contains no data, IDs, header values or query
 * values.
 *
 * A trace is an additional listener and applies no backpressure. Events without another listener are decoded for it.
 *
 * @param log - Called synchronously with each record. What it throws is reported and does not affect the client.
 * @returns A function that ends the trace. It leaves the client as it is.
 *
 * @example
 * const source = createEventSource("/prices");
 * const end = trace(source, console.log);
 */
export function trace(source: Traceable, log: TraceLog, options: TraceOptions = {}): () => void {
  const { reveal, silence = 10_000, marks, clock = systemClock } = options;
  const isRevealed = reveal === true;
  const write = createLogger((record) => {
    if (marks) mark(record);
    return log(record);
  }, clock);

  const outline = ({ type, raw, lastEventId }: TracedEvent): EventOutline => ({
    type,
    length: raw.length,
    hasId: !!lastEventId,
    ...(isRevealed && { data: raw, lastEventId }),
  });

  let last: ConnectionStatus | undefined;
  function writeStatus(status: ConnectionStatus): void {
    // A trace that begins inside a status listener reads the newest status, which is emitted to it once more.
    if (status === last) return;
    last = status;
    const { url, headers, error } = status as { url?: string; headers?: Headers; error?: EventSourceError };
    write({
      kind: "status",
      ...status,
      url: url && shownUrl(url, isRevealed),
      headers: headers && shownHeaders(headers, isRevealed),
      error: error?.code,
    });
  }

  const unsubscribe = [
    source.onStatus(writeStatus),
    source.onEvent((event) => write({ kind: "event", ...outline(event) })),
    source.onComment((comment) =>
      write({ kind: "comment", length: comment.length, ...(isRevealed && { comment }) }),
    ),
    source.onError((error) => {
      const { code, message, status, attempt, willRetry, delay, event, cause } = error;
      write({
        kind: "error",
        code,
        message,
        status,
        attempt,
        willRetry,
        delay,
        cause: shownCause(cause),
        event: event && outline(event),
      });
    }),
    watchForHints(source, (hint, message) => write({ kind: "hint", hint, message }), silence, clock),
  ];
  writeStatus(source.status);

  return () => {
    for (const end of unsubscribe) end();
  };
}

/** Makes a performance mark, named after the kind of the record and its state, type, code or hint. */
function mark(record: TraceRecord): void {
  const { kind, state, type, code, hint } = record as unknown as Record<string, string>;
  const what = state ?? type ?? code ?? hint;
  const name = `everspring:${kind}${what === undefined ? "" : `:${what}`}`;
  const { performance } = globalThis;
  performance?.mark?.(name, { detail: record });
  performance?.clearMarks?.(name);
}
