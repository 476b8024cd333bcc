import type { EventSourceError } from "../core/errors.ts";

/** The members of an {@link ErrorEvent}. */
export interface ErrorEventInit {
  /** The HTTP status of the response. */
  readonly code?: number | undefined;
  /** Why the connection failed or was lost. */
  readonly message?: string | undefined;
  /** The error that the event reports. */
  readonly error?: EventSourceError | undefined;
}

/** The script-tag build contains the class, and must load in runtimes without `Event`. */
const Base: typeof Event = globalThis.Event ?? Object;

/** The `error` event of an `EventSource`. The native class fires a plain `Event`. */
export class ErrorEvent extends Base {
  /** The HTTP status of a response that is not an event stream; otherwise `undefined`. */
  declare readonly code: number | undefined;
  /** Why the connection failed or was lost, without credentials, header values or query strings. */
  declare readonly message: string | undefined;
  /** The error with its details, such as its own `code`, `willRetry`, `delay`, `headers` and `cause`. */
  declare readonly error: EventSourceError | undefined;

  static {
    const printAs = (symbol: string, value?: (this: ErrorEvent) => object) =>
      Object.defineProperty(this.prototype, Symbol.for(symbol), { value });
    // By default, Node, Bun and Deno print the members of `Event` only.
    printAs("nodejs.util.inspect.custom", function () {
      const { type, code, message, error } = this;
      return { type, code, message, error };
    });
    // Deno supports Node's symbol unless its own is set, as on `Event.prototype`.
    printAs("Deno.privateCustomInspect");
  }

  constructor(type: string, { code, message, error }: ErrorEventInit = {}) {
    super(type);
    Object.assign(this, { code, message, error });
  }
}
