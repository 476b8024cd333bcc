import type { EventSourceError } from "../core/errors.ts";

/** The status of a connection, discriminated by `state`. Each change creates a new object; between changes the object stays the same. */
export type ConnectionStatus =
  /** `open()` was not called yet. */
  | { readonly state: "idle" }
  /** An attempt is in progress. `attempt` is 1 plus the number of failures in a row since the last healthy connection. */
  | { readonly state: "connecting"; readonly attempt: number }
  /** The server answered with an event stream. `url` is the final URL, after redirects. */
  | { readonly state: "open"; readonly url: string; readonly headers: Headers }
  /** `attempt` attempts have failed in a row, the last one with `error`. The next attempt begins in `delay` ms. */
  | {
      readonly state: "waiting";
      readonly attempt: number;
      readonly delay: number;
      readonly error: EventSourceError;
    }
  /** The client does not connect: `reason` is `"offline"` while the page is offline, or the argument of `pause()`. */
  | { readonly state: "paused"; readonly reason: string }
  | ClosedStatus;

/** The terminal status. `open()` leaves it. */
export type ClosedStatus = {
  readonly state: "closed";
  /**
   * `"client"`: the client closed the stream. `"server"`: the server answered with 204, or ended a stream that is not retried.
   * `"complete"`: the `endOn` event arrived. `"error"`: `error` was fatal.
   */
  readonly reason: "client" | "server" | "complete" | "error";
  /** The fatal error, if `reason` is `"error"`. */
  readonly error?: EventSourceError;
};
