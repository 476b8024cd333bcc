import type { EventSourceErrorCode } from "../core/errors.ts";

/** What an error event tells. */
export interface ErrorDetails {
  /** What went wrong. */
  readonly code: EventSourceErrorCode;
  /** The same in words, without credentials, header values or query strings. */
  readonly message: string;
  /** The HTTP status, where the server answered. */
  readonly status?: number | undefined;
  /** Whether the connection is being reestablished. */
  readonly willRetry?: boolean | undefined;
}

/** The `error` event of an `EventSource`: an `Event` that says what happened. */
export interface EventSourceErrorEvent extends Event, ErrorDetails {
  /** Whether the connection is being reestablished; if not, it is closed. */
  readonly willRetry: boolean;
}

type Inspect = (value: unknown, options: unknown) => string;

/** Makes one. Node and Deno print nothing of an event by themselves but what all events have. */
export function createErrorEvent({
  code,
  message,
  status,
  willRetry = false,
}: ErrorDetails): EventSourceErrorEvent {
  const details = { code, message, status, willRetry };
  const shown = { type: "error", ...details };
  const event = Object.assign(new Event("error"), details);
  const show = (name: string, value: unknown) => Object.defineProperty(event, Symbol.for(name), { value });
  show("nodejs.util.inspect.custom", () => shown);
  show("Deno.privateCustomInspect", (inspect: Inspect, options: unknown) => inspect(shown, options));
  return event;
}
