/** What went wrong. The set is closed: a `switch` over it can be exhaustive. */
export type EventSourceErrorCode =
  | "network"
  | "http-status"
  | "content-type"
  | "no-content"
  | "unauthorized"
  | "connect-timeout"
  | "idle-timeout"
  | "event-too-large"
  | "decode-failed"
  | "premature-end"
  | "retries-exhausted"
  | "unsupported"
  | "invalid-option";

/** What an {@link EventSourceError} carries besides its code, where known. */
export interface EventSourceErrorDetails {
  /** The HTTP status of the response. */
  readonly status?: number;
  /** The headers of the response. */
  readonly headers?: Headers;
  /** The first 4 KiB of a rejected response, as text. */
  readonly body?: string;
  /** The event that could not be decoded; its text is `event.raw`. */
  readonly event?: { readonly type: string; readonly raw: string; readonly lastEventId: string };
  /** The name of the option that was refused. */
  readonly option?: string;
  /** The attempt that failed; see `AttemptContext`. */
  readonly attempt?: number;
  /** Whether another attempt follows by itself. */
  readonly willRetry?: boolean;
  /** How long the client waits before it (ms). */
  readonly delay?: number;
  /** The error underneath. */
  readonly cause?: unknown;
}

/** The one error class. Branch on `code`. Messages never contain credentials, header values or query strings. */
export class EventSourceError extends Error implements EventSourceErrorDetails {
  override readonly name: string = "EventSourceError";
  readonly code: EventSourceErrorCode;
  declare readonly status?: number;
  declare readonly headers?: Headers;
  declare readonly body?: string;
  declare readonly event?: { readonly type: string; readonly raw: string; readonly lastEventId: string };
  declare readonly option?: string;
  declare readonly attempt?: number;
  declare readonly willRetry?: boolean;
  declare readonly delay?: number;

  constructor(code: EventSourceErrorCode, message: string, details?: EventSourceErrorDetails) {
    super(message);
    this.code = code;
    Object.assign(this, details);
  }

  /** All that is known, for logs. Of the headers, cookies and the target of a redirect are left out. */
  toJSON(): Record<string, unknown> {
    const { cause } = this;
    return {
      ...(this as object),
      message: this.message,
      headers: this.headers && {
        ...Object.fromEntries(this.headers),
        "set-cookie": undefined,
        location: undefined,
      },
      cause: cause instanceof Error ? `${cause.name}: ${cause.message}` : undefined,
    };
  }
}

/** Passes an `EventSourceError` through, which others will add to, and makes any other value the cause of one. */
export function toEventSourceError(
  cause: unknown,
  code: EventSourceErrorCode,
  message: string,
): EventSourceError {
  return cause instanceof EventSourceError && Object.isExtensible(cause)
    ? cause
    : new EventSourceError(code, message, { cause });
}
