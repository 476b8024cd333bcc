import { followHints } from "./hints.ts";
import type { EventOutline, TraceLog, TraceRecord } from "./record.ts";
import { shownCause, shownHeaders, shownUrl } from "./redact.ts";
import { createTeller, traceClock, type TraceClock } from "./logger.ts";
import type { Traceable, TracedEvent } from "./traceable.ts";
import type { ConnectionStatus, EventSourceError } from "../index.ts";

/** Options of {@link trace}. */
export interface TraceOptions {
  /** `true` shows what may be secret: data, comments, IDs, header values and the whole URL. Default `false`. */
  reveal?: boolean | undefined;
  /** How long an open connection may be silent before the hint `"held-back"` is told (ms). Default 10000. */
  silence?: number | undefined;
  /**
   * `true` also makes a `performance.mark` of each record, with the record as `detail`: `everspring:status:open`,
   * `everspring:event:tick`. Profilers and observers see it; it is cleared at once, so that the timeline does not fill up.
   * Default `false`.
   */
  marks?: boolean | undefined;
  /** @internal */
  clock?: TraceClock;
}

/**
 * Tells a log what happens to a client: each change of status, event, comment and error, and hints at the likely cause
 * when nothing comes, or connections end at once. A record is plain data that prints as JSON. Data, IDs, header values and
 * those of the query are not in it, unless `reveal` is `true`.
 *
 * A trace is one more listener: it does not hold the client back. Events that nobody else listens to are decoded for it.
 *
 * @param log - Told at once. What it throws is reported, and disturbs nobody.
 * @returns What ends it, and leaves the client as it is.
 *
 * @example
 * const source = createEventSource("/prices");
 * const end = trace(source, console.log);
 */
export function trace(source: Traceable, log: TraceLog, options: TraceOptions = {}): () => void {
  const { reveal, silence = 10_000, marks, clock = traceClock } = options;
  const isRevealed = reveal === true;
  const tell = createTeller((record) => {
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
  function tellStatus(status: ConnectionStatus): void {
    // Whoever begins while listeners are told of a status is given the newest, which is still to be told.
    if (status === last) return;
    last = status;
    const { url, headers, error } = status as { url?: string; headers?: Headers; error?: EventSourceError };
    tell({
      kind: "status",
      ...status,
      url: url && shownUrl(url, isRevealed),
      headers: headers && shownHeaders(headers, isRevealed),
      error: error?.code,
    });
  }

  const undo = [
    source.onStatus(tellStatus),
    source.onEvent((event) => tell({ kind: "event", ...outline(event) })),
    source.onComment((comment) =>
      tell({ kind: "comment", length: comment.length, ...(isRevealed && { comment }) }),
    ),
    source.onError((error) => {
      const { code, message, status, attempt, willRetry, delay, event, cause } = error;
      tell({
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
    followHints(source, (hint, message) => tell({ kind: "hint", hint, message }), silence, clock),
  ];
  tellStatus(source.status);

  return () => {
    for (const end of undo) end();
  };
}

/** Marks a record by its kind and what kind of that it is. */
function mark(record: TraceRecord): void {
  const { kind, state, type, code, hint } = record as unknown as Record<string, string>;
  const what = state ?? type ?? code ?? hint;
  const name = `everspring:${kind}${what === undefined ? "" : `:${what}`}`;
  const { performance } = globalThis;
  performance?.mark?.(name, { detail: record });
  performance?.clearMarks?.(name);
}
