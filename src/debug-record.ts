import type { ConnectionStatus, EventSourceErrorCode } from "./index.ts";

/** What a hint is about. */
export type EventSourceHint = "ends-at-once" | "held-back";

/** What is told of an event. */
export interface EventOutline {
  readonly type: string;
  /** Characters of the data. */
  readonly length: number;
  /** Whether there is a last event ID at this event, so that a reconnect can resume after it. */
  readonly hasId: boolean;
  /** The data as sent. With `reveal` only. */
  readonly data?: string;
  /** With `reveal` only. */
  readonly lastEventId?: string;
}

interface At {
  /** Milliseconds since the trace began. */
  readonly at: number;
}

/** A change of status; the first record is the status that the trace began with. Members as in `ConnectionStatus`. */
export interface StatusRecord extends At {
  readonly kind: "status";
  readonly state: ConnectionStatus["state"];
  readonly attempt?: number;
  readonly delay?: number;
  readonly reason?: string;
  /** The final URL. The names of query parameters are shown, their values are not. */
  readonly url?: string;
  /** Those of the answer. The values of the harmless ones are shown, of others `"…"`. */
  readonly headers?: Readonly<Record<string, string>>;
  /** The code of the error that it waits or is closed for. */
  readonly error?: EventSourceErrorCode;
}

export interface EventRecord extends At, EventOutline {
  readonly kind: "event";
}

export interface CommentRecord extends At {
  readonly kind: "comment";
  /** Characters of the comment. */
  readonly length: number;
  /** The comment. With `reveal` only. */
  readonly comment?: string;
}

/** What `onError` was told. */
export interface ErrorRecord extends At {
  readonly kind: "error";
  readonly code: EventSourceErrorCode;
  readonly message: string;
  readonly status?: number;
  readonly attempt?: number;
  readonly willRetry?: boolean;
  readonly delay?: number;
  readonly hint?: EventSourceHint;
  /** The code of what is underneath, or else its name: `ECONNREFUSED`, `SyntaxError`. */
  readonly cause?: string;
  /** The event that could not be decoded. */
  readonly event?: EventOutline;
}

/** A likely cause of what was seen. Each is told once per trace. */
export interface HintRecord extends At {
  readonly kind: "hint";
  readonly hint: EventSourceHint;
  readonly message: string;
}

/** A request is made. */
export interface RequestRecord extends At {
  readonly kind: "request";
  /** Which one it is of this `fetch`, from 1; its answer has the same. */
  readonly request: number;
  readonly method: string;
  /** As in a `StatusRecord`. */
  readonly url: string;
  /** Those of the request; values as in a `StatusRecord`. */
  readonly headers: Readonly<Record<string, string>>;
}

/** The headers of the answer are here. */
export interface ResponseRecord extends At {
  readonly kind: "response";
  readonly request: number;
  readonly status: number;
  /** The final one, after redirects. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Milliseconds since the request. */
  readonly took: number;
}

/** The request failed, or was given up. */
export interface NoResponseRecord extends At {
  readonly kind: "no-response";
  readonly request: number;
  /** As in an `ErrorRecord`: `AbortError` when it was given up. */
  readonly cause?: string;
  readonly took: number;
}

/** One thing that happened, as plain data. */
export type TraceRecord =
  | StatusRecord
  | EventRecord
  | CommentRecord
  | ErrorRecord
  | HintRecord
  | RequestRecord
  | ResponseRecord
  | NoResponseRecord;

/** Whoever is told. What it throws is reported, and disturbs nobody; it holds nothing back. */
export type TraceLog = (record: TraceRecord) => unknown;

/** A record without its time. Members that are undefined are left out. */
export type Told = TraceRecord extends infer R
  ? R extends TraceRecord
    ? { [Name in keyof Omit<R, "at">]: R[Name] | undefined }
    : never
  : never;
