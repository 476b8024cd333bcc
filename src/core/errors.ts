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

/**
 * The likely cause of a failure, told once by each client.
 *
 * - `"ends-at-once"`: three times in a row the server ended its response within a second and without an event. It returns
 *   from its handler instead of keeping the response open, or has nothing to say and should answer 204.
 * - `"held-back"`: the connection was lost ten seconds or more after its headers, and not an event, a comment or a `retry` field
 *   had come. A proxy, a cache or a compression on the way collects the stream instead of passing it on, or the server sends
 *   no heartbeat. Never told by the native class, which is silent about comments.
 */
export type EventSourceHint = "ends-at-once" | "held-back";

/** What an {@link EventSourceError} carries besides its code, where known. */
export interface EventSourceErrorDetails {
  /** The HTTP status of the response. */
  readonly status?: number | undefined;
  /** The headers of the response. */
  readonly headers?: Headers | undefined;
  /** The first 4 KiB of a rejected response, as text. */
  readonly body?: string | undefined;
  /** The event that could not be decoded; its text is `event.raw`. */
  readonly event?: { readonly type: string; readonly raw: string; readonly lastEventId: string } | undefined;
  /** The name of the option that was refused. */
  readonly option?: string | undefined;
  /** The attempt that failed; see `AttemptContext`. */
  readonly attempt?: number | undefined;
  /** Whether another attempt follows by itself. */
  readonly willRetry?: boolean | undefined;
  /** How long the client waits before it (ms). */
  readonly delay?: number | undefined;
  /** The likely cause, where one shows. */
  readonly hint?: EventSourceHint | undefined;
  /** The error underneath. */
  readonly cause?: unknown;
}

/** The one error class. Branch on `code`. Messages never contain credentials, header values or query strings. */
export class EventSourceError extends Error implements EventSourceErrorDetails {
  /** `"EventSourceError"`. */
  override readonly name: string = "EventSourceError";
  /** What went wrong. */
  readonly code: EventSourceErrorCode;
  /** The HTTP status of the response. */
  declare readonly status?: number | undefined;
  /** The headers of the response. */
  declare readonly headers?: Headers | undefined;
  /** The first 4 KiB of a rejected response, as text. */
  declare readonly body?: string | undefined;
  /** The event that could not be decoded; its text is `event.raw`. */
  declare readonly event?:
    | { readonly type: string; readonly raw: string; readonly lastEventId: string }
    | undefined;
  /** The name of the option that was refused. */
  declare readonly option?: string | undefined;
  /** The attempt that failed; see `AttemptContext`. */
  declare readonly attempt?: number | undefined;
  /** Whether another attempt follows by itself. */
  declare readonly willRetry?: boolean | undefined;
  /** How long the client waits before it (ms). */
  declare readonly delay?: number | undefined;
  /** The likely cause, where one shows. */
  declare readonly hint?: EventSourceHint | undefined;

  constructor(code: EventSourceErrorCode, message: string, details?: EventSourceErrorDetails) {
    super(message);
    this.code = code;
    Object.assign(this, details);
  }

  /**
   * All that is known, for logs. Left out are cookies and the target of a redirect among the headers, and query strings and
   * fragments in the message of the cause, since some implementations of fetch quote the URL there.
   */
  toJSON(): Record<string, unknown> {
    const { cause, message } = this;
    const headers: Record<string, string> = {};
    this.headers?.forEach?.((value, name) => {
      if (!/^(set-cookie|location)$/i.test(name)) headers[name] = value;
    });
    return {
      ...(this as object),
      message,
      headers: this.headers && headers,
      cause: cause instanceof Error ? `${cause.name}: ${cause.message}`.replace(/[?#]\S*/g, "") : undefined,
    };
  }
}

/**
 * An `EventSourceError` as it is, and any other value as the cause of one. So is one that is frozen: `attempt`, `delay` and
 * the like are assigned to it later.
 */
export function toEventSourceError(
  cause: unknown,
  code: EventSourceErrorCode,
  message: string,
): EventSourceError {
  return cause instanceof EventSourceError && Object.isExtensible(cause)
    ? cause
    : new EventSourceError(code, message, { cause });
}
