import type {
  AnyEvent,
  ConnectionStatus,
  EventSourceClient,
  EventSourceError,
  EventSourceOptions,
  EventSourceUrl,
  TextEvents,
} from "../index.ts";

/** Options of `useEventSource`: those of `createEventSource`, and the ones named here. */
export interface UseEventSourceOptions<Events extends object = TextEvents> extends Omit<
  EventSourceOptions,
  "signal" | "open" | "onEvent" | "onStatus" | "onError"
> {
  /** Called with every event, also when several are rendered at once. A returned promise applies backpressure. */
  onEvent?: ((event: AnyEvent<Events>) => unknown) | undefined;
  /** Called with every change of the status. */
  onStatus?: ((status: ConnectionStatus) => unknown) | undefined;
  /** Called with every error, including those of a single event and those that are retried (`willRetry`, `delay`). */
  onError?: ((error: EventSourceError) => unknown) | undefined;
  /** `false` closes the connection, or does not open it, until it is `true`. Default `true`. */
  enabled?: boolean | undefined;
  /**
   * The user whose stream it is. Another identity starts from scratch: a new client, without the event and the last event ID
   * of the previous one. It is passed to `createClient`, since `createSharedEventSource` requires it.
   */
  identity?: string | undefined;
  /**
   * Makes the client, for example `createSharedEventSource`. It must not connect yet: its options contain `open: false`.
   * Default `createEventSource`.
   */
  createClient?:
    | ((
        url: EventSourceUrl,
        options: EventSourceOptions & { identity?: string | undefined },
      ) => EventSourceClient<Events>)
    | undefined;
}

/** What a component renders. The same object until one of its members changes. */
export interface EventSourceState<Events extends object = TextEvents> {
  /** The status of the connection; `idle` during server-side rendering. */
  readonly status: ConnectionStatus;
  /** The latest event of this URL and identity. To process every event use `onEvent`. */
  readonly event: AnyEvent<Events> | undefined;
  /** The data of the latest event. */
  readonly data: AnyEvent<Events>["data"] | undefined;
  /** The latest error. `undefined` again when the connection opens, and when an event arrives. */
  readonly error: EventSourceError | undefined;
  /** The client, for `reconnect()`, `on` and others. A new one when changed options require another request. */
  readonly client: EventSourceClient<Events>;
}
