import type { EventSourceError } from "../core/errors.ts";

/** The life of a connection, discriminated by `state`. Each change makes a new object; between changes it is the same one. */
export type ConnectionStatus =
  /** Never opened. */
  | { readonly state: "idle" }
  /** An attempt is being made. `attempt` is 1 more than the failures in a row since the last healthy connection. */
  | { readonly state: "connecting"; readonly attempt: number }
  /** The server answered with an event stream. `url` is the final one, after redirects. */
  | { readonly state: "open"; readonly url: string; readonly headers: Headers }
  /** `attempt` attempts have failed in a row; the next one begins in `delay` ms. */
  | {
      readonly state: "waiting";
      readonly attempt: number;
      readonly delay: number;
      readonly error: EventSourceError;
    }
  /** No connection and none being made: `"offline"`, while the page is, or what `pause()` was given. */
  | { readonly state: "paused"; readonly reason: string }
  | ClosedStatus;

/** Over, until `open()` is called. */
export type ClosedStatus = {
  readonly state: "closed";
  /**
   * `"client"`: closed from here. `"server"`: the server asked to stop (204), or ended a stream that is not retried.
   * `"complete"`: the event of `endOn` came. `"error"`: `error` is fatal.
   */
  readonly reason: "client" | "server" | "complete" | "error";
  readonly error?: EventSourceError;
};
