import type { ConnectionStatus, EventSourceErrorCode } from "../index.ts";

/** The likely cause of a failure. */
export type EventSourceHint = "ends-at-once" | "held-back";

/** What is told of an event. */
export interface EventOutline {
  /** The event's name. */
  readonly type: string;
  /** Characters of the data. */
  readonly length: number;
  /** Whether there is a last event ID at this event, so that a reconnect can resume after it. */
  readonly hasId: boolean;
  /** The data as sent. With `reveal` only. */
  readonly data?: string;
  /** The last event ID at this event. With `reveal` only. */
  readonly lastEventId?: string;
}

/** What every record has. */
interface At {
  /** Milliseconds since the trace began. */
  readonly at: number;
}

/** A change of status; the first record is the status that the trace began with. Members as in `ConnectionStatus`. */
export interface StatusRecord extends At {
  /** The status changed. */
  readonly kind: "status";
  /** The new one. */
  readonly state: ConnectionStatus["state"];
  /** When it is connecting or waiting. */
  readonly attempt?: number;
  /** Until the next attempt (ms). */
  readonly delay?: number;
  /** Why it is paused or closed. */
  readonly reason?: string;
  /** Whom the connection of a shared client is shared with. */
  readonly scope?: string;
  /** The final URL. The names of query parameters are shown, their values are not. */
  readonly url?: string;
  /** Those of the answer. The values of the harmless ones are shown, of others `"…"`. */
  readonly headers?: Readonly<Record<string, string>>;
  /** The code of the error that it waits or is closed for. */
  readonly error?: EventSourceErrorCode;
}

/** An event was handed over. */
export interface EventRecord extends At, EventOutline {
  /** An event came. */
  readonly kind: "event";
}

/** A comment, such as a heartbeat. */
export interface CommentRecord extends At {
  /** A comment came. */
  readonly kind: "comment";
  /** Characters of the comment. */
  readonly length: number;
  /** The comment. With `reveal` only. */
  readonly comment?: string;
}

/** What `onError` was told. */
export interface ErrorRecord extends At {
  /** An error was told. */
  readonly kind: "error";
  /** As in the error, like all that follows up to `hint`. */
  readonly code: EventSourceErrorCode;
  /** What failed. */
  readonly message: string;
  /** The HTTP status of the response. */
  readonly status?: number;
  /** The attempt that failed. */
  readonly attempt?: number;
  /** Whether another attempt follows. */
  readonly willRetry?: boolean;
  /** Until that one (ms). */
  readonly delay?: number;
  /** The likely cause. */
  /** The code of what is underneath, or else its name: `ECONNREFUSED`, `SyntaxError`. */
  readonly cause?: string;
  /** The event that could not be decoded. */
  readonly event?: EventOutline;
}

/** A likely cause of what was seen. Each is told once per trace. */
export interface HintRecord extends At {
  /** A likely cause was found. */
  readonly kind: "hint";
  /** Which one. */
  readonly hint: EventSourceHint;
  /** What to look for, with what the headers of the answer tell of those on the way. */
  readonly message: string;
}

/** A request is made. */
export interface RequestRecord extends At {
  /** A request was made. */
  readonly kind: "request";
  /** Which one it is of this `fetch`, from 1; its answer has the same. */
  readonly request: number;
  /** The method as given. */
  readonly method: string;
  /** As in a `StatusRecord`. */
  readonly url: string;
  /** Those of the request; values as in a `StatusRecord`. */
  readonly headers: Readonly<Record<string, string>>;
}

/** The headers of the answer are here. */
export interface ResponseRecord extends At {
  /** The headers of an answer came. */
  readonly kind: "response";
  /** That of the request. */
  readonly request: number;
  /** The HTTP status. */
  readonly status: number;
  /** The final one, after redirects. */
  readonly url: string;
  /** Those of the answer; values as in a `StatusRecord`. */
  readonly headers: Readonly<Record<string, string>>;
  /** Milliseconds since the request. */
  readonly took: number;
}

/** The request failed, or was given up. */
export interface NoResponseRecord extends At {
  /** A request failed. */
  readonly kind: "no-response";
  /** That of the request. */
  readonly request: number;
  /** As in an `ErrorRecord`: `AbortError` when it was given up. */
  readonly cause?: string;
  /** Milliseconds since the request. */
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
