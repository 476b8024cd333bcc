import type { ConnectionStatus, EventSourceErrorCode } from "../index.ts";

/**
 * The likely cause of a failure.
 *
 * - `"ends-at-once"`: three connections in a row ended within a second and without an event.
 * - `"held-back"`: no response, or nothing in it, within `silence` ms.
 */
export type EventSourceHint = "ends-at-once" | "held-back";

/** An event in a record. */
export interface EventOutline {
  /** The event's name. */
  readonly type: string;
  /** Length of the data in characters. */
  readonly length: number;
  /** Whether the last event ID is set at this event, so that a reconnect can resume after it. */
  readonly hasId: boolean;
  /** The data as sent. Only with `reveal`. */
  readonly data?: string;
  /** The last event ID at this event. Only with `reveal`. */
  readonly lastEventId?: string;
}

/** The member that every record has. */
interface At {
  /** Time since the trace began, in ms. */
  readonly at: number;
}

/** A change of status. The first record is the status at the beginning of the trace. See `ConnectionStatus` for the members. */
export interface StatusRecord extends At {
  /** The status changed. */
  readonly kind: "status";
  /** The new state. */
  readonly state: ConnectionStatus["state"];
  /** The attempt, while connecting or waiting. */
  readonly attempt?: number;
  /** Delay until the next attempt, in ms. */
  readonly delay?: number;
  /** Why the client is paused or closed. */
  readonly reason?: string;
  /** With which tabs a shared client shares its connection. */
  readonly scope?: string;
  /** The final URL. Query values are shown as `"…"`. */
  readonly url?: string;
  /** The headers of the response. Values are shown as `"…"`, except for harmless headers. */
  readonly headers?: Readonly<Record<string, string>>;
  /** The code of the error that caused the status. */
  readonly error?: EventSourceErrorCode;
}

/** An event was dispatched. */
export interface EventRecord extends At, EventOutline {
  /** An event was dispatched. */
  readonly kind: "event";
}

/** A comment was received, for example a heartbeat. */
export interface CommentRecord extends At {
  /** A comment was received. */
  readonly kind: "comment";
  /** Length of the comment in characters. */
  readonly length: number;
  /** The comment. Only with `reveal`. */
  readonly comment?: string;
}

/** An error was emitted to `onError`. */
export interface ErrorRecord extends At {
  /** An error was emitted. */
  readonly kind: "error";
  /** The code of the error. */
  readonly code: EventSourceErrorCode;
  /** The message of the error. */
  readonly message: string;
  /** The HTTP status of the response. */
  readonly status?: number;
  /** The attempt that failed. */
  readonly attempt?: number;
  /** Whether the client retries. */
  readonly willRetry?: boolean;
  /** Delay until the retry, in ms. */
  readonly delay?: number;
  /** The code of the innermost cause, or else its name: `ECONNREFUSED`, `SyntaxError`. */
  readonly cause?: string;
  /** The event that could not be decoded. */
  readonly event?: EventOutline;
}

/** The likely cause of a failure. Each hint is given once per trace. */
export interface HintRecord extends At {
  /** A likely cause was found. */
  readonly kind: "hint";
  /** The name of the hint. */
  readonly hint: EventSourceHint;
  /** What to check, with the headers of the response that identify servers and proxies. */
  readonly message: string;
}

/** A request is sent. */
export interface RequestRecord extends At {
  /** A request is sent. */
  readonly kind: "request";
  /** The number of the request, from 1. The record of its response has the same number. */
  readonly request: number;
  /** The method as passed to fetch. */
  readonly method: string;
  /** The URL. Query values are shown as `"…"`. */
  readonly url: string;
  /** The headers of the request. Values are shown as `"…"`, except for harmless headers. */
  readonly headers: Readonly<Record<string, string>>;
}

/** The headers of a response were received. */
export interface ResponseRecord extends At {
  /** The headers of a response were received. */
  readonly kind: "response";
  /** The number of the request. */
  readonly request: number;
  /** The HTTP status. */
  readonly status: number;
  /** The final URL, after redirects. Query values are shown as `"…"`. */
  readonly url: string;
  /** The headers of the response. Values are shown as `"…"`, except for harmless headers. */
  readonly headers: Readonly<Record<string, string>>;
  /** Time since the request, in ms. */
  readonly took: number;
}

/** A request failed or was aborted. */
export interface NoResponseRecord extends At {
  /** A request failed or was aborted. */
  readonly kind: "no-response";
  /** The number of the request. */
  readonly request: number;
  /** The code of the innermost cause, or else its name. `AbortError` if the request was aborted. */
  readonly cause?: string;
  /** Time since the request, in ms. */
  readonly took: number;
}

/** One step of a trace, as plain data. */
export type TraceRecord =
  | StatusRecord
  | EventRecord
  | CommentRecord
  | ErrorRecord
  | HintRecord
  | RequestRecord
  | ResponseRecord
  | NoResponseRecord;

/** Receives records. What it throws is reported, and a returned promise is not awaited. */
export type TraceLog = (record: TraceRecord) => unknown;

/** A record without its time. Members that are undefined are left out. */
export type Untimed = TraceRecord extends infer R
  ? R extends TraceRecord
    ? { [Name in keyof Omit<R, "at">]: R[Name] | undefined }
    : never
  : never;
