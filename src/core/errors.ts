/** What went wrong. The set is closed: a `switch` over it can be exhaustive. */
export type EventSourceErrorCode =
  | "network"
  | "stream-ended"
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

/** What an {@link EventSourceError} carries besides its code and message, where it is known. */
export interface EventSourceErrorDetails {
  /** The HTTP status of the response. */
  readonly status?: number | undefined;
  /** The headers of the response. Not enumerable, so that logging an error prints no cookie. */
  readonly headers?: Headers | undefined;
  /** The final URL of the response, without its query. */
  readonly url?: string | undefined;
  /** The first 4 KiB of a rejected response, as text. */
  readonly body?: string | undefined;
  /** The event that could not be decoded; its text is `event.raw`. */
  readonly event?: { readonly type: string; readonly raw: string; readonly lastEventId: string } | undefined;
  /** The name of the option that was refused. */
  readonly option?: string | undefined;
  /** The attempt that failed; see `AttemptContext`. */
  readonly attempt?: number | undefined;
  /** Whether the client retries. */
  readonly willRetry?: boolean | undefined;
  /** Delay before the retry, in ms. */
  readonly delay?: number | undefined;
  /** The error that caused this one. */
  readonly cause?: unknown;
}

/**
 * The only error class of the package. Branch on `code`.
 *
 * Messages contain no credentials, header values, query strings or control characters.
 */
export class EventSourceError extends Error implements EventSourceErrorDetails {
  /** `"EventSourceError"`. */
  override readonly name: string = "EventSourceError";
  /** What went wrong. */
  readonly code: EventSourceErrorCode;
  /** The HTTP status of the response. */
  declare readonly status?: number | undefined;
  /** The headers of the response. Not enumerable, so that logging an error prints no cookie. */
  declare readonly headers?: Headers | undefined;
  /** The final URL of the response, without its query. */
  declare readonly url?: string | undefined;
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
  /** Whether the client retries. */
  declare readonly willRetry?: boolean | undefined;
  /** Delay before the retry, in ms. */
  declare readonly delay?: number | undefined;

  constructor(
    code: EventSourceErrorCode,
    message: string,
    { headers, ...details }: EventSourceErrorDetails = {},
  ) {
    // Parts of a message may come from the server.
    super(message.replace(/\p{Cc}+/gu, " "));
    this.code = code;
    Object.assign(this, details);
    if (headers) Object.defineProperty(this, "headers", { value: headers });
  }

  /** What is known, as plain data for logs. The cause is its name and message, without credentials, query strings and fragments. */
  toJSON(): Record<string, unknown> {
    const { message } = this;
    let cause: string | undefined;
    try {
      // Some implementations of fetch quote the URL in their messages, credentials included.
      if (this.cause instanceof Error) cause = `${this.cause}`.replace(/\S*@|[?#]\S*/g, "");
    } catch {
      // The cause may be anything, a revoked proxy included.
    }
    return { ...(this as object), message, cause };
  }
}

/** The `invalid-option` error for an option. */
export function invalid(option: string, problem: string): EventSourceError {
  return new EventSourceError("invalid-option", `Invalid option "${option}": ${problem}`, { option });
}

/** Throws `invalid-option` for a member that is neither a function nor a number from 0 on: `NaN` would be no delay at all. */
export function checkNumbers(options: object, prefix = ""): void {
  for (const [name, value] of Object.entries(options) as [string, unknown][])
    if (!/^(undefined|function)$/.test(typeof value) && !(typeof value === "number" && value >= 0))
      throw invalid(prefix + name, "expected a number >= 0");
}

/**
 * Returns an `EventSourceError` as it is, and any other value as the `cause` of a new one. `attempt`, `willRetry` and `delay` are
 * assigned later: an error that has them already, or is frozen, is copied.
 */
export function toEventSourceError(
  cause: unknown,
  code: EventSourceErrorCode,
  message: string,
): EventSourceError {
  try {
    if (cause instanceof EventSourceError)
      return cause.attempt === undefined && Object.isExtensible(cause)
        ? cause
        : new EventSourceError(cause.code, cause.message, Object.assign({ headers: cause.headers }, cause));
  } catch {
    // A revoked proxy refuses even `instanceof`.
  }
  return new EventSourceError(code, message, { cause });
}
